"""What happens to the case happens to the objection: in the same transaction, never the other way round."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.urls import reverse
from django.utils import timezone

from yingshang.kernel.access.api import agencies_that_may, officials_who_may
from yingshang.kernel.documents.api import Owner, generate
from yingshang.kernel.flow.api import CaseEvent, TaskView, case_progress
from yingshang.kernel.ledger.api import receipt_code
from yingshang.kernel.parties.api import InvalidFact, correct_fact, written_text

from .actions._steps import move, note, tell_enterprise, tell_officials
from .desks import PLATFORM
from .models import Objection
from .selectors import SUBJECT

REPLY = "objection_reply"
CORRECTED = "corrected_value"
"""The name under which the step that checks an objection leaves the right value in the data of the case."""


def follow(event: CaseEvent) -> None:
    """Called for everything that happens to the case of an objection."""
    react = _REACTIONS.get(event.kind)
    if react is not None:
        react(_row_of(event), event)


def _row_of(event: CaseEvent) -> Objection:
    rows = Objection.objects.select_for_update(of=("self",)).select_related(
        "party__merged_into", "source_agency", "service_center"
    )
    return rows.get(pk=int(event.case.subject.identifier))


_SENT_BACK = {"accept": ("accepting", "sent_to_desk"), "verify": ("verifying", "sent_to_source")}
"""Step → the state of an objection that waits there, and what has happened when it was further on before."""


def _task_ready(row: Objection, event: CaseEvent) -> None:
    task = event.task
    if task is not None:
        state, sent_back = _SENT_BACK.get(task.step, (row.state, ""))
        if row.state != state:
            move(row, sent_back, actor=event.actor, now=event.now)
        due = task.deadline.due_on if task.deadline else ""
        _tell_holders(
            row, task, event, "task_ready", {"step": task.name, "step_en": task.name_en, "due": due}
        )


def _task_completed(row: Objection, event: CaseEvent) -> None:
    match event.task.step if event.task else "", event.outcome:
        case "accept", "accepted":
            move(row, "accepted", actor=event.actor, now=event.now)
        case "verify", outcome:
            _decided(row, event, upheld=outcome == "upheld")


def _decided(row: Objection, event: CaseEvent, *, upheld: bool) -> None:
    assert event.task is not None
    # Sent back to the source after it had upheld, it may find otherwise now: what was put right is set back then.
    set_back = bool(row.upheld and row.corrected_value and not upheld)
    row.upheld, row.findings, row.corrected_value = upheld, event.task.opinion, ""
    if upheld:
        # What the source wrote down with this decision, or else what the enterprise claims; never what another step
        # has put into the case.
        row.corrected_value = str(event.data.get(CORRECTED) or "").strip()[:200] or row.claimed_value
    more = {"upheld": upheld, "case": event.case.number}
    move(row, "decided", actor=event.actor, now=event.now, reason=event.task.opinion, more=more)
    if upheld and row.corrected_value:
        _correct(row, event, row.corrected_value, f"{row.number} 异议成立，{event.actor.name}核实")
    elif set_back:
        _correct(row, event, row.held_value, f"{row.number} 重新核实异议不成立，{event.actor.name}核实")


def _correct(row: Objection, event: CaseEvent, text: str, reason: str) -> None:
    """The fact as its source now has it. A claim that is no value of the fact is left to the source's next delivery."""
    today = timezone.localdate(event.now)
    try:
        correct_fact(
            actor=PLATFORM,
            party_id=row.party_id,
            column=row.column,
            text=text,
            source=row.source,
            as_of=max(row.as_of or today, today),
            reason=reason,
            now=event.now,
        )
    except InvalidFact as refusal:
        note(
            row,
            "not_corrected",
            actor=PLATFORM,
            now=event.now,
            after_={"why": refusal.code},
            reason=refusal.message_zh or "",
        )
        row.corrected_value = ""
        row.save(update_fields=["corrected_value"])


def _returned(row: Objection, event: CaseEvent) -> None:
    row.asked_for = "\n".join([*event.what, event.note]).strip()
    move(row, "returned", actor=event.actor, now=event.now, reason=row.asked_for)
    tell_enterprise(row, "returned", now=event.now, asked_for=row.asked_for)


def _resubmitted(row: Objection, event: CaseEvent) -> None:
    move(row, "resubmitted", actor=event.actor, now=event.now)


def _correction_ended(row: Objection, event: CaseEvent) -> None:
    if row.state == "returned":
        move(row, "correction_ended", actor=event.actor, now=event.now)


def _ended(row: Objection, event: CaseEvent) -> None:
    # Sent back to the desk after the source had decided, it may still be refused.
    if row.upheld is None or row.state != "replying":
        _refused(row, event)
        return
    what = "upheld" if row.upheld else "rejected"
    row.ended_event = move(row, what, actor=event.actor, now=event.now, reason=row.findings)
    _reply(row, event)
    tell_enterprise(row, what, now=event.now, findings=row.findings)


def _refused(row: Objection, event: CaseEvent) -> None:
    row.findings = event.note or (event.task.opinion if event.task else "") or event.case.reason
    row.upheld = None
    row.ended_event = move(row, "refused", actor=event.actor, now=event.now, reason=row.findings)
    _reply(row, event)
    tell_enterprise(row, "refused", now=event.now, findings=row.findings)


def _withdrawn(row: Objection, event: CaseEvent) -> None:
    row.ended_event = move(row, "withdrawn", actor=event.actor, now=event.now, reason=event.case.reason)
    row.save(update_fields=["ended_event"])


_OUTCOMES = {
    "upheld": "异议成立",
    "rejected": "异议不成立",
    "refused": "不予受理",
}


def _reply(row: Objection, event: CaseEvent) -> None:
    """The written answer, with the code of the receipt that says when it was given."""
    assert row.ended_event is not None
    document = generate(
        actor=PLATFORM,
        template=REPLY,
        context={
            "number": row.number,
            "enterprise": row.enterprise.name,
            "credit_code": row.enterprise.credit_code or "",
            "fact": row.fact_name,
            "held_value": row.held_value or "未知",
            "source": row.source,
            "outcome": _OUTCOMES[row.state],
            "reason": row.findings,
            "corrected_value": written_text(row.column, row.corrected_value) if row.upheld else "",
            "agency": row.service_center.name,
            "date": timezone.localdate(event.now),
        },
        owner=Owner(SUBJECT, str(row.pk)),
        party_id=row.party_id,
        region_path=row.region_path,
        agency_id=row.service_center_id,
        language="zh-hans",
        receipt_code=receipt_code(row.ended_event),
        now=event.now,
    )
    row.reply_id = document.id
    row.save(update_fields=["reply_id", "ended_event"])


def _lane_handed_over(row: Objection, event: CaseEvent) -> None:
    """Another agency answers for the enterprise's side, or for the source's, from now on."""
    for lane in {"service_center", "source_agency"}.intersection(event.what):
        setattr(row, f"{lane}_id", event.case.agencies[lane])
        row.save(update_fields=[lane])


def _rung_fired(row: Objection, event: CaseEvent) -> None:
    if event.rung is None:
        return
    rung = event.rung.rung
    context = {
        "what": rung.name,
        "what_en": rung.name_en,
        "due": event.rung.deadline.due_on,
        "step": event.task.name if event.task else event.case.name,
        "step_en": event.task.name_en if event.task else event.case.name_en,
    }
    if {"holder", "agency"} & set(rung.to):
        for task in _held_up(row, event):
            _tell_holders(row, task, event, "rung", context)
    for who, permission in (("supervisor", "flow.assign"), ("leader", "cockpit.open")):
        if who in rung.to:
            link = reverse("desk:case", args=[event.case.id])
            tell_officials(row, _above(row, permission, event), "rung", link, now=event.now, **context)


def _held_up(row: Objection, event: CaseEvent) -> tuple[TaskView, ...]:
    """The task whose clock it is; for the clock of the case, those that are open."""
    if event.task is not None:
        return (event.task,)
    detail = case_progress(kind=SUBJECT, identifier=str(row.pk), now=event.now)
    return tuple(each for each in detail.tasks if each.open) if detail else ()


def _above(row: Objection, permission: str, event: CaseEvent) -> tuple[int, ...]:
    """Who holds a permission in the nearest agency, from the region of the objection upwards, where somebody does."""
    today = timezone.localdate(event.now)
    desks = agencies_that_may(permission, region_path=row.region_path, today=today)
    return officials_who_may(permission, agency_id=desks[0].agency_id, today=today) if desks else ()


def _tell_holders(
    row: Objection, task: TaskView, event: CaseEvent, template: str, context: Mapping[str, object]
) -> None:
    # Who holds it may have left since; where nobody works any more, those who distribute the work are told.
    here = officials_who_may("flow.work", agency_id=task.agency_id, today=timezone.localdate(event.now))
    users = (task.assignee_id,) if task.assignee_id in here else here or _above(row, "flow.assign", event)
    link = reverse("desk:task", args=[task.id])
    tell_officials(row, users, template, link, now=event.now, **context)


_REACTIONS: Mapping[str, Callable[[Objection, CaseEvent], None]] = {
    "task_ready": _task_ready,
    "task_completed": _task_completed,
    "returned": _returned,
    "resubmitted": _resubmitted,
    "correction_ended": _correction_ended,
    "ended": _ended,
    "rejected": _refused,
    "withdrawn": _withdrawn,
    "lane_handed_over": _lane_handed_over,
    "rung_fired": _rung_fired,
}
