"""The clocks of an appeal.

The **case clock** runs from intake, for as long as the difficulty allows; a higher difficulty is an extension in
the same unit. Dispatching, sending back, handing on and raising it change who has the clock and nothing else. It
stands still for reasons in law only, and while the enterprise has the word after a reply. Beside it run: the clock
of the **first contact**, from intake too, and one **step clock** (dispatching; the new term of one that was opened
again).
"""

from __future__ import annotations

from datetime import datetime

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import (
    DeadlineView,
    Owner,
    Term,
    cancel_deadline,
    extend_deadline,
    get_deadline,
    hand_over_deadline,
    meet_deadline,
    pause_deadline,
    resume_deadline,
    start_deadline,
)
from yingshang.kernel.reference.api import code_of_path, find_region

from .desks import PLATFORM
from .models import Appeal
from .rules import rules_of

CASE, CONTACT, STEP = "appeal", "appeal_contact", "appeal_step"
"""Owners the clock knows deadlines of appeals by."""
WORD = "awaiting_word"
"""Why the clock stands still after a reply; see the clock's `periods.yaml`."""
HIGHER = "appeal_difficulty"
"""Why a term grew with the difficulty."""
_OPEN = frozenset({"running", "paused"})


def region_code_of(path: str) -> str:
    """The division whose calendar counts: whatever is below a county has that of its county."""
    region = find_region(code_of_path(path[:6]))
    return region.code if region else "000000"


def start_clocks(appeal: Appeal, *, now: datetime) -> None:
    """Begin the case clock and that of the first contact, both from intake, and that of dispatching; noted on the
    appeal, which is not saved.
    """
    rules = rules_of(appeal.region_path)
    term = rules.term_of(appeal.term_difficulty)
    case = _start(appeal, CASE, "case", "诉求办理", "Appeal", term, rules.ladder, appeal.submitted_at, now)
    appeal.deadline_id, appeal.due_on = case.id, case.due_on
    _start_contact(appeal, now=now)
    start_step(appeal, "派单", "Dispatching", rules.dispatch, now=now)


def set_urgency(appeal: Appeal, urgency: str, *, now: datetime) -> None:
    """Another urgency has another time for the first contact, counted from intake as the first was."""
    if urgency == appeal.urgency:
        return
    appeal.urgency = urgency
    if appeal.contact_deadline_id is not None and appeal.contacted_at is None:
        cancel_deadline(
            actor=PLATFORM, deadline_id=appeal.contact_deadline_id, reason="紧急程度变更", now=now
        )
        _start_contact(appeal, now=now)


def _start_contact(appeal: Appeal, *, now: datetime) -> None:
    if appeal.contacted_at is not None:
        return
    rules = rules_of(appeal.region_path)
    contact = rules.urgencies[appeal.urgency].term
    assert contact is not None
    first = _start(
        appeal,
        CONTACT,
        "step",
        "首次联系",
        "First contact",
        contact,
        rules.step_ladder,
        appeal.submitted_at,
        now,
    )
    appeal.contact_deadline_id, appeal.contact_due_at = first.id, first.due_at


def start_step(appeal: Appeal, name: str, name_en: str, term: Term, *, now: datetime) -> DeadlineView:
    """Begin the step clock, in place of one that runs; noted on the appeal, which is not saved."""
    end_step(appeal, now=now)
    ladder = rules_of(appeal.region_path).step_ladder
    view = _start(appeal, STEP, "step", name, name_en, term, ladder, now, now)
    appeal.step_deadline_id = view.id
    return view


def open_again(appeal: Appeal, *, now: datetime) -> None:
    """The new term of one that was closed: a clock of its own, since the case clock is over and stays as it ended."""
    rules = rules_of(appeal.region_path)
    view = _start(
        appeal, STEP, "step", "重开办理", "Opened again", rules.reopened, rules.step_ladder, now, now
    )
    appeal.reopened_deadline_id, appeal.due_on = view.id, view.due_on


def end_step(appeal: Appeal, *, now: datetime) -> None:
    """What the step clock was for has been done."""
    if appeal.step_deadline_id is not None:
        _meet(appeal.step_deadline_id, now)
        appeal.step_deadline_id = None


def raise_difficulty(appeal: Appeal, difficulty: str, *, actor: Actor, note: str, now: datetime) -> None:
    """A difficulty higher than it ever had: the term grows by the days between, counted in one go from intake. A lower
    one changes no date, and one it had before brings no more days: what was promised stays promised, once.

    Raises AlreadyLate of the clock.
    """
    rules = rules_of(appeal.region_path)
    term = rules.term_of(difficulty)
    more = term.amount - rules.term_of(appeal.term_difficulty).amount
    appeal.difficulty = difficulty
    if more > 0 and appeal.deadline_id is not None:
        case = extend_deadline(
            actor=actor,
            deadline_id=appeal.deadline_id,
            term=Term(more, term.unit),
            reason_code=HIGHER,
            note=note,
            now=now,
        )
        appeal.term_difficulty, appeal.due_on = difficulty, case.due_on


def hand_over(appeal: Appeal, *, agency_id: int, now: datetime) -> None:
    """Another agency has the clocks from now on."""
    for number in (appeal.deadline_id, appeal.contact_deadline_id, appeal.reopened_deadline_id):
        if number is not None and get_deadline(number).state in _OPEN:
            hand_over_deadline(
                actor=PLATFORM,
                deadline_id=number,
                agency_id=agency_id,
                region_code=region_code_of(appeal.region_path),
                now=now,
            )


def contacted(appeal: Appeal, *, now: datetime) -> None:
    """Somebody has spoken with who said it."""
    if appeal.contact_deadline_id is not None:
        _meet(appeal.contact_deadline_id, now)


def extend(
    appeal: Appeal, days: int, *, actor: Actor, reason_code: str, note: str, now: datetime
) -> DeadlineView:
    """Lengthen the case clock by working days. Raises AlreadyLate, UnknownReason of the clock."""
    number = _in_state(appeal, "running") or appeal.deadline_id
    assert number is not None
    case = extend_deadline(
        actor=actor,
        deadline_id=number,
        term=Term(days, "working_days"),
        reason_code=reason_code,
        note=note,
        now=now,
    )
    appeal.due_on = case.due_on
    return case


def pause(appeal: Appeal, *, actor: Actor, reason_code: str, note: str, now: datetime) -> None:
    """Let the clock stand still that answering is measured by. One that was late stays late."""
    running = _in_state(appeal, "running")
    if running is not None:
        view = pause_deadline(actor=actor, deadline_id=running, reason_code=reason_code, note=note, now=now)
        appeal.late = appeal.late or view.late


def resume(appeal: Appeal, *, actor: Actor, now: datetime) -> None:
    """Let it go on."""
    paused = _in_state(appeal, "paused")
    if paused is not None:
        appeal.due_on = resume_deadline(actor=actor, deadline_id=paused, now=now).due_on


def _in_state(appeal: Appeal, state: str) -> int | None:
    """The case clock, or that of one that was opened again."""
    for number in (appeal.deadline_id, appeal.reopened_deadline_id):
        if number is not None and get_deadline(number).state == state:
            return number
    return None


def end(appeal: Appeal, *, met: bool, reason: str = "", now: datetime) -> None:
    """Nothing is to be done any more: what was promised is met, or the clocks are called off."""
    end_step(appeal, now=now)
    for number in (appeal.deadline_id, appeal.contact_deadline_id, appeal.reopened_deadline_id):
        if number is None:
            continue
        view = get_deadline(number, now=now)
        appeal.late = appeal.late or (number != appeal.contact_deadline_id and view.late)
        if view.state not in _OPEN:
            continue
        if met:
            meet_deadline(actor=PLATFORM, deadline_id=number, now=now)
        else:
            cancel_deadline(actor=PLATFORM, deadline_id=number, reason=reason or appeal.number, now=now)


def _meet(number: int, now: datetime) -> None:
    if get_deadline(number).state in _OPEN:
        meet_deadline(actor=PLATFORM, deadline_id=number, now=now)


def _start(
    appeal: Appeal,
    owner: str,
    kind: str,
    name: str,
    name_en: str,
    term: Term,
    ladder: str,
    started_at: datetime,
    now: datetime,
) -> DeadlineView:
    return start_deadline(
        actor=PLATFORM,
        owner=Owner(owner, str(appeal.pk)),
        kind="case" if kind == "case" else "step",
        name=f"{name}：{appeal.title}"[:120],
        name_en=f"{name_en}: {appeal.number}",
        term=term,
        started_at=started_at,
        region_code=region_code_of(appeal.region_path),
        agency_id=appeal.agency_id or appeal.desk_id,
        # The list of deadlines of an enterprise would tell who said it.
        party_id=None if appeal.anonymous else appeal.party_id,
        ladder=ladder,
        now=now,
        start_event={"zh": "提交", "en": "submitted"},
    )
