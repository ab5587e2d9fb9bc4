"""What is due from the rooms of the kernel, and from the binding of enterprises."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.kernel.access.api import Actor
from yingshang.kernel.flow.api import TaskView, due_tasks, tasks
from yingshang.kernel.notices.api import campaigns_to_review
from yingshang.kernel.parties.api import (
    duplicate_candidates,
    freshness_by_source,
    imports,
)
from yingshang.processes.enterprise_binding.api import due_bindings, overseen_bindings
from yingshang.web.regions import region_of_path
from yingshang.web.words import in_language

from .due import LIMIT, Delivered, DueItem, Provider, register

REJECTS_SHOWN_FOR = timedelta(days=30)
LAPSING_WITHIN = timedelta(days=14)


def imports_with_rejects(actor: Actor, now: datetime) -> Delivered:
    """Imports of the last month with rows that somebody should look at. No rule sets a deadline for it."""
    found = imports(actor=actor, with_rejects_since=now - REJECTS_SHOWN_FOR, per_page=LIMIT)
    return Delivered(
        [
            DueItem(
                kind="import",
                title=_("%(file)s：%(count)s 行被剔除")
                % {"file": each.file_name, "count": f"{each.rejected:,}"},
                url=reverse("desk:import", args=[each.id]),
                since=timezone.localdate(each.started_at),
                detail=each.source,
            )
            for each in found.rows
        ],
        found.total,
    )


def duplicates(actor: Actor, now: datetime) -> Delivered:
    """Pairs of parties that may be one. No rule sets a deadline for it."""
    found = duplicate_candidates(actor=actor, per_page=LIMIT)
    return Delivered(
        [
            DueItem(
                kind="duplicate",
                title=_("%(one)s 与 %(other)s 可能是同一主体")
                % {"one": each.kept.name, "other": each.duplicate.name},
                url=reverse("desk:duplicate", args=[each.kept.id, each.duplicate.id]),
                since=timezone.localdate(now),
                region_code=each.kept.region_code or "",
                region_name=each.kept.region_name,
            )
            for each in found.rows
        ],
        found.total,
    )


def lapsing_sources(actor: Actor, now: datetime) -> Delivered:
    """Sources whose facts are past the time the catalogue says they keep, or will be within two weeks."""
    today = timezone.localdate(now)
    items = []
    for each in freshness_by_source(actor=actor):
        lapsing = [day for day in each.lapses if day <= today + LAPSING_WITHIN]
        if not lapsing:
            continue
        items.append(
            DueItem(
                kind="stale",
                title=_("%(source)s：%(count)d 项事实须更新，数据截至 %(day)s")
                % {"source": each.source, "count": len(lapsing), "day": each.latest},
                url=f"{reverse('administration:facts')}?agency={each.source}",
                since=each.latest,
                due_on=lapsing[0],
            )
        )
    return Delivered(items, len(items))


def binding_reviews(actor: Actor, now: datetime) -> Delivered:
    """Requests for binding that wait at the actor's desk; for those who supervise, at the desks they supervise."""
    reviewer = actor.may("access.review_bindings")
    find = due_bindings if reviewer else overseen_bindings
    rows = find(actor=actor, now=now, limit=LIMIT + 1)
    items = []
    for each in rows[:LIMIT]:
        region = region_of_path(each.region_path)
        who = each.enterprise or each.credit_code
        items.append(
            DueItem(
                kind="binding",
                title=_("%(person)s 申请绑定 %(enterprise)s") % {"person": each.requester, "enterprise": who}
                if reviewer
                else _("绑定申请：%(enterprise)s") % {"enterprise": who},
                url=reverse("desk:binding", args=[each.id])
                if reviewer
                else f"{reverse('desk:search')}?text={each.credit_code}",
                since=each.began_on,
                due_on=each.due_on,
                region_code=region.code if region else "",
                region_name=region.name if region else "",
                agency_id=each.agency_id,
                agency_name=each.agency,
            )
        )
    return Delivered(items, len(rows))


def flow_tasks(actor: Actor, now: datetime) -> Delivered:
    """Steps of cases that wait for the actor; for those who supervise, the late ones of all they supervise."""
    if actor.may("flow.work"):
        rows: tuple[TaskView, ...] = due_tasks(actor=actor, now=now, limit=LIMIT + 1)
        total = len(rows)
    else:
        page = tasks(actor=actor, now=now, late=True, per_page=LIMIT)
        rows, total = page.rows, page.total
    return Delivered([_task_item(each) for each in rows[:LIMIT]], total)


def _task_item(task: TaskView) -> DueItem:
    region = region_of_path(task.region_path)
    return DueItem(
        kind="task",
        title=_("%(step)s：%(subject)s")
        % {"step": in_language(task.name, task.name_en), "subject": task.subject.title},
        url=reverse("desk:task", args=[task.id]),
        since=timezone.localdate(task.ready_at),
        due_on=task.deadline.due_on if task.deadline else None,
        detail=" · ".join(each for each in (task.case_number, task.party_name, task.assignee_name) if each),
        region_code=region.code if region else "",
        region_name=region.name if region else "",
        agency_id=task.agency_id,
        agency_name=task.agency_name,
    )


def mass_messages(actor: Actor, now: datetime) -> Delivered:
    """Mass messages with sensitive words that wait for a second person. No rule sets a deadline for it."""
    found = campaigns_to_review(actor=actor, limit=LIMIT)
    return Delivered(
        [
            DueItem(
                kind="campaign",
                title=_("群发消息待复核：%(title)s") % {"title": each.title},
                url=reverse("desk:campaign", args=[each.id]),
                since=timezone.localdate(each.created_at),
                detail=each.created_by_name,
            )
            for each in found
        ],
        len(found),
    )


register(
    Provider("binding", gettext_lazy("绑定审核"), ("access.review_bindings", "cockpit.open"), binding_reviews)
)
register(Provider("task", gettext_lazy("办件待办"), ("flow.work", "flow.assign"), flow_tasks))
register(Provider("import", gettext_lazy("导入中剔除的行"), ("parties.import",), imports_with_rejects))
register(Provider("duplicate", gettext_lazy("重复主体"), ("parties.merge",), duplicates))
register(Provider("stale", gettext_lazy("过期的数据"), ("parties.import",), lapsing_sources))
register(Provider("campaign", gettext_lazy("群发消息复核"), ("notices.send_mass",), mass_messages))
