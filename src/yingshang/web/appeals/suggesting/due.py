"""On the home of the workbench: suggestions one owes an answer, and objections to records that wait to be decided."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.areas.appeals.api import performance_records, suggestions
from yingshang.kernel.access.api import Actor
from yingshang.web.desk.due import LIMIT, Delivered, DueItem, Provider, register


def owed_answers(actor: Actor, now: datetime) -> Delivered:
    """Suggestions to one's own agency that wait for its answer."""
    found = suggestions(actor=actor, state="sent", mine=True, limit=LIMIT)
    items = [
        DueItem(
            kind="policy_suggestion",
            title=_("答复政策建议：%(title)s") % {"title": each.title},
            url=reverse("appeals_desk:suggestion", args=[each.id]),
            since=timezone.localdate(each.made_at),
            due_on=each.due_on,
            agency_name=each.agency_name,
        )
        for each in found.rows
    ]
    return Delivered(items, found.total)


def open_objections(actor: Actor, now: datetime) -> Delivered:
    """Records with objections one may have to decide on."""
    found = performance_records(actor=actor, objected=True, limit=LIMIT)
    items = [
        DueItem(
            kind="record_objection",
            title=_("考核异议：%(agency)s %(month)s")
            % {"agency": each.agency_name, "month": f"{each.month:%Y-%m}"},
            url=reverse("appeals_desk:record", args=[each.id]),
            since=timezone.localdate(each.frozen_at),
            agency_id=each.agency_id,
            agency_name=each.agency_name,
        )
        for each in found.rows
    ]
    return Delivered(items, found.total)


def register_due() -> None:
    """Called when Django starts."""
    answers, decides = "appeals.answer_suggestions", "appeals.supervise"
    register(Provider("policy_suggestion", gettext_lazy("政策建议"), (answers,), owed_answers))
    register(Provider("record_objection", gettext_lazy("考核异议"), (decides,), open_objections))
