"""What a rung of an obligation's clock brings about.

The rungs are data (the clock's ladder `contract`); what each does goes by its action: `remind` tells the administrators
of the unit, `warn` its reviewers too, `escalate` its head and who supervises it, `supervise` issues a supervision
notice. What comes after a notice, a case and a transfer, is for people: a rung `case` or `transfer` asks them only.

What the other side owes is reminded of and nothing more: the platform supervises units. Rungs are taken many at once;
the way of one is that of many with one in it, but that an official of many is told of them in one message, with the
list. One that fires while nothing is owed any more does nothing. Where there is nobody to supervise, and no agency a
notice could be issued by, none is: that is told to those the rules name, who can appoint somebody. Once they have, what
was missed is issued the next morning (`issue_missed`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import contacts_of_parties
from yingshang.kernel.clock.api import DeadlineView, FiredRung, Rung, get_deadlines
from yingshang.kernel.ledger.api import record_many
from yingshang.kernel.notices.api import Occasion, send_many

from ..models import Obligation, SupervisionNotice
from ..reach import HEAD, REGISTER, REVIEW, SUPERVISE
from ._steps import (
    PLATFORM,
    Occurrence,
    event_of,
    supervisors_of,
    tell_officials,
    tell_together,
    tell_unopened,
    tell_unsupervised,
    told,
)
from .clocks import AT_ONCE, KEPT, LEVELS, RESTING, RUNNING, WATCHED, is_watched, set_contract_levels
from .notices import issue_many

ASKED = frozenset({"case", "transfer"})
"""Rungs that ask a person to take the next step; the clock does not take it."""
DUE_SOON = "/desk/contracts/?due=10"
"""The list of contracts with something that falls due, or is late."""
_Fired = Sequence[tuple[FiredRung, Obligation]]


@dataclass(frozen=True, slots=True)
class Consequences:
    """What a rung brings about: how far the ladder has come, who is told, whether a notice follows."""

    level: str
    told: tuple[str, ...]
    supervisors: bool
    counterparty: bool
    notice: bool
    asked: str


def consequences(rung: Rung, *, side: str, escalation: str) -> Consequences:
    """What a rung brings about for an obligation that has come so far; nothing is read or written."""
    if side != "unit":
        told_here: tuple[str, ...] = (REGISTER,) if rung.action in {"remind", "warn"} else ()
        return Consequences(escalation, told_here, False, rung.action == "remind", False, "")
    if rung.code in ASKED:
        return Consequences(escalation, (), True, False, False, rung.code)
    level = "notice" if rung.action == "supervise" else rung.action
    told_here = {
        "remind": (REGISTER,),
        "warn": (REGISTER, REVIEW),
        "escalate": (REGISTER, REVIEW, HEAD),
        "notice": (),
    }[level]
    further = LEVELS.index(level) > LEVELS.index(escalation) and escalation not in KEPT
    return Consequences(
        level if further else escalation,
        told_here,
        level == "escalate",
        False,
        level == "notice",
        "",
    )


def on_obligation_rung(rung: FiredRung) -> None:
    """One of them."""
    _climb(_held([rung], nowait=True))


def on_obligation_rungs(rungs: Sequence[FiredRung]) -> Collection[int]:
    """Many of them; those of obligations that somebody else holds are left."""
    held = _held(rungs)
    _climb(held)
    return {rung.deadline.id for rung in rungs} - {rung.deadline.id for rung, _ in held}


def _held(rungs: Sequence[FiredRung], *, nowait: bool = False) -> list[tuple[FiredRung, Obligation]]:
    """The firings with their obligations, both they and their contracts locked, in one query."""
    # Whoever acts holds the contract and waits for the clock, which the sweeper holds: so the sweeper does not wait.
    numbers = {int(rung.deadline.owner.identifier) for rung in rungs}
    rows = (
        Obligation.objects.select_for_update(of=("self", "contract"), nowait=nowait, skip_locked=not nowait)
        .select_related("contract")
        .filter(pk__in=numbers)
        .order_by("pk")
    )
    found = {row.pk: row for row in rows}
    # Several of one contract share its row: what one of them changes the others see.
    contracts = {row.contract_id: row.contract for row in found.values()}
    for row in found.values():
        row.contract = contracts[row.contract_id]
    pairs = ((rung, int(rung.deadline.owner.identifier)) for rung in rungs)
    return [(rung, found[number]) for rung, number in pairs if number in found]


def _climb(fired: _Fired) -> None:
    fired = [
        (rung, each)
        for rung, each in fired
        if each.state in RUNNING
        and each.deadline_id == rung.deadline.id
        and is_watched(each, today=timezone.localdate(rung.fired_at))
    ]
    if not fired:
        return
    now = fired[0][0].fired_at
    decided: list[tuple[FiredRung, Obligation, Consequences]] = []
    levels = {each.pk: each.escalation for _, each in fired}
    for rung, each in fired:
        decision = consequences(rung.rung, side=each.side, escalation=each.escalation)
        each.escalation = decision.level
        decided.append((rung, each, decision))
    wanted = {each.pk: each for _, each, decision in decided if decision.notice}
    without = {each.pk: each for each in _issue(list(wanted.values()), now)}
    for each in without.values():
        each.escalation = levels[each.pk] if levels[each.pk] != "notice" else "escalate"
    record_many(
        actor=PLATFORM,
        events=[
            event_of(each, "escalated", after=_told_of(rung, each, decision, without))
            for rung, each, decision in decided
        ],
        now=now,
    )
    _tell(decided, now)
    tell_unsupervised(without.values(), now=now)
    tell_unopened([each for _, each, decision in decided if decision.supervisors or decision.notice], now=now)
    _save([each for _, each, _ in decided if each.escalation != levels[each.pk]])


def _told_of(
    rung: FiredRung, obligation: Obligation, decision: Consequences, without: Collection[int]
) -> dict[str, Any]:
    """What the event of a rung says; that no notice could be issued, too, since nobody supervises."""
    told = {"rung": rung.rung.code, "level": decision.level, "due": str(obligation.due_on)}
    if decision.notice and obligation.pk in without:
        return {**told, "level": obligation.escalation, "unsupervised": True}
    return told


def _issue(obligations: Sequence[Obligation], now: datetime) -> list[Obligation]:
    """Issue notices where none is open; those for which nobody supervises, and so none could be issued."""
    if not obligations:
        return []
    has = set(
        SupervisionNotice.objects.filter(obligation__in=[each.pk for each in obligations])
        .exclude(state="lifted")
        .values_list("obligation_id", flat=True)
    )
    wanted = [each for each in obligations if each.pk not in has]
    issued = issue_many(wanted, actor=PLATFORM, now=now)
    there = has | {row.obligation_id for row in issued}
    return [each for each in obligations if each.pk not in there]


def issue_missed(*, now: datetime, limit: int = 20_000) -> int:
    """Issue the notices that the clock could not when their rung fired, because nobody supervised: where somebody does
    by now, those of the earliest due first; how many, of at most `limit` that are looked at. Each has an event of its
    own, the rung had its. Not to be called in a transaction: every thousand is one of its own.
    """
    today = timezone.localdate(now)
    rows = Obligation.objects.filter(
        side="unit",
        state__in=RUNNING,
        escalation="escalate",
        deadline_id__isnull=False,
        due_on__lt=today,
        contract__state__in=(*WATCHED, RESTING),
    )
    numbers = list(rows.order_by("due_on", "pk").values_list("pk", flat=True)[:limit])
    issued = 0
    for first in range(0, len(numbers), AT_ONCE):
        issued += _issue_missed_of(numbers[first : first + AT_ONCE], now)
    return issued


@transaction.atomic
def _issue_missed_of(numbers: Sequence[int], now: datetime) -> int:
    """Those of a block; what somebody holds is left to the next day."""
    today = timezone.localdate(now)
    locked = (
        Obligation.objects.select_for_update(of=("self", "contract"), skip_locked=True)
        .select_related("contract")
        .filter(pk__in=numbers, state__in=RUNNING, escalation="escalate", deadline_id__isnull=False)
        .order_by("due_on", "pk")
    )
    found = [each for each in locked if is_watched(each, today=today)]
    supervised = supervisors_of(found, today=today)
    found = [each for each in found if each.pk in supervised]
    if not found:
        return 0
    clocks = get_deadlines([each.deadline_id for each in found if each.deadline_id], now=now)
    wanted = [each for each in found if _has_fired(clocks.get(each.deadline_id or 0))]
    without = {each.pk for each in _issue(wanted, now)}
    issued = [each for each in wanted if each.pk not in without]
    for each in issued:
        each.escalation = "notice"
    _save(issued)
    return len(issued)


def _has_fired(clock: DeadlineView | None) -> bool:
    """Whether the rung by which a notice is issued has fired for the date the clock has now."""
    return clock is not None and any(
        each.round == clock.round and each.action == "supervise" and each.rung not in ASKED
        for each in clock.firings
    )


def _save(obligations: Iterable[Obligation]) -> None:
    """As many statements as there are levels, and one for their contracts."""
    alike: dict[str, list[int]] = {}
    contracts = set()
    for each in obligations:
        alike.setdefault(each.escalation, []).append(each.pk)
        contracts.add(each.contract_id)
    for level, numbers in alike.items():
        Obligation.objects.filter(pk__in=numbers).update(escalation=level)
    if contracts:
        set_contract_levels(contracts)


def _tell(decided: Sequence[tuple[FiredRung, Obligation, Consequences]], now: datetime) -> None:
    today = timezone.localdate(now)
    above = supervisors_of([each for _, each, decision in decided if decision.supervisors], today=today)
    soon: list[Occurrence] = []
    asked: list[tuple[Obligation, int, str, str, dict[str, str]]] = []
    nobody: list[Obligation] = []
    for rung, each, decision in decided:
        once = f"contracts.rung:{rung.deadline.id}:{rung.deadline.due_on}:{rung.rung.code}"
        more = {"rung": rung.rung.name}
        soon += [Occurrence(each, each.agency_id, permission, once, more) for permission in decision.told]
        if decision.supervisors and each.pk in above:
            if decision.asked:
                asked.append((each, above[each.pk], SUPERVISE, f"{once}:{SUPERVISE}", more))
            else:
                soon.append(Occurrence(each, above[each.pk], SUPERVISE, once, more))
        elif decision.supervisors:
            nobody.append(each)
    tell_together("obligation_due", "obligations_due", soon, shared=("rung",), link=DUE_SOON, now=now)
    tell_officials("next_step_asked", asked, now=now)
    tell_unsupervised(nobody, now=now)
    _tell_counterparties([(rung, each) for rung, each, decision in decided if decision.counterparty], now)


def _tell_counterparties(fired: _Fired, now: datetime) -> None:
    parties = {each.party_id for _, each in fired if each.party_id is not None}
    if not parties:
        return
    people = contacts_of_parties(party_ids=parties, today=timezone.localdate(now))
    send_many(
        actor=PLATFORM,
        template="contracts.own_obligation_due",
        occasions=[
            Occasion(
                [contact.user_id for contact in people.get(each.party_id or 0, ())],
                told(each),
                link=f"/contracts/{each.contract_id}/",
                once=f"contracts.own_rung:{rung.deadline.id}:{rung.deadline.due_on}:{rung.rung.code}",
            )
            for rung, each in fired
        ],
        now=now,
    )
