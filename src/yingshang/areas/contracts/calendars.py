"""A calendar has changed: next year's holidays were published, or came with a release. Days that were counted in
working days, or moved on from a free day, follow.

Deadlines of the clock are moved by the clock itself (kernel/clock). What is kept here beside them follows: the days of
obligations, which are counted anew, and the days that steps repeat of their clocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from datetime import date, datetime

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import Calendar, calendars, get_deadlines, refresh_calendars
from yingshang.kernel.ledger.api import NewEvent, Target, record, record_many

from .errors import InvalidTerms
from .figures.cells import recount_contracts
from .ladder.clocks import follow
from .lifecycle import (
    CANCELLATION,
    CASE,
    HAND_OVER,
    NOTICE,
    OBJECTION,
    OBLIGATION,
    REPAIR,
    SUPPLEMENT,
    TRANSFER,
)
from .models import (
    Cancellation,
    Contract,
    FollowedCalendar,
    HandOver,
    Obligation,
    PortraitObjection,
    Repair,
    SupervisionCase,
    SupervisionNotice,
    Supplement,
    Transfer,
)
from .obligations.planning import calendar_of, put_due
from .obligations.terms import read_terms
from .performing.applying import rederive
from .registering.actions._steps import PLATFORM, target_of

logger = structlog.get_logger(__name__)

READ_AT_ONCE = 2000
"""How many obligations are looked at together; nothing is locked for that."""
AT_ONCE = 200
"""How many contracts are changed in one transaction."""
_LONGEST = 400
_MOVED = ("due_on", "law_due_on", "derivation", "state", "state_before")
_STEPS = (
    (SupervisionNotice, NOTICE),
    (SupervisionCase, CASE),
    (Transfer, TRANSFER),
    (Cancellation, CANCELLATION),
    (Supplement, SUPPLEMENT),
    (HandOver, HAND_OVER),
    (PortraitObjection, OBJECTION),
    (Repair, REPAIR),
)


def follow_calendars(*, actor: Actor, now: datetime) -> int:
    """Count the days of open obligations anew where a calendar has another version than the last time; of how many
    contracts some have moved, each with one event, and one for the run. Sums and clocks go with them; nobody is told.

    What has passed does not move: a day that was over when the calendar changed stays what it was, and no day becomes
    one that is over. Nobody turns late, or stops being late, by days that were arranged afterwards.

    Not to be called in a transaction: some contracts are one each, and a run that was killed begins again and finds
    those done already where they should be. Whoever was writing one down by the days of before, while the calendar
    changed, is found by a second run.
    """
    refresh_calendars()
    current = calendars()
    followed = {each.calendar: each for each in FollowedCalendar.objects.all()}
    changed = {
        code
        for code, each in current.items()
        if code not in followed or followed[code].version != each.version or not followed[code].settled
    }
    if not changed:
        return 0
    moved = sum(_move(some, actor=actor, now=now) for some in _to_move(changed, timezone.localdate(now)))
    _note_followed([current[code] for code in sorted(changed)], followed, moved, actor=actor, now=now)
    logger.info("days of contracts follow calendars", calendars=sorted(changed), contracts=moved)
    return moved


def _to_move(changed: set[str], today: date) -> Iterator[list[int]]:
    """The contracts of which some day is another now, some at a time."""
    known: dict[str, Calendar] = {}
    found: dict[int, None] = {}
    last = 0
    while rows := list(_open(today).filter(pk__gt=last).select_related("contract")[:READ_AT_ONCE]):
        last = rows[-1].pk
        for row in rows:
            path = row.contract.region_path
            calendar = known[path] if path in known else known.setdefault(path, calendar_of(path))
            if calendar.code in changed and _moves(row, calendar, today):
                found[row.contract_id] = None
        while len(found) >= AT_ONCE:
            some = list(found)[:AT_ONCE]
            found = dict.fromkeys(list(found)[AT_ONCE:])
            yield some
    if found:
        yield list(found)


def _open(today: date) -> QuerySet[Obligation]:
    """What may move: due today or later, or without a day because the calendar did not reach so far."""
    ahead = Q(due_on__gte=today) | Q(due_on__isnull=True, derivation__waits_for="calendar")
    rows = Obligation.objects.filter(ahead, state__in=OBLIGATION.open_states)
    return rows.defer("counted", "contract__words").order_by("pk")


def _moves(row: Obligation, calendar: Calendar, today: date) -> bool:
    """Whether its day, or the law's last one, is another by this calendar."""
    anew = copy(row)
    try:
        put_due(anew, read_terms(row.terms), row.contract, calendar)
    except InvalidTerms:
        logger.warning("an obligation whose terms cannot be read does not follow", obligation=row.pk)
        return False
    if anew.law != row.law or anew.due_on is None or anew.due_on < today:
        return False
    return (anew.due_on, anew.law_due_on) != (row.due_on, row.law_due_on)


@transaction.atomic
def _move(contract_ids: Sequence[int], *, actor: Actor, now: datetime) -> int:
    """Move what moves of some contracts; of how many. What others have changed meanwhile is seen as it is then."""
    today = timezone.localdate(now)
    locked = Contract.objects.select_for_update(of=("self",)).select_related("agency")
    contracts = {each.pk: each for each in locked.filter(pk__in=contract_ids).order_by("pk")}
    rows: list[Obligation] = []
    events: list[NewEvent] = []
    touched: list[Contract] = []
    theirs: dict[int, list[Obligation]] = {number: [] for number in contracts}
    for row in _open(today).select_for_update(of=("self",)).filter(contract__in=contracts):
        row.contract = contracts[row.contract_id]
        theirs[row.contract_id].append(row)
    for number, some in theirs.items():
        contract = contracts[number]
        calendar = calendar_of(contract.region_path)
        before: dict[str, date | None] = {}
        after: dict[str, date | None] = {}
        moves: list[str] = []
        for row in some:
            if not _moves(row, calendar, today):
                continue
            due_on, law_due_on = row.due_on, row.law_due_on
            before[str(row.ordinal)] = due_on
            _put(row)
            after[str(row.ordinal)] = row.due_on
            if row.due_on != due_on:
                moves.append(f"第{row.ordinal}项 {due_on or '待定'} → {row.due_on}")
            else:
                moves.append(f"第{row.ordinal}项法定最迟 {law_due_on or '待定'} → {row.law_due_on or '待定'}")
            rows.append(row)
        if after:
            touched.append(contract)
            events.append(
                NewEvent(
                    "contracts.days_moved",
                    target_of(contract),
                    before={"due": before},
                    after={"due": after, "calendar": calendar.code, "version": calendar.version},
                    reason=_told(_notice(calendar, after.values()), moves),
                )
            )
    if not touched:
        return 0
    Obligation.objects.bulk_update(rows, _MOVED)
    recount_contracts(touched)
    follow(rows, now=now)
    record_many(actor=actor, events=events, now=now)
    return len(touched)


def _put(row: Obligation) -> None:
    """The day it has now, onto the row. What a late day costs was settled when it was agreed."""
    rate = row.daily_rate, row.rate_source
    rederive(row, read_terms(row.terms))
    row.daily_rate, row.rate_source = rate


def _notice(calendar: Calendar, days: Iterable[date | None]) -> str:
    """The notice that arranges the year of the first day, as far as it is known."""
    first = min(each for each in days if each is not None)
    notices = calendar.years[first.year].notices if first.year in calendar.years else ()
    return notices[-1].title if notices else calendar.name


def _told(notice: str, moves: Sequence[str]) -> str:
    """What the history of the contract says of it."""
    said = f"{notice}：{'，'.join(moves)}"
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"


@transaction.atomic
def _note_followed(
    some: Sequence[Calendar],
    followed: Mapping[str, FollowedCalendar],
    moved: int,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """By which versions the days are counted now; and the days of open steps, with one event for all of it."""
    steps = _follow_steps(now)
    for each in some:
        again = each.code in followed and followed[each.code].version == each.version
        FollowedCalendar.objects.update_or_create(
            calendar=each.code, defaults={"version": each.version, "settled": again, "followed_at": now}
        )
    record(
        actor=actor,
        action="contracts.calendars_followed",
        target=Target("contract_days", "all", "、".join(each.name for each in some)),
        now=now,
        after={
            "versions": {each.code: each.version for each in some},
            "contracts": moved,
            "steps": steps,
        },
    )


def _follow_steps(now: datetime) -> int:
    """Days that open steps repeat of their clocks are those of the clocks, which have told of it already; how many."""
    moved = 0
    for model, lifecycle in _STEPS:
        waiting = model.objects.filter(state__in=lifecycle.open_states)
        kept = {
            number: due_on
            for number, due_on in waiting.values_list("deadline_id", "due_on")
            if number is not None
        }
        for some in _some(sorted(kept), AT_ONCE):
            for number, clock in get_deadlines(some, now=now).items():
                if clock.state in ("running", "paused") and clock.due_on != kept[number]:
                    moved += waiting.filter(deadline_id=number).update(due_on=clock.due_on)
    return moved


def _some(numbers: Sequence[int], most: int) -> Iterator[Sequence[int]]:
    for first in range(0, len(numbers), most):
        yield numbers[first : first + most]


@app.periodic(cron="7 * * * *")
@app.task(
    name="contracts.follow_calendars",
    queueing_lock="contracts.follow_calendars",
    lock="contracts.follow_calendars",
)
def follow_calendars_job(timestamp: int = 0) -> None:
    """Each hour; where no calendar has changed it is two short looks."""
    follow_calendars(actor=PLATFORM, now=timezone.now())
