"""Who was asked about a version, for how long, and what came of it: departments, associations and the public.

Departments of the platform answer in their own tasks; what others say comes by letter and is entered with the public
comments. Nothing is kept twice: this is read off the case and the comments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from django.utils import timezone

from yingshang.kernel.flow.api import CaseDetail, TaskView

from ..models import Consultation, ConsultationComment, Review
from .data import consultation_rules

STEP = "consult"
ORGANISATIONS = ("department", "association")
STANCES = {
    "agrees": ("同意", "Agrees"),
    "objects": ("不同意", "Objects"),
    "conditional": ("有条件同意", "Agrees under a condition"),
    "silent": ("期满未答复", "Did not answer in time"),
}


@dataclass(frozen=True, slots=True)
class Consulted:
    """One that was asked, or spoke up. `result` says in a word what came of it, `text` what was said; `since` and
    `until` are the period, empty while it has not begun."""

    kind: Literal["department", "association", "public"]
    name: str
    since: date | None
    until: date | None
    answered: bool
    result: str
    result_en: str
    text: str = ""
    answer: str = ""
    consultation_id: int | None = None


def consulted(review: Review, case: CaseDetail | None) -> tuple[Consulted, ...]:
    """Everybody asked in a review, departments first, then associations, then the public."""
    consultations = list(review.consultations.exclude(state="cancelled"))
    said = ConsultationComment.objects.filter(consultation__in=consultations, kind__in=ORGANISATIONS)
    comments = list(said.order_by("consultation", "number"))
    found = list(_asked(case))
    taken = {each.name for each in found}
    step = _step(case)
    for kind, names in (("department", review.departments), ("association", review.associations)):
        for name in names:
            if name not in taken:
                found.append(_named(kind, name, comments, step))
                taken.add(name)
    for each in comments:
        # Who was not named and spoke up all the same.
        if each.public_name not in taken:
            found.append(_named(each.kind, each.public_name, comments, step))
            taken.add(each.public_name)
    order = {"department": 0, "association": 1}
    found.sort(key=lambda each: order[each.kind])
    return (*found, *(_public(each) for each in consultations[:1]))


def _asked(case: CaseDetail | None) -> Iterator[Consulted]:
    """Agencies that were asked in the step, each in a task of its own."""
    tasks = {each.id: each for each in case.tasks} if case else {}
    for each in case.opinions if case else ():
        asking = tasks.get(each.asked_by_task)
        if asking is None or asking.step != STEP:
            continue
        result, result_en = STANCES.get(each.stance, ("待答复", "Not answered yet"))
        yield Consulted(
            "department",
            each.agency_name,
            timezone.localdate(each.asked_at),
            each.deadline.due_on if each.deadline else None,
            each.stance in ("agrees", "objects", "conditional"),
            result,
            result_en,
            each.text,
        )


def _step(case: CaseDetail | None) -> TaskView | None:
    steps = [each for each in case.tasks if each.step == STEP and each.kind == "step"] if case else []
    return steps[-1] if steps else None


def _named(kind: str, name: str, comments: list[ConsultationComment], step: TaskView | None) -> Consulted:
    """One named by the author: the period is that of the step, the answer what came by letter."""
    since = timezone.localdate(step.ready_at) if step else None
    ended: datetime | None = step.ended_at if step else None
    until = timezone.localdate(ended) if ended else step.deadline.due_on if step and step.deadline else None
    said = [each for each in comments if each.public_name == name]
    if not said:
        over = ended is not None
        result = ("未反馈意见", "Did not answer") if over else ("待反馈", "Not answered yet")
        return Consulted(_kind(kind), name, since, until, False, *result)
    verdicts = {each.code: (each.name, each.name_en) for each in consultation_rules().verdicts}
    words = [verdicts.get(each.verdict, ("已反馈，待答复", "Came in, not answered yet")) for each in said]
    return Consulted(
        _kind(kind),
        name,
        since,
        until,
        True,
        "、".join(dict.fromkeys(each[0] for each in words)),
        ", ".join(dict.fromkeys(each[1] for each in words)),
        "\n".join(each.public_text for each in said if each.verdict != "withheld"),
        "\n".join(each.answer for each in said if each.answer),
        said[0].consultation_id,
    )


def _kind(kind: str) -> Literal["department", "association"]:
    return "association" if kind == "association" else "department"


def _public(row: Consultation) -> Consulted:
    total = row.comments.count()
    if row.state == "concluded":
        result = (f"共收到 {total} 条意见，已公布采纳情况", f"{total} comments, answered and published")
    else:
        result = (f"已收到 {total} 条意见", f"{total} comments so far")
    return Consulted(
        "public",
        "社会公众",
        timezone.localdate(row.opened_at),
        row.closes_on,
        row.state == "concluded",
        *result,
        row.summary,
        "",
        row.pk,
    )
