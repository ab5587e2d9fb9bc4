"""What may be done with a task besides deciding it: for each, what is asked and which action it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.access.api import Actor, agencies_that_may, colleagues
from yingshang.kernel.clock.api import Term
from yingshang.kernel.flow.api import (
    CaseDetail,
    NewDebt,
    TaskView,
    accept_commitment,
    accept_with_debts,
    consult,
    delegate_task,
    earlier_steps,
    end_consultation,
    end_correction,
    reassign_task,
    reject_case,
    return_case,
    send_back,
)
from yingshang.web.design.formats import english
from yingshang.web.words import in_language

from .task_forms import (
    CommitmentForm,
    ConsultForm,
    DeficiencyForm,
    DelegateForm,
    ReasonForm,
    ReassignForm,
    ReturnForm,
    SendBackForm,
)

MakeForm = Callable[[Actor, TaskView, CaseDetail, Any], forms.Form]
Act = Callable[[Actor, TaskView, dict[str, Any], datetime], Any]


@dataclass(frozen=True, slots=True)
class Way:
    """One thing that may be done. `stays`: the actor still has the task afterwards."""

    code: str
    name: str | Promise
    icon: str
    lead: str | Promise
    done: str | Promise
    form: MakeForm
    act: Act
    stays: bool = True
    danger: bool = False

    @property
    def slug(self) -> str:
        return self.code.replace("_", "-")


def _plain(kind: type[forms.Form]) -> MakeForm:
    return lambda actor, task, case, data: kind(data)


def _term(days: int | None) -> Term | None:
    return None if days is None else Term(days, "working_days")


def _case_term(values: dict[str, Any]) -> Term:
    return Term(values["days"], "working_days")


def _earlier(actor: Actor, task: TaskView) -> list[tuple[str, str]]:
    """The steps the task can be sent back to, the last first."""
    found = earlier_steps(actor=actor, task_id=task.id)
    return [(code, in_language(name, english_name)) for code, name, english_name in reversed(found)]


def _others(task: TaskView) -> list[tuple[int, str]]:
    """Who of the agency could take the task, without who has it."""
    today = timezone.localdate()
    found = colleagues("flow.work", agency_id=task.agency_id, role=task.role, today=today)
    return [(each.user_id, each.name) for each in found if each.user_id != task.assignee_id]


def _agencies(case: CaseDetail, task: TaskView) -> list[tuple[int, str]]:
    """Agencies of the case's region and above it where somebody works on tasks, the nearest first."""
    found = agencies_that_may("flow.work", region_path=case.case.region_path, today=timezone.localdate())
    return [(each.agency_id, each.name) for each in found if each.agency_id != task.agency_id]


def _reach(actor: Actor, case: CaseDetail, task: TaskView) -> list[tuple[int, str]]:
    """Of these, those whose work the actor distributes."""
    scope = actor.scope("flow.assign")
    found = agencies_that_may("flow.work", region_path=case.case.region_path, today=timezone.localdate())
    return [
        (each.agency_id, each.name)
        for each in found
        if each.agency_id != task.agency_id
        and scope.covers("agency", agency_id=each.agency_id, region_path=each.region_path)
    ]


WAYS: dict[str, Way] = {
    each.code: each
    for each in (
        Way(
            "return",
            _("退回补正"),
            "arrow-back-up",
            _("材料不齐全或者不符合要求的，一次告知需要补正的全部内容。补正期间，办理时限暂停计算。"),
            _("已退回，申请人会收到补正通知。"),
            _plain(ReturnForm),
            lambda actor, task, values, now: return_case(
                actor=actor, task_id=task.id, what=values["what"], note_to_applicant=values["note"], now=now
            ),
        ),
        Way(
            "deficiency",
            _("容缺受理"),
            "list-check",
            _("主要材料齐全、次要材料欠缺的，可以先受理，列明欠缺的材料和补齐期限。"),
            _("已记入容缺清单，请继续办理。"),
            _plain(DeficiencyForm),
            lambda actor, task, values, now: accept_with_debts(
                actor=actor,
                task_id=task.id,
                debts=[NewDebt(name, _case_term(values)) for name in values["materials"]],
                now=now,
            ),
        ),
        Way(
            "commitment",
            _("告知承诺"),
            "file-text",
            _("申请人书面承诺符合已告知的条件的，可以不再要求提交证明，事后核查。"),
            _("已记录承诺，请继续办理。"),
            _plain(CommitmentForm),
            lambda actor, task, values, now: accept_commitment(
                actor=actor,
                task_id=task.id,
                promised=values["promised"],
                check_within=_term(values["days"]),
                reason=values["note"],
                now=now,
            ),
        ),
        Way(
            "consult",
            _("会商"),
            "message-circle",
            _("同时征求几个部门的意见；各部门答复或者期限届满后，由本环节汇总决定。"),
            _("已发起会商，各部门会收到待办。"),
            lambda actor, task, case, data: ConsultForm(data, agencies=_agencies(case, task)),
            lambda actor, task, values, now: consult(
                actor=actor,
                task_id=task.id,
                agency_ids=values["agencies"],
                question=values["question"],
                term=_case_term(values),
                now=now,
            ),
        ),
        Way(
            "end_consultation",
            _("结束会商"),
            "message-circle",
            _("不再等待还没有答复的部门；它们的意见记为逾期未答复。"),
            _("会商已结束，请作出决定。"),
            _plain(ReasonForm),
            lambda actor, task, values, now: end_consultation(
                actor=actor, task_id=task.id, reason=values["reason"], now=now
            ),
        ),
        Way(
            "end_correction",
            _("不再等待补正"),
            "player-play",
            _("补正期限届满没有补正，或者不再需要补正的，恢复计时，继续办理。"),
            _("已恢复计时，请继续办理。"),
            _plain(ReasonForm),
            lambda actor, task, values, now: end_correction(
                actor=actor, task_id=task.id, reason=values["reason"], now=now
            ),
        ),
        Way(
            "send_back",
            _("退回前面环节"),
            "rotate-2",
            _("退回已经办过的环节重新办理。办件的总时限照常计算。"),
            _("已退回前面的环节。"),
            lambda actor, task, case, data: SendBackForm(data, steps=_earlier(actor, task)),
            lambda actor, task, values, now: send_back(
                actor=actor, task_id=task.id, to_step=values["step"], reason=values["reason"], now=now
            ),
            stays=False,
        ),
        Way(
            "delegate",
            _("转交同事"),
            "user-plus",
            _("转交本机构同岗位的同事办理。时限不重新计算。"),
            _("已转交。"),
            lambda actor, task, case, data: DelegateForm(data, colleagues=_others(task)),
            lambda actor, task, values, now: delegate_task(
                actor=actor, task_id=task.id, to_user_id=values["to_user_id"], reason=values["note"], now=now
            ),
            stays=False,
        ),
        Way(
            "reassign",
            _("转派"),
            "users-group",
            _("指定由谁办理，或者转给另一个机构。时限不重新计算。"),
            _("已转派。"),
            lambda actor, task, case, data: ReassignForm(
                data,
                colleagues=_others(task),
                agencies=_reach(actor, case, task),
                of_step=task.kind == "step",
            ),
            lambda actor, task, values, now: reassign_task(
                actor=actor,
                task_id=task.id,
                to_user_id=values["to_user_id"],
                to_agency_id=values["to_agency_id"],
                later_steps=values.get("later_steps", False),
                reason=values["reason"],
                now=now,
            ),
            stays=False,
        ),
        Way(
            "reject",
            _("退件"),
            "circle-x",
            _("不属于受理范围，或者依法不予办理的，办件到此结束。申请人会看到理由。"),
            _("已退件，办件结束。"),
            _plain(ReasonForm),
            lambda actor, task, values, now: reject_case(
                actor=actor, task_id=task.id, reason=values["reason"], now=now
            ),
            stays=False,
            danger=True,
        ),
    )
}
"""By the names of the room's actions, in the order of the buttons."""


def offered(actor: Actor, task: TaskView) -> list[Way]:
    """What the actor may do with a task now."""
    return [way for code in WAYS if (way := way_of(actor, task, code)) is not None]


def way_of(actor: Actor, task: TaskView, code: str) -> Way | None:
    """One of them, or None when the actor may not, or there is nowhere to send it back to."""
    if code not in task.actions or (code == "send_back" and not _earlier(actor, task)):
        return None
    return WAYS.get(code)


def told(reason: tuple[str, str]) -> str:
    """A reason that is there in both languages, in the page's."""
    return reason[0] if english() else reason[1]
