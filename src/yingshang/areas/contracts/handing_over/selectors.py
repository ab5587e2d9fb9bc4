"""Reading heads and hand-over lists."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor, Office, offices

from ..lifecycle import HAND_OVER
from ..models import HandOver, HandOverLine, Head
from ..reach import HEAD, SUPERVISE, VIEW, agencies_of, readable
from .reach import is_after, is_before, list_not_found, mine, reached, supervises, user_of
from .snapshot import Standing, standings


@dataclass(frozen=True, slots=True)
class HeadView:
    """Who answers, or answered, for a unit."""

    agency_id: int
    agency_name: str
    name: str
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class HandOverRow:
    """One list. `open_fen` is all the unit still has to pay by it, `owed_fen` what was past its day."""

    id: int
    agency_id: int
    agency_name: str
    region_path: str
    before_name: str
    after_name: str
    since: date
    state: str
    as_of: date
    contract_count: int
    late_count: int
    open_fen: int
    owed_fen: int
    interest_fen: int
    due_on: date | None


@dataclass(frozen=True, slots=True)
class HandOverPage:
    """One page of lists, and how many there are."""

    rows: tuple[HandOverRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class HandOverLineView:
    """One contract of a list as it stood then, and as it stands today."""

    id: int
    contract_id: int
    number: str
    title: str
    counterparty_name: str
    state: str
    open_count: int
    late_count: int
    open_fen: int
    owed_fen: int
    interest_fen: int
    next_due_on: date | None
    said_before: str
    said_after: str
    today: Standing
    hand_over_id: int


@dataclass(frozen=True, slots=True)
class HandOverLinePage:
    """One page of lines, and how many there are. `hidden` more are of contracts the reader may not read."""

    rows: tuple[HandOverLineView, ...]
    total: int
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class HandOverDetail:
    """One list with its two heads, what has been done, and what its reader may do now."""

    row: HandOverRow
    made_at: datetime
    handed_at: datetime | None
    handed_by_name: str
    accepted_at: datetime | None
    accepted_by_name: str
    remark: str
    document_id: int | None
    deadline_id: int | None
    receipt_event: int | None
    may: frozenset[str]
    as_before: bool
    as_after: bool


def heads(*, actor: Actor, agency_id: int) -> tuple[HeadView, ...]:
    """Who has headed a unit of the reach, the newest first. Raises NotAllowed."""
    scope = actor.require(VIEW)
    rows = Head.objects.filter(scope.condition(region="region_path", agency="agency_id"), agency=agency_id)
    return tuple(
        HeadView(each.agency_id, each.agency.name, each.name, each.since, each.until)
        for each in rows.select_related("agency").order_by("-since", "-pk")
    )


def possible_heads(*, actor: Actor, today: date, agency_id: int | None = None) -> tuple[Office, ...]:
    """Who holds the office of a head in the units somebody supervises: whom `appoint_head` takes. Raises NotAllowed."""
    found = offices(HEAD, scope=actor.require(SUPERVISE), today=today)
    own = agencies_of(actor, SUPERVISE)
    return tuple(
        each
        for each in found
        if each.agency_id not in own and (agency_id is None or each.agency_id == agency_id)
    )


def hand_overs(
    *,
    actor: Actor,
    text: str = "",
    states: Collection[str] = (),
    own: bool = False,
    offset: int = 0,
    limit: int = 20,
) -> HandOverPage:
    """The lists of one's reach, newest first; with `own` those one is a head of. Two queries. Raises NotAllowed."""
    rows = reached(actor)
    if text.strip():
        word = text.strip()
        rows = rows.filter(
            Q(agency__name__icontains=word) | Q(after__name__icontains=word) | Q(before__name__icontains=word)
        )
    if states:
        rows = rows.filter(state__in=states)
    if own:
        rows = rows.filter(mine(actor))
    page = rows.select_related("agency", "before", "after").order_by("-pk")[offset : offset + limit]
    return HandOverPage(tuple(map(_row, page)), rows.count())


def hand_over_list(*, actor: Actor, hand_over_id: int) -> HandOverDetail:
    """One list of one's reach. Raises NotAllowed, StepNotFound."""
    row = reached(actor).select_related("agency", "before", "after").filter(pk=hand_over_id).first()
    if row is None:
        raise list_not_found(hand_over_id)
    before, after = is_before(actor, row), is_after(actor, row)
    able = {
        "handed": before or supervises(actor, row),
        "remarked": before or after,
        "accepted": after,
    }
    return HandOverDetail(
        row=_row(row),
        made_at=row.made_at,
        handed_at=row.handed_at,
        handed_by_name=row.handed_by_name,
        accepted_at=row.accepted_at,
        accepted_by_name=row.accepted_by_name,
        remark=row.remark,
        document_id=row.document_id,
        deadline_id=row.deadline_id,
        receipt_event=row.receipt_event,
        may=frozenset(what for what, here in able.items() if here and HAND_OVER.may(row.state, what)),
        as_before=before,
        as_after=after,
    )


def hand_over_lines(
    *,
    actor: Actor,
    hand_over_id: int,
    text: str = "",
    late: bool = False,
    now: datetime,
    offset: int = 0,
    limit: int = 20,
) -> HandOverLinePage:
    """The lines of a list, those most is owed by first. Both heads read all of them; others those of contracts they may
    read. Raises NotAllowed, StepNotFound.
    """
    found = hand_over_list(actor=actor, hand_over_id=hand_over_id)
    rows = HandOverLine.objects.filter(hand_over=hand_over_id)
    total = found.row.contract_count
    if not (found.as_before or found.as_after):
        rows = rows.filter(readable(actor, "contract__"))
        total = rows.count()
    hidden = found.row.contract_count - total
    return _lines(_narrowed(rows, text, late), now=now, offset=offset, limit=limit, hidden=hidden)


def hand_over_line(*, actor: Actor, line_id: int, now: datetime) -> tuple[HandOverDetail, HandOverLineView]:
    """One line, with the list it is on. Raises NotAllowed, StepNotFound."""
    number = HandOverLine.objects.filter(pk=line_id).values_list("hand_over", flat=True).first()
    if number is None:
        raise list_not_found(line_id)
    found = hand_over_list(actor=actor, hand_over_id=number)
    rows = HandOverLine.objects.filter(pk=line_id)
    if not (found.as_before or found.as_after):
        rows = rows.filter(readable(actor, "contract__"))
    lines = _lines(rows, now=now, offset=0, limit=1).rows
    if not lines:
        raise list_not_found(line_id)
    return found, lines[0]


def inherited(
    *, actor: Actor, text: str = "", late: bool = False, now: datetime, offset: int = 0, limit: int = 20
) -> HandOverLinePage:
    """The contracts somebody took over as head of units they head now, as they stood and as they stand. Raises
    NotAllowed.
    """
    actor.require(HEAD)
    rows = HandOverLine.objects.filter(
        hand_over__after__user=user_of(actor),
        hand_over__after__until__isnull=True,
        hand_over__agency__in=agencies_of(actor, HEAD),
    )
    return _lines(_narrowed(rows, text, late), now=now, offset=offset, limit=limit)


def _narrowed(rows: QuerySet[HandOverLine], text: str, late: bool) -> QuerySet[HandOverLine]:
    if text.strip():
        word = text.strip()
        rows = rows.filter(
            Q(contract__title__icontains=word)
            | Q(contract__number__icontains=word)
            | Q(contract__counterparty_name__icontains=word)
        )
    return rows.filter(late_count__gt=0) if late else rows


def _lines(
    rows: QuerySet[HandOverLine], *, now: datetime, offset: int, limit: int, hidden: int = 0
) -> HandOverLinePage:
    page = list(
        rows.select_related("contract").order_by("-late_count", "-owed_fen", "pk")[offset : offset + limit]
    )
    today = standings([each.contract_id for each in page], on=timezone.localdate(now))
    return HandOverLinePage(
        tuple(
            HandOverLineView(
                id=each.pk,
                contract_id=each.contract_id,
                number=each.contract.number,
                title=each.contract.title,
                counterparty_name=each.contract.counterparty_name,
                state=each.contract.state,
                open_count=each.open_count,
                late_count=each.late_count,
                open_fen=each.open_fen,
                owed_fen=each.owed_fen,
                interest_fen=each.interest_fen,
                next_due_on=each.next_due_on,
                said_before=each.said_before,
                said_after=each.said_after,
                today=today.get(each.contract_id) or Standing(),
                hand_over_id=each.hand_over_id,
            )
            for each in page
        ),
        rows.count(),
        hidden,
    )


def _row(row: HandOver) -> HandOverRow:
    return HandOverRow(
        id=row.pk,
        agency_id=row.agency_id,
        agency_name=row.agency.name,
        region_path=row.region_path,
        before_name=row.before.name if row.before else "",
        after_name=row.after.name,
        since=row.after.since,
        state=row.state,
        as_of=row.as_of,
        contract_count=row.contract_count,
        late_count=row.late_count,
        open_fen=row.open_fen,
        owed_fen=row.owed_fen,
        interest_fen=row.interest_fen,
        due_on=row.due_on,
    )
