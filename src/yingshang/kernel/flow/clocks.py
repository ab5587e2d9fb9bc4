"""The clocks of cases and tasks, through the clock's own door.

The *case clock* runs from intake and nothing resets it; it stands still only for a legal reason. The *step clock*
belongs to whoever holds the step. What the applicant owes has clocks too: a correction, a debt, the check of a
commitment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import (
    DeadlineView,
    FiredRung,
    Owner,
    Term,
    cancel_deadline,
    get_deadlines,
    hand_over_deadline,
    meet_deadline,
    pause_deadline,
    register_owner,
    resume_deadline,
    start_deadline,
)

from . import lifecycle
from .models import Case, Task

CASE, TASK, CORRECTION, DEBT, COMMITMENT = (
    "flow.case",
    "flow.task",
    "flow.correction",
    "flow.debt",
    "flow.commitment",
)
"""Whose deadlines ours are."""


def start_case_clock(
    case: Case, *, term: Mapping[str, int], ladder: str | None, actor: Actor, now: datetime
) -> int:
    """The clock of the whole case, from the moment it came in."""
    return start_deadline(
        actor=actor,
        owner=Owner(CASE, str(case.pk)),
        kind="case",
        name=case.name,
        name_en=case.name_en,
        term=Term.from_dict(dict(term)),
        started_at=case.started_at,
        region_code=case.region_code,
        agency_id=None,
        party_id=case.party_id,
        ladder=ladder,
        now=now,
        start_event={"zh": "收件", "en": "received"},
    ).id


def start_task_clock(
    task: Task, *, term: Mapping[str, int], ladder: str | None, region_code: str, actor: Actor, now: datetime
) -> int:
    """The clock of whoever holds the step, from the moment it came to them."""
    return start_deadline(
        actor=actor,
        owner=Owner(TASK, str(task.pk)),
        kind="step",
        name=task.name,
        name_en=task.name_en,
        term=Term.from_dict(dict(term)),
        started_at=task.ready_at,
        region_code=region_code,
        agency_id=task.agency_id,
        party_id=task.case.party_id,
        ladder=ladder,
        now=now,
        start_event={"zh": "转入", "en": "came in"},
    ).id


def start_applicant_clock(
    case: Case,
    owner: str,
    identifier: int,
    *,
    name: str,
    name_en: str,
    term: Term,
    actor: Actor,
    now: datetime,
) -> int:
    """Until when the applicant brings or corrects something. When it is over, whoever asked for it is told."""
    return start_deadline(
        actor=actor,
        owner=Owner(owner, str(identifier)),
        kind="step",
        name=name[:200],
        name_en=name_en[:200],
        term=term,
        started_at=now,
        region_code=case.region_code,
        agency_id=None,
        party_id=case.party_id,
        ladder=lifecycle.figure("applicant", "ladder"),
        now=now,
        start_event={"zh": "告知", "en": "told"},
    ).id


def start_check_clock(
    case: Case, identifier: int, *, agency_id: int, term: Term, actor: Actor, now: datetime
) -> int:
    """Until when an agency checks whether a promise was kept."""
    return start_deadline(
        actor=actor,
        owner=Owner(COMMITMENT, str(identifier)),
        kind="step",
        name=f"核查承诺：{case.name}"[:200],
        name_en=f"Check of a commitment: {case.name_en or case.name}"[:200],
        term=term,
        started_at=now,
        region_code=case.region_code,
        agency_id=agency_id,
        party_id=case.party_id,
        ladder=lifecycle.figure("commitment", "ladder"),
        now=now,
        start_event={"zh": "承诺", "en": "promised"},
    ).id


def meet(deadline_id: int | None, *, actor: Actor, now: datetime) -> None:
    """What was due has been done."""
    if deadline_id is not None:
        meet_deadline(actor=actor, deadline_id=deadline_id, now=now)


def cancel(deadline_id: int | None, *, reason: str, actor: Actor, now: datetime) -> None:
    """It need not be done any more."""
    if deadline_id is not None:
        cancel_deadline(actor=actor, deadline_id=deadline_id, reason=reason, now=now)


def pause_for_correction(deadline_id: int | None, *, note: str, actor: Actor, now: datetime) -> None:
    """The applicant has it in hand: the clock stands still, for the reason the law gives."""
    if deadline_id is not None:
        reason = lifecycle.figure("correction", "pause_reason")
        pause_deadline(actor=actor, deadline_id=deadline_id, reason_code=reason, note=note, now=now)


def resume(deadline_id: int | None, *, actor: Actor, now: datetime) -> None:
    """It is in the officials' hands again."""
    if deadline_id is not None:
        resume_deadline(actor=actor, deadline_id=deadline_id, now=now)


def hand_over(
    deadline_id: int | None, *, agency_id: int, region_code: str, actor: Actor, now: datetime
) -> None:
    """The step clock goes with the step. It is not set back."""
    if deadline_id is not None:
        hand_over_deadline(
            actor=actor, deadline_id=deadline_id, agency_id=agency_id, region_code=region_code, now=now
        )


def views(numbers: Iterable[int | None], now: datetime) -> Mapping[int, DeadlineView]:
    """Deadlines by their number, however many in the same queries."""
    wanted = {number for number in numbers if number is not None}
    return get_deadlines(wanted, now=now) if wanted else {}


def register(owners: Mapping[str, Callable[[FiredRung], None]]) -> None:
    """Tell the clock whom to call when a rung of ours is due."""
    for kind, call in owners.items():
        register_owner(kind, on_rung=call)


__all__ = [
    "CASE",
    "COMMITMENT",
    "CORRECTION",
    "DEBT",
    "TASK",
    "DeadlineView",
    "FiredRung",
    "Term",
    "cancel",
    "hand_over",
    "meet",
    "pause_for_correction",
    "register",
    "resume",
    "start_applicant_clock",
    "start_case_clock",
    "start_check_clock",
    "start_task_clock",
    "views",
]  # fmt: skip
