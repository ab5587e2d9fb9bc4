"""How far an item has come: who is entitled, was told, has read, followed the link, applied, was paid."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from yingshang.kernel.access.api import Actor
from yingshang.kernel.parties.api import PartySummary, PartyTraits, parties_after, party_traits
from yingshang.kernel.reference.api import code_of_path, find_region

from ..errors import ItemNotFound
from ..matching.live import VIEW
from ..matching.selectors import stored_parties
from ..models import ItemVersion, MatchPart, PolicyClick, PolicyReminder, PolicyTold
from ..selectors import in_force, published_item
from ..values import PublishedItem
from .digest import read_messages
from .stages import stage

UNTOLD, TOLD, READ, CLICKED = "untold", "told", "read", "clicked"
PROGRESS = (UNTOLD, TOLD, READ, CLICKED)
_ELSEWHERE = ""


@dataclass(frozen=True, slots=True)
class Funnel:
    """Enterprises by how far they have come; each counts for all stages before. None: nobody can say yet."""

    matched: int
    sent: int
    read: int
    clicked: int
    applied: int | None
    paid: int | None


@dataclass(frozen=True, slots=True)
class RegionReach:
    """The same of one place below that of the item. `code` is empty for those that are nowhere below it."""

    code: str
    name: str
    funnel: Funnel
    certain_fen: int


@dataclass(frozen=True, slots=True)
class UnactedParty:
    """An enterprise that is entitled and has not acted."""

    party: PartySummary
    progress: str
    certain_fen: int | None
    told_at: datetime | None
    reminded_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Row:
    """How far one enterprise has come."""

    traits: PartyTraits
    fen: int | None
    progress: str
    told_at: datetime | None
    applied: bool | None
    paid: bool | None

    @property
    def acted(self) -> bool:
        """Whether it has applied; while that cannot be known, whether it followed the link."""
        return bool(self.paid or self.applied) if self.applied is not None else self.progress == CLICKED


@dataclass(frozen=True, slots=True)
class ItemReach:
    """An item with everybody in the reader's reach who is entitled to it, as stored."""

    item: PublishedItem
    funnel: Funnel
    regions: tuple[RegionReach, ...]
    unacted: int
    rows: tuple[_Row, ...] = field(repr=False, default=())

    def unacted_rows(self, progress: str = "") -> list[_Row]:
        """Those who have not acted, the largest amounts first."""
        found = [each for each in self.rows if not each.acted and progress in ("", each.progress)]
        return sorted(found, key=lambda each: (-(each.fen or 0), each.traits.id))


@dataclass(frozen=True, slots=True)
class UnactedPage:
    rows: tuple[UnactedParty, ...]
    total: int


def item_reach(
    *,
    actor: Actor,
    code: str,
    text: str = "",
    region: str | None = None,
    industry: str | None = None,
    size: str | None = None,
) -> ItemReach:
    """How far an item has come among the enterprises of the actor's reach that pass the filters.

    Needs `policies.view_matches`; raises ItemNotFound for an item that is not published. Five queries, and those of
    the areas that know who applied.
    """
    actor.require(VIEW)
    item = published_by_code(code)
    due = stored_parties(item.version_id)
    traits = (
        party_traits(
            actor=actor, text=text, region=region, industry=industry, size=size, also=VIEW, among=list(due)
        )
        if due
        else []
    )
    told = told_of(item.item_id)
    applied, paid = stage("applied", item), stage("paid", item)
    rows = []
    for each in traits:
        progress, told_at = told.get(each.id, (UNTOLD, None))
        rows.append(
            _Row(
                each,
                due[each.id],
                progress,
                told_at,
                None if applied is None else each.id in applied,
                None if paid is None else each.id in paid,
            )
        )
    return ItemReach(
        item=item,
        funnel=funnel_of(rows),
        regions=_by_region(item, rows),
        unacted=sum(not each.acted for each in rows),
        rows=tuple(rows),
    )


@dataclass(frozen=True, slots=True)
class ReachSummary:
    """An item in the list of those in force: how many are entitled in all, as stored, and how many were told."""

    code: str
    name: str
    issuer: str
    region_name: str
    entitled: int
    told: int
    demonstration: bool


@dataclass(frozen=True, slots=True)
class ReachPage:
    rows: tuple[ReachSummary, ...]
    total: int


def reach_summaries(
    *, actor: Actor, day: date, text: str = "", order: str = "code", offset: int = 0, limit: int = 20
) -> ReachPage:
    """Items in force on a day with how many are entitled and were told, everywhere. Needs `policies.view_matches`.

    Counts only: whose they are is told by `item_reach`, within one's reach. Two queries.
    """
    actor.require(VIEW)
    rows = in_force(day)
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(item__code__icontains=text))
    entitled = MatchPart.objects.filter(version=OuterRef("pk")).values("version").annotate(n=Sum("entitled"))
    told = PolicyTold.objects.filter(item=OuterRef("item")).values("item").annotate(n=Count("pk"))
    rows = rows.annotate(
        entitled=Coalesce(Subquery(entitled.values("n")), 0), told=Coalesce(Subquery(told.values("n")), 0)
    )
    columns = {"code": "item__code", "name": "name", "entitled": "entitled", "told": "told"}
    column = columns.get(order.lstrip("-"), "item__code")
    total = rows.count()
    found = rows.order_by(f"-{column}" if order.startswith("-") else column, "item__code")
    return ReachPage(
        tuple(
            ReachSummary(
                row.item.code,
                row.name,
                row.issuer,
                region_name(row.region_path),
                row.entitled,
                row.told,
                row.item.demonstration,
            )
            for row in found[offset : offset + limit]
        ),
        total,
    )


def unacted_parties(
    *, actor: Actor, reach: ItemReach, progress: str = "", offset: int = 0, limit: int = 20
) -> UnactedPage:
    """A page of those who have not acted, the largest amounts first. Two queries."""
    chosen = reach.unacted_rows(progress)
    shown = {each.traits.id: each for each in chosen[offset : offset + limit]}
    parties = {
        each.id: each
        for each in (
            parties_after(actor=actor, also=VIEW, among=list(shown), limit=len(shown)) if shown else ()
        )
    }
    reminded = reminded_at(reach.item.item_id, shown)
    return UnactedPage(
        tuple(
            UnactedParty(parties[number], each.progress, each.fen, each.told_at, reminded.get(number))
            for number, each in shown.items()
            if number in parties
        ),
        len(chosen),
    )


def published_by_code(code: str) -> PublishedItem:
    """The version that is published now. Raises ItemNotFound."""
    row = (
        ItemVersion.objects.filter(item__code=code, state="published")
        .select_related("item__document")
        .defer("item__document__text", "item__document__sentences")
        .first()
    )
    if row is None:
        raise ItemNotFound(
            f"no published policy item {code!r}", message_zh=f"没有已发布的政策事项“{code}”", value=code
        )
    return published_item(row)


def told_of(item_id: int) -> dict[int, tuple[str, datetime]]:
    """Party that is kept → how far it has come with what it was told, and when it was. One query."""
    clicked = Exists(PolicyClick.objects.filter(told=OuterRef("pk")))
    was_read = ExpressionWrapper(
        Q(package__read_at__isnull=False) | Exists(read_messages(OuterRef("package"))),
        output_field=BooleanField(),
    )
    rows = (
        PolicyTold.objects.filter(item=item_id)
        .annotate(kept=Coalesce("party__merged_into", "party"), clicked=clicked, was_read=was_read)
        .values_list("kept", "clicked", "was_read", "told_at")
    )
    found: dict[int, tuple[str, datetime]] = {}
    for party, has_clicked, has_read, told_at in rows:
        progress = CLICKED if has_clicked else READ if has_read else TOLD
        before = found.get(party)
        if before is None or PROGRESS.index(progress) >= PROGRESS.index(before[0]):
            found[party] = (progress, told_at)
    return found


def reminded_at(item_id: int, parties: Collection[int]) -> dict[int, datetime]:
    """Party → when it was reminded of an item last, also under numbers merged into it."""
    rows = (
        PolicyReminder.objects.filter(item=item_id)
        .annotate(kept=Coalesce("party__merged_into", "party"))
        .filter(kept__in=list(parties))
    )
    found: dict[int, datetime] = {}
    for party, moment in rows.values_list("kept", "reminded_at"):
        found[party] = max(moment, found.get(party, moment))
    return found


def funnel_of(rows: Iterable[_Row]) -> Funnel:
    """How far some enterprises have come."""
    rows = list(rows)
    steps = [PROGRESS.index(each.progress) for each in rows]

    def known(values: list[bool | None]) -> int | None:
        return None if not rows or None in values else sum(map(bool, values))

    return Funnel(
        matched=len(rows),
        sent=sum(each >= 1 for each in steps),
        read=sum(each >= 2 for each in steps),
        clicked=sum(each >= 3 for each in steps),
        applied=known([each.applied for each in rows]),
        paid=known([each.paid for each in rows]),
    )


def _by_region(item: PublishedItem, rows: Iterable[_Row]) -> tuple[RegionReach, ...]:
    """By the divisions below that of the item; where all lie in one of them, by those below it."""
    rows = list(rows)
    groups: dict[str, list[_Row]] = {}
    for length in (each for each in (2, 4, 6, 9, 12) if each > len(item.region_path)):
        finer: dict[str, list[_Row]] = {}
        for each in rows:
            path = each.traits.region_path
            finer.setdefault(path[:length] if len(path) >= length else _ELSEWHERE, []).append(each)
        named = len(finer) - (_ELSEWHERE in finer)
        if groups and not named:
            break
        groups = finer
        if named != 1:
            break
    found = [
        RegionReach(
            code=code_of_path(path) if path else "",
            name=region_name(path),
            funnel=funnel_of(group),
            certain_fen=sum(each.fen or 0 for each in group),
        )
        for path, group in groups.items()
    ]
    return tuple(sorted(found, key=lambda each: (not each.code, each.code)))


def region_name(path: str) -> str:
    """The name of the division with a path; empty where there is none."""
    region = find_region(code_of_path(path)) if path else None
    return region.name if region else path
