"""Asking the enterprises of an approved list: budget is kept for each, the smallest amounts first, until it is used up.

Whose facts have changed since the list was frozen is decided anew, by the facts of now: who is not entitled any more is
struck with the reason, and told; who is due less gets less, and nobody more than was approved.
Where the budget does not hold somebody, they and everybody behind them wait on the list; nothing is cut, and nothing
goes beyond. Once more has been set aside the rest is asked the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Sum
from django.utils import timezone

from yingshang.areas.policies.api import (
    EntitledParty,
    PublishedItem,
    Sharing,
    decide_frozen,
    decide_one,
    entitled_in_bucket,
    listable,
    published_items,
    read_source,
    sharing_of,
)
from yingshang.kernel.access.api import (
    Actor,
    contacts_of_parties,
    entries_of,
    entries_of_each,
    reference_of,
)
from yingshang.kernel.parties.api import BUCKET_SIZE, changed_among, lock_parties
from yingshang.rules.policy.decide import Decision

from ..actions._steps import PLATFORM, move, tell_enterprise
from ..actions.begin_claim import terms_for
from ..awards import Award, award_of, cut, plain_award
from ..bulk import AnyOf
from ..errors import NotEntitled, OverBudget
from ..lifecycle import CLAIM
from ..limits import limited_by
from ..models import Claim, EntitlementList, Fund, Instalment, PayeeAccount, Reservation
from ..models.claims import ENDED_WITHOUT
from ..ranking.places import awarded, hold_places
from ..reserving import reserve
from ..reviewing.evidence import grounds_of
from .lists import note_list
from .parameters import list_rules
from .rows import refresh_statistics

Progress = Callable[[int, int], None]


def offer_list(*, actor: Actor, list_id: int, now: datetime, progress: Progress | None = None) -> None:
    """Ask everybody who stands on an approved list and was not asked yet, as far as the budget goes.

    Not inside a transaction. Run again, it goes on where it was.
    """
    chunk, done = list_rules().chunk, 0
    while offer_chunk(actor=actor, list_id=list_id, now=now, size=chunk):
        done += 1
        refresh_statistics(done, Claim, Instalment, Reservation)
        if progress is not None:
            row = EntitlementList.objects.get(pk=list_id)
            progress(row.offered_count, row.total)


@transaction.atomic
def offer_chunk(*, actor: Actor, list_id: int, now: datetime, size: int) -> int:
    """Ask the next ones; how many were asked or struck. Nothing more once the budget is used up.

    One event for all who are asked, and one for each who is struck.
    """
    row = EntitlementList.objects.select_for_update(of=("self",)).get(pk=list_id)
    if row.state != "approved":
        return 0
    in_parts = listable(version_id=row.version_id, day=row.day).in_parts
    shared = sharing_of(version_id=row.version_id, day=row.day)
    terms = terms_for(row.item_code)
    if shared is not None:
        hold_places(terms)
    claims = list(
        Claim.objects.select_for_update(of=("self",))
        .select_related("party__merged_into")
        .filter(entitlement_list=row, state="listed")
        .only(
            "number",
            "expected_fen",
            "region_path",
            "party__merged_into__credit_code",
            *(["facts"] if in_parts else []),
        )
        .order_by("expected_fen", "pk")[:size]
    )
    if not claims:
        row.waiting = 0
        row.save(update_fields=["waiting"])
        if size:
            note_list(row, "list_offered", actor=actor, now=now, after=_counts(row))
        return 0
    lock_parties([claim.enterprise.pk for claim in claims])
    awards = _awards(row, claims, in_parts=in_parts, now=now)
    if shared is not None:
        awards = _within(row, shared, awards, now)
    struck = len(claims) - len(awards)
    accounts = _standing_accounts([claim.enterprise.pk for claim, _ in awards])
    fitting = _offer_as_many(row, awards, accounts, terms.fund, actor=actor, now=now)
    row.offered_count += fitting
    row.offered_fen += sum(award.amount_fen for _, award in awards[:fitting])
    row.waiting = 0
    if fitting < len(awards):
        row.waiting = Claim.objects.filter(entitlement_list=row, state="listed").count()
        if not fitting:
            note_list(row, "list_waits", actor=actor, now=now, after=_counts(row))
    row.save(update_fields=["offered_count", "offered_fen", "waiting"])
    return fitting + struck if not row.waiting else 0


def tell_offered(*, list_id: int, now: datetime, progress: Progress | None = None) -> int:
    """Tell whoever acts for those who were asked, each once however often this runs; how many enterprises."""
    row = EntitlementList.objects.get(pk=list_id)
    after, told, size = 0, 0, list_rules().chunk
    while True:
        rows = Claim.objects.filter(entitlement_list=row, state="offered", pk__gt=after).order_by("pk")
        parties = dict(rows.values_list("pk", "party_id")[:size])
        if not parties:
            return told
        after = max(parties)
        reached = contacts_of_parties(party_ids=set(parties.values()), today=timezone.localdate(now))
        wanted = [number for number, party in parties.items() if party in reached]
        for begin in range(0, len(wanted), list_rules().telling):
            told += _tell(row, wanted[begin : begin + list_rules().telling], now)
        if progress is not None:
            progress(told, row.offered_count)


@transaction.atomic
def _tell(row: EntitlementList, claims: Sequence[int], now: datetime) -> int:
    rows = Claim.objects.select_related("party__merged_into", "account").filter(pk__in=claims)
    for claim in rows.filter(state="offered"):
        tell_enterprise(
            claim,
            "offered",
            now=now,
            once=f"claims.offered:{claim.pk}",
            until=row.confirm_by or "",
            tail=claim.account.number_tail if claim.account else "",
        )
    return len(claims)


def _awards(
    row: EntitlementList, claims: Sequence[Claim], *, in_parts: bool, now: datetime
) -> list[tuple[Claim, Award]]:
    """Each claim with what it is awarded; who is not due it any more, or not beside another award, is struck."""
    having = _having_others(claims)
    anew = _decided_anew(row, claims)
    source: Mapping[str, Any] = {}
    if having:
        item = next(iter(published_items(day=row.day, codes=[row.item_code])), None)
        source = read_source(item.source) if isinstance(item, PublishedItem) else {}
    frozen: dict[int, Decision | None] = {}
    if in_parts:
        facts = [_facts(claim, anew) for claim in claims]
        decisions = decide_frozen(version_id=row.version_id, day=row.day, facts=facts)
        frozen = dict(zip((claim.pk for claim in claims), decisions, strict=True))
    kept = []
    for claim in claims:
        try:
            if claim.enterprise.pk in anew:
                _ensure_still_due(row, claim, anew[claim.enterprise.pk])
            award = _award(row, claim, frozen.get(claim.pk), anew, in_parts=in_parts)
            if claim.enterprise.pk in having:
                award = limited_by(award, claim=claim, source=source, now=now)
        except NotEntitled as refusal:
            _strike(claim, refusal, now)
        else:
            kept.append((claim, award))
    return kept


def _facts(claim: Claim, anew: Mapping[int, EntitledParty | None]) -> Mapping[str, Mapping[str, Any]]:
    fresh = anew.get(claim.enterprise.pk)
    return fresh.facts if fresh is not None else claim.facts


def _award(
    row: EntitlementList,
    claim: Claim,
    decision: Decision | None,
    anew: Mapping[int, EntitledParty | None],
    *,
    in_parts: bool,
) -> Award:
    """What was approved, or the less that is due today. Raises NotEntitled where that is nothing."""
    approved = claim.expected_fen or 0
    if not in_parts:
        fresh = anew.get(claim.enterprise.pk)
        return plain_award(approved if fresh is None else min(approved, fresh.fen or 0))
    found = award_of(decision) if decision is not None else _decided_live(claim, row)
    return cut(found, approved) if found.amount_fen > approved else found


def _decided_anew(row: EntitlementList, claims: Sequence[Claim]) -> dict[int, EntitledParty | None]:
    """Of the enterprises whose facts have changed since the list was frozen, or that are another entry since: what
    each is due by the facts of now, None where it is not entitled.
    """
    parties = {claim.enterprise.pk for claim in claims}
    moved = changed_among(parties, after_revision=row.facts_revision)
    moved |= {claim.enterprise.pk for claim in claims if claim.enterprise.pk != claim.party_id}
    found: dict[int, EntitledParty | None] = dict.fromkeys(moved)
    for bucket, some in groupby(sorted(moved), key=lambda party: party // BUCKET_SIZE):
        due = entitled_in_bucket(
            version_id=row.version_id,
            bucket=bucket,
            day=row.day,
            also=[list_rules().ended_fact],
            only=list(some),
        )
        found |= {each.party_id: each for each in due.entitled}
    return found


def _ensure_still_due(row: EntitlementList, claim: Claim, fresh: EntitledParty | None) -> None:
    """Raises NotEntitled for an enterprise whose facts have changed so that it is not due this any more."""
    rules = list_rules()
    ended = fresh.facts.get(rules.ended_fact, {}).get("value") if fresh is not None else None
    if fresh is None or fresh.fen is None or fresh.fen <= 0 or ended in rules.ended_values:
        why = f"：登记状态为“{ended}”" if ended in rules.ended_values else ""
        raise NotEntitled(
            f"the facts of {claim.number} have changed since the list was frozen; it is not due this any more",
            message_zh=f"名单固定之后数据有变化，按现有数据不再符合条件或金额不能确定{why}；数据有误的，更正后可以自行申请",
            value=str(ended or ""),
        )
    if claim.enterprise.pk != claim.party_id:
        others = Claim.objects.filter(
            party__in=entries_of(claim.enterprise.pk), item_code=row.item_code, period=row.period
        ).exclude(pk=claim.pk)
        other = others.exclude(state__in=ENDED_WITHOUT).order_by("pk").first()
        if other is not None:
            raise NotEntitled(
                f"its entry was merged into another one, which has {other.number}",
                message_zh=f"企业主体已合并，合并后的企业本周期已有 {other.number}",
                value=other.number,
            )


def _within(
    row: EntitlementList, shared: Sharing, awards: Sequence[tuple[Claim, Award]], now: datetime
) -> list[tuple[Claim, Award]]:
    """As many as the quota and the pool hold still: others may have been awarded since the list was frozen."""
    taken = awarded(row.item_code, row.period).aggregate(count=Count("pk"), fen=Sum("award_fen"))
    places = len(awards) if shared.count is None else shared.count - int(taken["count"])
    left = None if shared.pool_fen is None else shared.pool_fen - int(taken["fen"] or 0)
    kept: list[tuple[Claim, Award]] = []
    for claim, award in awards:
        full = len(kept) >= places
        if full or (left is not None and award.amount_fen > left):
            _strike(claim, _nothing_left(full), now)
            continue
        if left is not None:
            left -= award.amount_fen
        kept.append((claim, award))
    return kept


def _nothing_left(full: bool) -> NotEntitled:
    if full:
        return NotEntitled("all places are taken", message_zh="名单固定之后名额已满")
    return NotEntitled("the pool is used up", message_zh="名单固定之后资金池余额不足")


def _strike(claim: Claim, refusal: NotEntitled, now: datetime) -> None:
    """Off the list with the reason, and told."""
    claim.refresh_from_db()
    claim.reason = refusal.message_zh
    claim.decided_at = now
    claim.grounds = grounds_of(claim, now=now) or [
        {"text": refusal.message_zh, "value": str(refusal.details.get("value", ""))}
    ]
    move(claim, "struck", actor=PLATFORM, now=now, reason=refusal.message_zh)
    tell_enterprise(claim, "refused", now=now, reason=refusal.message_zh)


def _decided_live(claim: Claim, row: EntitlementList) -> Award:
    """By the register, where a frozen fact is personal and its value was not kept with the claim."""
    decided = decide_one(actor=PLATFORM, party_id=claim.enterprise.pk, code=row.item_code, day=row.day)
    if decided.decision is None:
        raise NotEntitled(f"{claim.number} cannot be decided", message_zh=decided.problem)
    return award_of(decided.decision)


def _having_others(claims: Sequence[Claim]) -> set[int]:
    """Of their enterprises those that were awarded something else."""
    kept = entries_of_each([claim.enterprise.pk for claim in claims])
    own = {claim.pk for claim in claims}
    rows = Claim.objects.filter(AnyOf("party_id", kept), award_fen__gt=0).exclude(state__in=ENDED_WITHOUT)
    return {kept[party] for number, party in rows.values_list("pk", "party") if number not in own}


def _standing_accounts(parties: Sequence[int]) -> dict[int, int]:
    """Enterprise → the account it has allowed to be paid to without asking each time."""
    kept = entries_of_each(parties)
    rows = PayeeAccount.objects.filter(AnyOf("party_id", kept), standing=True, state="usable")
    return {kept[party]: number for number, party in rows.order_by("pk").values_list("pk", "party")}


def _offer_as_many(
    row: EntitlementList,
    awards: Sequence[tuple[Claim, Award]],
    accounts: Mapping[int, int],
    fund: Fund,
    *,
    actor: Actor,
    now: datetime,
) -> int:
    """Offer to all of them, or to as many of the first as the budget holds; how many."""
    if not awards:
        return 0
    if _offered(row, awards, accounts, fund, actor=actor, now=now):
        return len(awards)
    fits, too_many = 0, len(awards)
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        with transaction.atomic():
            if _offered(row, awards[:middle], accounts, fund, actor=actor, now=now):
                fits = middle
            else:
                too_many = middle
            # Only looked whether it fits.
            transaction.set_rollback(True)
    if fits and not _offered(row, awards[:fits], accounts, fund, actor=actor, now=now):
        raise AssertionError("what fitted a moment ago does not fit, with the budget locked")
    return fits


def _offered(
    row: EntitlementList,
    awards: Sequence[tuple[Claim, Award]],
    accounts: Mapping[int, int],
    fund: Fund,
    *,
    actor: Actor,
    now: datetime,
) -> bool:
    """Whether the budget held all of these; nothing has happened where it did not."""
    target = CLAIM.after("listed", "offered")
    try:
        with transaction.atomic():
            event = note_list(
                row,
                "offered",
                actor=actor,
                now=now,
                after={
                    "claims": len(awards),
                    "amount_fen": sum(award.amount_fen for _, award in awards),
                    "first": awards[0][0].number,
                    "last": awards[-1][0].number,
                },
            )
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE claims_claim AS claim SET state = %s, state_before = 'listed', award_fen = told.fen,"
                    " account_id = told.account, decided_at = %s, decided_event = %s, submitted_event = %s,"
                    " reviewed_by = %s, approved_by = %s"
                    " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS told(id, fen, account)"
                    " WHERE claim.id = told.id",
                    [
                        target,
                        now,
                        event,
                        row.frozen_event,
                        row.made_by,
                        row.approved_by or reference_of(actor),
                        [claim.pk for claim, _ in awards],
                        [award.amount_fen for _, award in awards],
                        [accounts.get(claim.enterprise.pk) for claim, _ in awards],
                    ],
                )
            reserve(awards, fund=fund, reference=f"list:{row.pk}", event_id=event, now=now)
    except OverBudget:
        return False
    return True


def _counts(row: EntitlementList) -> dict[str, int]:
    return {"offered": row.offered_count, "amount_fen": row.offered_fen, "waiting": row.waiting}
