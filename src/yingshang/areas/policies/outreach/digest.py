"""One enterprise is told, at most once a day, of everything it is newly entitled to: the policy package 政策包.

Nothing is queued in between. What is stored of a match says who is entitled, `PolicyTold` says who was told; what is in
the one and not in the other is told and noted in one transaction with its message. So wherever a run dies, nobody is
told twice and nobody is passed over, and somebody who gets an account later is told then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from yingshang.kernel.access.api import Actor, contacts_of_parties
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.notices.api import NoAddress, Recipient, send
from yingshang.kernel.parties.api import party_names

from ..matching.live import window_of
from ..matching.planes import BUCKET, ENTITLED, UNKNOWN_AMOUNT, Stored, decode_amounts, decode_planes, numbers
from ..matching.rematch import RUN
from ..matching.stored import read_bucket
from ..models import MatchBucket, PackageMessage, PolicyPackage, PolicyTold
from ..selectors import in_force, published_item
from ..values import PublishedItem
from .links import address_of_item
from .rules import DigestRules, digest_rules

TEMPLATE = "policies.package"
_LOCK_SPACE = 4_745
"""The first half of the key of our advisory locks: two runs at once do not tell the same bucket at the same time."""

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class PackageSummary:
    """What a run came to. `items` counts pairs of an enterprise and an item that were told."""

    day: date
    parties: int = 0
    items: int = 0
    messages: int = 0
    left: int = 0
    returned: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """An item an enterprise is entitled to, as stored."""

    item: PublishedItem
    fen: int | None


@dataclass(slots=True)
class _Chunk:
    """What one transaction has found out."""

    told: list[PolicyTold] = field(default_factory=list)
    again: list[PolicyTold] = field(default_factory=list)
    moved: list[PolicyTold] = field(default_factory=list)
    parties: int = 0
    messages: int = 0
    left: int = 0
    returned: int = 0


def send_packages(*, actor: Actor, now: datetime, progress: Progress | None = None) -> PackageSummary:
    """Tell every enterprise that somebody acts for of what it is newly entitled to. One audit event a transaction.

    Needs `policies.run_matching`. Not inside a transaction. Run again, it goes on where it was.
    """
    actor.require(RUN)
    summary = PackageSummary(timezone.localdate(now))
    items = {row.pk: published_item(row) for row in in_force(summary.day)}
    buckets = list(MatchBucket.objects.order_by("bucket").values_list("bucket", "versions"))
    for done, (bucket, versions) in enumerate(buckets, 1):
        seen = [each for each in versions if each in items]
        first = bucket * BUCKET
        reachable = sorted(contacts_of_parties(party_ids=range(first, first + BUCKET), today=summary.day))
        # Somebody who acts for a duplicate acts for the one that is kept; that one is told.
        if seen and reachable:
            entitled = entitled_of(bucket, seen, items, reachable)
            for chunk in _pieces(reachable, digest_rules().batch):
                tell_chunk(actor, bucket, chunk, entitled, items, seen, summary, now)
        if progress is not None:
            progress(done, len(buckets))
    note_readings(actor=actor, now=now)
    return summary


def entitled_of(
    bucket: int, versions: Sequence[int], items: Mapping[int, PublishedItem], parties: Sequence[int]
) -> dict[int, list[Due]]:
    """Party → what it is entitled to, of some parties of a bucket."""
    wanted = np.array(parties, np.int64)
    found: dict[int, list[Due]] = {}
    for version, stored in read_bucket(bucket, versions).items():
        item = items[version]
        for party, fen in _dues(bucket, stored, wanted):
            found.setdefault(party, []).append(Due(item, fen))
    return found


def _dues(bucket: int, stored: Stored, wanted: Any) -> Iterator[tuple[int, int | None]]:
    entitled = numbers(decode_planes(stored.planes)[ENTITLED], bucket)
    places = np.flatnonzero(np.isin(entitled, wanted))
    if not len(places):
        return
    amounts = decode_amounts(stored)
    for place, party in zip(places.tolist(), entitled[places].tolist(), strict=True):
        if amounts is None:
            yield party, None
            continue
        fen = amounts if isinstance(amounts, int) else int(amounts[place])
        yield party, None if fen == UNKNOWN_AMOUNT else fen


@transaction.atomic
def tell_chunk(
    actor: Actor,
    bucket: int,
    parties: Sequence[int],
    entitled: Mapping[int, Sequence[Due]],
    items: Mapping[int, PublishedItem],
    seen: Collection[int],
    summary: PackageSummary,
    now: datetime,
) -> None:
    """Tell some enterprises of one bucket, and note who has left and who has come back, in one transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, bucket])
    rules = digest_rules()
    told = _told_before(parties)
    had = set(
        PolicyPackage.objects.filter(
            Q(party__in=parties) | Q(party__merged_into__in=parties), day=summary.day
        ).values_list("party__merged_into", "party")
    )
    today = {kept or party for kept, party in had}
    names = party_names(parties)
    in_item = {items[version].item_id for version in seen}
    chunk = _Chunk()
    for party in parties:
        if party not in names:
            continue
        dues = {each.item.item_id: each for each in entitled.get(party, ())}
        before = told.get(party, {})
        _note_moves(chunk, before, dues, in_item, rules, now)
        new = [each for number, each in dues.items() if _is_new(before.get(number), rules, now)]
        new = [each for each in new if not _is_over(each.item, summary.day)]
        if new and party not in today:
            _tell(chunk, actor, party, names[party], new, before, rules, summary.day, now)
    _save(chunk, actor, summary, now)


def _told_before(parties: Sequence[int]) -> dict[int, dict[int, PolicyTold]]:
    """Party → item → what it was told, also under numbers that were merged into it; the latest counts."""
    rows = (
        PolicyTold.objects.filter(Q(party__in=parties) | Q(party__merged_into__in=parties))
        .select_related("party")
        .only("item", "told_at", "left_at", "times", "party__merged_into")
        .order_by("told_at")
    )
    found: dict[int, dict[int, PolicyTold]] = {}
    for row in rows:
        found.setdefault(row.party.merged_into_id or row.party_id, {})[row.item_id] = row
    return found


def _note_moves(
    chunk: _Chunk,
    before: Mapping[int, PolicyTold],
    dues: Mapping[int, Due],
    seen: Collection[int],
    rules: DigestRules,
    now: datetime,
) -> None:
    """Who has left since, and who is back too early to be told again. Of items not matched yet nothing is known."""
    for number, row in before.items():
        if number not in seen:
            continue
        if number not in dues and row.left_at is None:
            row.left_at = now
            chunk.moved.append(row)
            chunk.left += 1
        elif number in dues and row.left_at is not None and not _is_new(row, rules, now):
            row.left_at = None
            chunk.moved.append(row)
            chunk.returned += 1


def _is_new(row: PolicyTold | None, rules: DigestRules, now: datetime) -> bool:
    if row is None:
        return True
    return row.left_at is not None and row.told_at <= now - timedelta(days=rules.again_after_days)


def _is_over(item: PublishedItem, day: date) -> bool:
    """Whether nothing can be applied for any more: then it is no news."""
    window = window_of(item, day)
    return window.open is False and window.opens_on is None


def _tell(
    chunk: _Chunk,
    actor: Actor,
    party: int,
    name: str,
    dues: list[Due],
    before: Mapping[int, PolicyTold],
    rules: DigestRules,
    day: date,
    now: datetime,
) -> None:
    """Write the message, and that it was written. Who does not want such messages is asked again tomorrow."""
    ordered = sorted(dues, key=lambda each: (-(each.fen or 0), each.item.code))
    lines = [_line(place, party, each) for place, each in enumerate(ordered[: rules.named], 1)]
    package = PolicyPackage(party_id=party, day=day, created_at=now)
    try:
        messages = send(
            actor=actor,
            to=Recipient(party_id=party),
            template=TEMPLATE,
            context={
                "enterprise": name,
                "count": len(ordered),
                "items": "\n".join(lines),
                "more": max(len(ordered) - rules.named, 0) or "",
            },
            now=now,
            channels=rules.channels,
            link=reverse("policies:package", args=[party, day.isoformat()]),
            once=f"{TEMPLATE}:{party}:{day.isoformat()}",
        )
    except NoAddress:
        return
    if not messages:
        return
    package.save()
    PackageMessage.objects.bulk_create(PackageMessage(package=package, message_id=each) for each in messages)
    for due in ordered:
        row = before.get(due.item.item_id)
        if row is None:
            row = PolicyTold(party_id=party, item_id=due.item.item_id)
            chunk.told.append(row)
        else:
            row.times += 1
            row.left_at = None
            chunk.again.append(row)
        row.version_id, row.package, row.certain_fen, row.told_at = due.item.version_id, package, due.fen, now
    chunk.parties += 1
    chunk.messages += len(messages)


def _line(place: int, party: int, due: Due) -> str:
    amount = f" ¥{due.fen / 100:,.2f}" if due.fen else ""
    return f"{place}. {due.item.name}{amount}\n   {address_of_item(party, due.item.item_id)}"


def _save(chunk: _Chunk, actor: Actor, summary: PackageSummary, now: datetime) -> None:
    if not (chunk.parties or chunk.moved):
        return
    PolicyTold.objects.bulk_create(chunk.told)
    PolicyTold.objects.bulk_update(
        chunk.again, ["version", "package", "certain_fen", "told_at", "times", "left_at"]
    )
    PolicyTold.objects.bulk_update(chunk.moved, ["left_at"])
    items = len(chunk.told) + len(chunk.again)
    record(
        actor=actor,
        action="policies.packages_sent",
        target=Target("policy_packages", summary.day.isoformat(), summary.day.isoformat()),
        now=now,
        after={
            "parties": chunk.parties,
            "items": items,
            "messages": chunk.messages,
            "left": chunk.left,
            "returned": chunk.returned,
        },
    )
    summary.parties += chunk.parties
    summary.items += items
    summary.messages += chunk.messages
    summary.left += chunk.left
    summary.returned += chunk.returned


@transaction.atomic
def note_readings(*, actor: Actor, now: datetime) -> int:
    """Keep which packages were read, before their messages are forgotten; how many that is new of."""
    rows = PolicyPackage.objects.filter(read_at__isnull=True).filter(Exists(read_messages(OuterRef("pk"))))
    # A write that changes nothing would still have to have its event.
    if not rows.exists():
        return 0
    found = rows.update(read_at=now)
    record(
        actor=actor,
        action="policies.packages_read",
        target=Target("policy_packages", timezone.localdate(now).isoformat()),
        now=now,
        after={"packages": found},
    )
    return found


def read_messages(package: Any) -> Any:
    """Messages of a package that somebody has read, for a query."""
    return PackageMessage.objects.filter(package=package, message__delivery__state="read")


def _pieces(numbers_: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers_), size):
        yield numbers_[start : start + size]
