"""The clocks of obligations: started shortly before the due date, in bulk, and ended when nothing is owed any more.

750,000 contracts have 2.2 million obligations; a clock for each from the day it is registered would be a table nobody
needs. `watch` starts those whose due date comes near, every night and after imports. One that is registered after its
due date is watched from the evening before that day: nobody is reminded of what is past, that it is late is told at
once.

`follow` is called by whatever changes an obligation: performing, supplements, the end of a contract.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import (
    DeadlineView,
    NewDeadline,
    Owner,
    Term,
    cancel_deadline,
    get_deadlines,
    meet_deadline,
    national,
    published_ladders,
    start_deadlines,
)

from ..models import Contract, Obligation
from ._steps import OWNER as OBLIGATION_OWNER
from ._steps import PLATFORM, StartEvent, name_of, region_code_of
from .rules import rules

__all__ = [
    "OBLIGATION_OWNER",
    "follow",
    "highest_of",
    "horizon",
    "is_watched",
    "set_contract_levels",
    "watch",
]

logger = structlog.get_logger(__name__)

RUNNING = ("running", "partial")
"""States of an obligation in which somebody owes it by a day."""
WATCHED = ("in_force", "terminated")
"""States of a contract in which what is owed is watched: what was due when it was ended is forgiven by nobody."""
RESTING = "suspended"
LEVELS = ("", "remind", "warn", "escalate", "notice", "case", "transfer")
"""How far the ladder has come, in order; the last three end with a cancellation 销号 alone."""
KEPT = frozenset({"notice", "case", "transfer"})
AT_ONCE = 1000
"""How many clocks are started in one transaction."""
_OPEN = frozenset({"running", "paused"})
_EVENING = time(23, 59, 59, 999999)
_START: StartEvent = {"zh": "进入履约预警", "en": "watched since"}


def follow(obligations: Sequence[Obligation], *, now: datetime) -> None:
    """Bring the clocks of some obligations in line with what these have come to: met when done, called off when nothing
    is owed any more or the date is another, started when the date is near. They were saved before, and their contracts
    are locked; `deadline_id` and `escalation` are saved here, for these instances too.
    """
    if not obligations:
        return
    today = timezone.localdate(now)
    contracts = Contract.objects.in_bulk({each.contract_id for each in obligations})
    clocks = get_deadlines([each.deadline_id for each in obligations if each.deadline_id], now=now)
    until = today + timedelta(days=horizon()) if any(each.state in RUNNING for each in obligations) else today
    to_start, changed = [], []
    for each in obligations:
        each.contract = contracts[each.contract_id]
        before = (each.deadline_id, each.escalation)
        clock = clocks.get(each.deadline_id or 0)
        owed = each.state in RUNNING and each.due_on is not None and is_watched(each, today=today)
        if clock is not None and clock.state in _OPEN:
            if owed and _is_for(clock, each):
                continue
            _end(clock, each, owed=owed, now=now)
            each.deadline_id = clock.id if each.state == "performed" else None
            clock = None
        if owed and not _within(each, until):
            each.deadline_id = None
        if owed and _within(each, until):
            to_start.append(each)
        # What only warned is over with the debt, or with a date that lies ahead again.
        each.escalation = each.escalation if each.escalation in KEPT else ""
        if before != (each.deadline_id, each.escalation):
            changed.append(each)
    started = _start(to_start, now=now)
    _save([*changed, *(each for each in started if each not in changed)])
    set_contract_levels({each.contract_id for each in changed})


@transaction.atomic
def _watch_block(numbers: Sequence[int], actor: Actor, now: datetime) -> int:
    """The clocks of a block; an obligation that somebody works on is left to them, or to the next night."""
    rows = list(
        Obligation.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("contract")
        .filter(pk__in=numbers, deadline_id__isnull=True, state__in=RUNNING, contract__state__in=WATCHED)
        .order_by("pk")
    )
    started = _start(rows, now=now)
    _save(started)
    return len(started)


def watch(*, actor: Actor, now: datetime, limit: int = 20_000) -> int:
    """Start the clocks of what falls due within the days of the rules, or is late already, and has none; how many, at
    most `limit`. Not to be called in a transaction: every thousand is one of its own, and a run that is killed loses
    its last one only.
    """
    today = timezone.localdate(now)
    due = Q(due_on__lte=today + timedelta(days=horizon()), due_on__gt=national().coverage().first)
    rows = Obligation.objects.filter(
        due, state__in=RUNNING, deadline_id__isnull=True, contract__state__in=WATCHED
    ).order_by("due_on", "pk")
    started = 0
    after: tuple[date, int] | None = None
    while started < limit:
        left = (
            rows
            if after is None
            else rows.filter(Q(due_on__gt=after[0]) | Q(due_on=after[0], pk__gt=after[1]))
        )
        block = list(left.values_list("due_on", "pk")[: min(AT_ONCE, limit - started)])
        if not block:
            break
        due_on, number = block[-1]
        assert due_on is not None
        after = (due_on, number)
        started += _watch_block([pk for _, pk in block], actor, now)
    if started:
        logger.info("clocks of obligations started", clocks=started)
    return started


def is_watched(obligation: Obligation, *, today: date) -> bool:
    """Whether the contract, which is loaded, lets it be watched. While a contract rests, which its unit alone says,
    what the unit was late with stays watched: it has a clock. Of what was not due yet the clock is called off when the
    contract begins to rest, so what falls due meanwhile has none.
    """
    if obligation.contract.state in WATCHED:
        return True
    due = obligation.due_on is not None and obligation.due_on <= today
    resting = obligation.contract.state == RESTING
    return resting and obligation.side == "unit" and due and obligation.deadline_id is not None


def horizon() -> int:
    """How many days before its due date an obligation has to have its clock: those of the rules, or more where the
    ladder, which administrators edit, begins earlier.
    """
    days = rules().watch_days
    published = next((each.published for each in published_ladders() if each.code == rules().ladder), None)
    for rung in () if published is None else published.rungs:
        if rung.amount < 0:
            per = {"days": 1, "working_days": 3, "hours": 1 / 24}[rung.unit]
            days = max(days, int(-rung.amount * per) + 3)
    return days


def highest_of(levels: Iterable[str]) -> str:
    """The level that has come furthest."""
    return max(levels, key=LEVELS.index, default="")


def set_contract_levels(contract_ids: Iterable[int]) -> None:
    """What lists of contracts show: the furthest level of any of their obligations. A query, and a statement for each
    level that is written."""
    wanted = sorted(set(contract_ids))
    found: dict[int, list[str]] = {number: [] for number in wanted}
    rows = Obligation.objects.filter(contract__in=wanted).exclude(escalation="")
    for number, level in rows.values_list("contract_id", "escalation"):
        found[number].append(level)
    by_level: dict[str, list[int]] = {}
    for number, levels in found.items():
        by_level.setdefault(highest_of(levels), []).append(number)
    for level, numbers in sorted(by_level.items()):
        Contract.objects.filter(pk__in=numbers).exclude(escalation=level).update(escalation=level)


def _is_for(clock: DeadlineView, obligation: Obligation) -> bool:
    """Whether a clock runs for the due date the obligation has now. A free day may have moved the clock's own date, so
    what it was started for is compared.
    """
    return timezone.localdate(clock.started_at) + timedelta(days=clock.term.amount) == obligation.due_on


def _within(obligation: Obligation, until: date) -> bool:
    assert obligation.due_on is not None
    return national().coverage().first < obligation.due_on <= until


def _end(clock: DeadlineView, obligation: Obligation, *, owed: bool, now: datetime) -> None:
    if obligation.state == "performed":
        meet_deadline(actor=PLATFORM, deadline_id=clock.id, now=now)
        return
    reason = f"履行期限改为{obligation.due_on}" if owed else "义务不再履行或者合同不在履行中"
    cancel_deadline(actor=PLATFORM, deadline_id=clock.id, reason=reason, now=now)


def _start(obligations: Sequence[Obligation], *, now: datetime) -> list[Obligation]:
    """Start their clocks and note them, without saving; those that have one now. Their contracts are loaded."""
    if not obligations:
        return []
    views = start_deadlines(
        actor=PLATFORM, deadlines=[_clock_of(each, each.contract, now=now) for each in obligations], now=now
    )
    for each, view in zip(obligations, views, strict=True):
        each.deadline_id = view.id
    return list(obligations)


def _clock_of(obligation: Obligation, contract: Contract, *, now: datetime) -> NewDeadline:
    assert obligation.due_on is not None
    started_at, today = now, timezone.localdate(now)
    if obligation.due_on <= today:
        before = obligation.due_on - timedelta(days=1)
        started_at = datetime.combine(before, _EVENING, timezone.get_current_timezone())
    days = (obligation.due_on - timezone.localdate(started_at)).days
    return NewDeadline(
        owner=Owner(OBLIGATION_OWNER, str(obligation.pk)),
        kind="step",
        name=f"合同履约：{name_of(contract, obligation)}"[:120],
        name_en=f"Obligation of the contract {contract.number}",
        term=Term(days, "days"),
        started_at=started_at,
        region_code=region_code_of(obligation.region_path),
        agency_id=obligation.agency_id,
        # The enterprise reads its obligations on the page of its contract.
        party_id=None,
        ladder=rules().ladder,
        start_event=_START,
    )


def _save(obligations: Sequence[Obligation]) -> None:
    if obligations:
        Obligation.objects.bulk_update(obligations, ["deadline_id", "escalation"], batch_size=AT_ONCE)
