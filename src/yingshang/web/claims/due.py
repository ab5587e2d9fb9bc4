"""What of claims is due beside the tasks of their cases, for the first page of the workbench."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.areas.claims.api import (
    AppointmentView,
    appointments_on,
    batches,
    difference_name,
    differences,
    field_checks,
    own_scorings,
    promises,
    publicity_objections,
    reconsiderations,
    trips,
    unnoted_appointments,
)
from yingshang.kernel.access.api import Actor
from yingshang.web.desk.due import LIMIT, Delivered, DueItem, Provider, register
from yingshang.web.words import in_language

from .oversight.trips import named
from .templatetags.claims import fen

PROMISES_WITHIN = timedelta(days=7)


def scores(actor: Actor, now: datetime) -> Delivered:
    """Panels an expert was drawn for and has not scored."""
    return _all(
        DueItem(
            kind="claim_scores",
            title=_("专家评分：%(item)s") % {"item": each.item_name},
            url=reverse("claims_desk:my-scoring", args=[each.panel_id]),
            since=timezone.localdate(now),
            due_on=each.due_on,
            detail=f"{each.number}　{each.done} / {each.claims}",
        )
        for each in own_scorings(actor=actor, now=now)
        if each.state == "invited"
    )


def visits(actor: Actor, now: datetime) -> Delivered:
    """Who comes to the window today; and earlier appointments of which nobody has said what became of them."""
    today = timezone.localdate(now)
    coming = [each for each in appointments_on(actor=actor, day=today) if each.state == "booked"]
    left = unnoted_appointments(actor=actor, day=today)
    return _all(_visit(each) for each in [*left, *coming] if each.claim_state == "appointed")


def _visit(each: AppointmentView) -> DueItem:
    return DueItem(
        kind="claim_visit",
        # Of one day those that come first stand first.
        title=_("%(time)s 窗口预约：%(enterprise)s")
        % {"time": f"{timezone.localtime(each.starts_at):%H:%M}", "enterprise": each.party_name},
        url=reverse("claims_desk:visit", args=[each.id]),
        since=timezone.localdate(each.starts_at),
        due_on=timezone.localdate(each.starts_at),
        detail=f"{each.item_name}　{each.window_name}",
    )


def checks_on_site(actor: Actor, now: datetime) -> Delivered:
    """Visits that were given to this official."""
    return _all(
        DueItem(
            kind="claim_field_check",
            title=_("实地核查：%(enterprise)s") % {"enterprise": each.party_name},
            url=reverse("claims_desk:field-check", args=[each.id]),
            since=timezone.localdate(each.ordered_at),
            due_on=each.due_on,
            detail=each.item_name,
        )
        for each in field_checks(actor=actor, mine=True, state="ordered", now=now)
    )


def stopped(actor: Actor, now: datetime) -> Delivered:
    """What the circuit breaker has stopped and nobody has decided on. No rule sets a deadline for it."""
    found = trips(actor=actor, state="open", limit=LIMIT)
    rows = named(found.rows)
    return Delivered(
        [
            DueItem(
                kind="claim_trip",
                title=_("监督熔断：%(what)s") % {"what": each.of},
                url=reverse("claims_desk:trip", args=[each.id]),
                since=timezone.localdate(each.tripped_at),
                detail=in_language(each.rule_name, each.rule_name_en),
            )
            for each in rows
        ],
        found.total,
    )


def asked_again(actor: Actor, now: datetime) -> Delivered:
    """Reconsiderations this official may decide: those they had no hand in."""
    return _all(
        DueItem(
            kind="claim_reconsideration",
            title=_("兑现复核：%(enterprise)s") % {"enterprise": each.party_name},
            url=reverse("claims_desk:reconsideration", args=[each.id]),
            since=timezone.localdate(each.asked_at),
            due_on=each.due_on,
            detail=each.item_name,
            agency_name=each.agency_name,
        )
        for each in reconsiderations(actor=actor, now=now, state="open", limit=LIMIT).rows
        if each.may_decide
    )


def promised(actor: Actor, now: datetime) -> Delivered:
    """Promises to be checked that are overdue, or due within a week."""
    soon = timezone.localdate(now) + PROMISES_WITHIN
    return _all(
        DueItem(
            kind="claim_promise",
            title=_("承诺核查：%(material)s") % {"material": each.name},
            url=reverse("claims_desk:promise", args=[each.id]),
            since=timezone.localdate(each.made_at),
            due_on=each.due_on,
            detail=each.party_name,
            agency_name=each.agency_name,
        )
        for each in promises(actor=actor, now=now, state="open", limit=LIMIT).rows
        if each.due_on and each.due_on <= soon
    )


def objections(actor: Actor, now: datetime) -> Delivered:
    """Objections to awards before the public: each holds its award."""
    found = publicity_objections(actor=actor, state="open", limit=LIMIT)
    return Delivered(
        [
            DueItem(
                kind="claim_objection",
                title=_("公示异议：%(enterprise)s") % {"enterprise": each.enterprise},
                url=reverse("claims_desk:publicity-objection", args=[each.id]),
                since=timezone.localdate(each.given_at),
                due_on=each.closes_on,
                detail=each.item_name,
            )
            for each in found.rows
        ],
        found.total,
    )


def to_check(actor: Actor, now: datetime) -> Delivered:
    """Payment batches that wait for their second person."""
    found = batches(actor=actor, state="prepared", limit=LIMIT)
    return Delivered(
        [
            DueItem(
                kind="claim_batch",
                title=_("待复核的拨付批次：%(fund)s") % {"fund": each.fund_name},
                url=reverse("claims_desk:batch", args=[each.id]),
                since=timezone.localdate(each.made_at),
                due_on=each.execute_on,
                detail=f"{each.message_id}　{fen(each.amount_fen)}",
            )
            for each in found.rows
        ],
        found.total,
    )


def unexplained(actor: Actor, now: datetime) -> Delivered:
    """What bank and books do not agree on. No rule sets a deadline for it."""
    found = differences(actor=actor, explained=False, limit=LIMIT)
    return Delivered(
        [
            DueItem(
                kind="claim_difference",
                title=_("对账差异：%(kind)s") % {"kind": in_language(*difference_name(each.kind))},
                url=reverse("claims_desk:difference", args=[each.id]),
                since=each.day,
                detail=each.key,
            )
            for each in found.rows
        ],
        found.total,
    )


def _all(items: Iterable[DueItem]) -> Delivered:
    found = list(items)
    return Delivered(found[:LIMIT], len(found))


Load = Callable[[Actor, datetime], Delivered]
PROVIDERS: tuple[tuple[str, Promise | str, str, Load], ...] = (
    ("claim_scores", gettext_lazy("专家评分"), "claims.score", scores),
    ("claim_visit", gettext_lazy("窗口预约"), "claims.review", visits),
    ("claim_field_check", gettext_lazy("实地核查"), "claims.review", checks_on_site),
    ("claim_trip", gettext_lazy("监督熔断"), "claims.release", stopped),
    ("claim_reconsideration", gettext_lazy("兑现复核"), "claims.reconsider", asked_again),
    ("claim_promise", gettext_lazy("承诺核查"), "claims.review", promised),
    ("claim_objection", gettext_lazy("公示异议"), "claims.review", objections),
    ("claim_batch", gettext_lazy("拨付批次复核"), "claims.check_payments", to_check),
    ("claim_difference", gettext_lazy("对账差异"), "claims.reconcile", unexplained),
)

for _kind, _name, _permission, _load in PROVIDERS:
    register(Provider(_kind, _name, (_permission,), _load))
