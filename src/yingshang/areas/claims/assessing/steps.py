"""What actions of scoring and field checks share: finding them, seats and their clocks, results, what ends early."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import (
    DeadlineView,
    FiredRung,
    Owner,
    Term,
    cancel_deadline,
    meet_deadline,
    start_deadline,
)
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.reference.api import code_of_path, find_region

from ..actions._steps import PLATFORM, tell_users
from ..errors import FieldCheckNotFound, InvalidScoring, ScoringNotFound
from ..lifecycle import FIELD_CHECK, SCORING, SEAT
from ..models import Claim, Expert, FieldCheck, PanelClaim, ScoringPanel, ScoringSeat
from .drawing import SCORE, Interests, first_of, order_of
from .rules import ScoringRules, limits, result_of, scoring_rules

SEATS, CHECKS, PHOTOS = "claim_scoring_seat", "claim_field_check", "claim_field_photo"
VIEW, REVIEW, EXPERTS = "claims.view", "claims.review", "claims.manage_experts"
SCORE_FACT = "apply.expert_score"
"""The column of the catalogue in which a result stands beside the frozen facts of its claim: what quotas rank by."""
LADDER, SAID_BY = "standard", "专家评审"


# --- finding ----------------------------------------------------------------------------------------------------------


def load_panel(actor: Actor, panel_id: int, permission: str) -> ScoringPanel:
    """A panel within the reach of an official, locked. Raises NotAllowed, ScoringNotFound."""
    scope = actor.require(permission)
    rows = ScoringPanel.objects.select_for_update(of=("self",))
    found = scope.filter(rows, region="region_path").filter(pk=panel_id).first()
    if found is None:
        raise no_scoring(panel_id)
    return found


def own_seats(actor: Actor) -> QuerySet[ScoringSeat]:
    """The seats of the expert who asks; nobody else's. Raises NotAllowed."""
    actor.require(SCORE)
    own = int(actor.identifier) if actor.kind == "user" else 0
    return ScoringSeat.objects.filter(expert__user=own)


def load_own_seat(actor: Actor, panel_id: int) -> tuple[ScoringPanel, ScoringSeat]:
    """One's own seat of a panel, both locked, the panel first. Raises NotAllowed, ScoringNotFound."""
    rows = own_seats(actor).filter(panel=panel_id)
    if not rows.exists():
        raise no_scoring(panel_id)
    panel = ScoringPanel.objects.select_for_update().get(pk=panel_id)
    return panel, rows.select_for_update(of=("self",)).select_related("expert").get()


def may_score_claim(actor: Actor, claim_id: int) -> bool:
    """Whether the claim lies before this expert to be scored: then its materials may be opened."""
    if not actor.may(SCORE):
        return False
    rows = own_seats(actor).filter(state="invited", panel__state="open")
    return rows.filter(panel__claims__claim=claim_id, panel__claims__active=True).exists()


def load_check(actor: Actor, check_id: int, permission: str = REVIEW) -> FieldCheck:
    """A field check within the reach of an official, locked. Raises NotAllowed, FieldCheckNotFound."""
    scope = actor.require(permission)
    rows = FieldCheck.objects.select_for_update(of=("self",)).select_related("claim__party__merged_into")
    found = scope.filter(rows, region="region_path").filter(pk=check_id).first()
    if found is None:
        raise FieldCheckNotFound(
            f"no field check {check_id}", message_zh="没有这次实地核查，或者您不能办理", value=check_id
        )
    return found


def no_scoring(panel_id: int) -> ScoringNotFound:
    """The refusal for a panel that is not there, or not for this actor."""
    return ScoringNotFound(
        f"no scoring {panel_id}", message_zh="没有这次专家评审，或者您不能查看", value=panel_id
    )


def note_panel(
    panel: ScoringPanel,
    what: str,
    *,
    actor: Actor,
    now: datetime,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> int:
    """The audit event `claims.<what>` about a panel. Single scores and who was drawn stay out of it."""
    return record(
        actor=actor,
        action=f"claims.{what}",
        target=Target(
            "claim_scoring",
            str(panel.pk),
            f"{panel.number} {panel.item_name}",
            region_path=panel.region_path,
            agency_id=panel.agency_id,
        ),
        now=now,
        after={"state": panel.state, **(after or {})},
        reason=reason[:400],
    )


def note_check(
    check: FieldCheck,
    what: str,
    *,
    actor: Actor,
    now: datetime,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> int:
    """The audit event `claims.<what>` about a field check."""
    claim = check.claim
    return record(
        actor=actor,
        action=f"claims.{what}",
        target=Target(
            "claim_field_check",
            str(check.pk),
            f"{check.number} {claim.number} {claim.item_name}",
            region_path=check.region_path,
            agency_id=claim.agency_id,
            party_id=claim.party_id,
        ),
        now=now,
        after={"state": check.state, **(after or {})},
        reason=reason[:400],
    )


# --- seats ------------------------------------------------------------------------------------------------------------


def rules_of(panel: ScoringPanel) -> ScoringRules:
    """The rules as they were at the draw."""
    return scoring_rules(panel.rules)


def fill_seats(panel: ScoringPanel, wanted: int, *, now: datetime) -> list[ScoringSeat]:
    """The next of the draw take seats, and are told. Raises InvalidScoring where the order does not have as many."""
    claims = [
        each.claim for each in panel.claims.filter(active=True).select_related("claim__party__merged_into")
    ]
    order = order_of(panel)
    experts = list(Expert.objects.filter(number__in=panel.pool))
    interests = Interests(claims, experts, drawer=panel.drawn_by, now=now)
    taken = set(panel.seats.values_list("expert__number", flat=True))
    chosen, passed = first_of(order, wanted, taken=taken, why_not=interests.why_not)
    if len(chosen) < wanted:
        raise InvalidScoring(
            f"only {len(chosen)} of {wanted} can be drawn; add experts to the register, or ask for fewer in the terms",
            message_zh=f"需要 {wanted} 名专家，回避后只能抽到 {len(chosen)} 名；请补充专家库，或在办理规则中减少人数",
            field="experts",
            wanted=wanted,
            found=len(chosen),
        )
    panel.excluded = {**panel.excluded, **passed}
    panel.save(update_fields=["excluded"])
    days = rules_of(panel).working_days
    seats = []
    for number in chosen:
        expert = interests.experts[number]
        seat = ScoringSeat.objects.create(
            panel=panel,
            expert=expert,
            place=order.index(number) + 1,
            due_on=timezone.localdate(now),
            due_at=now,
            invited_at=now,
        )
        deadline = _clock(
            Owner(SEATS, str(seat.pk)),
            name=f"专家评分：{panel.item_name}",
            name_en=f"Score sheet: {panel.item_name}",
            days=days,
            region_path=panel.region_path,
            agency_id=panel.agency_id,
            party_id=None,
            now=now,
        )
        seat.deadline_id, seat.due_on, seat.due_at = deadline.id, deadline.due_on, deadline.due_at
        seat.save(update_fields=["deadline_id", "due_on", "due_at"])
        tell(
            expert.user_id,
            "expert_invited",
            now=now,
            link=f"/desk/claims/my-scorings/{panel.pk}/",
            item=panel.item_name,
            number=panel.number,
            due=seat.due_on.isoformat(),
        )
        seats.append(seat)
    return seats


def end_seat(seat: ScoringSeat, event: str, *, now: datetime, reason: str = "") -> None:
    """Move a seat, and stop its clock. Raises NotPossibleNow."""
    seat.state = SEAT.after(seat.state, event)
    seat.ended_at, seat.reason = now, reason
    seat.save(update_fields=["state", "ended_at", "reason"])
    _stop(seat.deadline_id, met=event == "scored", reason=reason or "不再需要评分", now=now)


def complete_if_all_in(panel: ScoringPanel, *, now: datetime) -> dict[str, Any]:
    """Once every seat has scored every claim, each claim has its result: what the event says of it then."""
    active = list(panel.claims.filter(active=True))
    if not active or panel.seats.filter(state="invited").exists():
        return {}
    rules = rules_of(panel)
    totals: dict[int, list[Decimal]] = {each.claim_id: [] for each in active}
    sheets = panel.seats.filter(state="scored").values_list("sheets__claim", "sheets__total")
    for claim_id, total in sheets:
        if claim_id in totals and total is not None:
            totals[claim_id].append(total)
    rows = Claim.objects.select_for_update(of=("self",)).in_bulk(list(totals))
    results = {}
    for each in active:
        claim = rows[each.claim_id]
        each.result = claim.score = result_of(rules.result, totals[claim.pk])
        claim.facts = {
            **claim.facts,
            SCORE_FACT: {
                "value": str(claim.score),
                "source": SAID_BY,
                "as_of": timezone.localdate(now).isoformat(),
            },
        }
        claim.save(update_fields=["score", "facts"])
        each.save(update_fields=["result"])
        results[claim.number] = str(claim.score)
    panel.state, panel.ended_at = SCORING.after(panel.state, "completed"), now
    panel.save(update_fields=["state", "ended_at"])
    if panel.drawn_by.startswith("user:"):
        tell(
            int(panel.drawn_by.partition(":")[2]),
            "scoring_completed",
            now=now,
            link=f"/desk/claims/scorings/{panel.pk}/",
            item=panel.item_name,
            number=panel.number,
        )
    return {"results": results, "secret": panel.secret}


def drop(panel: ScoringPanel, *, now: datetime, reason: str) -> None:
    """A panel ends without a result; its claims can be drawn for anew."""
    panel.state, panel.ended_at = SCORING.after(panel.state, "dropped"), now
    panel.reason = reason[:400]
    panel.save(update_fields=["state", "ended_at", "reason"])
    panel.claims.update(active=False)
    for seat in panel.seats.select_for_update().filter(state="invited"):
        end_seat(seat, "dropped", now=now, reason=reason)


# --- what ends with the claim -----------------------------------------------------------------------------------------


def end_assessments(claim: Claim, *, now: datetime, reason: str) -> None:
    """A claim is refused or withdrawn: nobody is asked about it any more."""
    for each in PanelClaim.objects.filter(claim=claim, active=True, panel__state="open"):
        panel = ScoringPanel.objects.select_for_update().get(pk=each.panel_id)
        if panel.state != "open":
            continue
        each.active = False
        each.save(update_fields=["active"])
        if not panel.claims.filter(active=True).exists():
            drop(panel, now=now, reason=reason)
            note_panel(panel, "scoring_dropped", actor=PLATFORM, now=now, reason=reason)
            continue
        for seat in panel.seats.select_for_update().filter(state="invited"):
            score_if_done(panel, seat, now=now)
        done = complete_if_all_in(panel, now=now)
        note_panel(panel, "scoring_reduced", actor=PLATFORM, now=now, after={"without": claim.number, **done})
    for check in FieldCheck.objects.select_for_update().filter(claim=claim, state="ordered"):
        cancel(check, now=now, reason=reason)
        note_check(check, "field_check_cancelled", actor=PLATFORM, now=now, reason=reason)


def score_if_done(panel: ScoringPanel, seat: ScoringSeat, *, now: datetime) -> None:
    """A seat whose sheets are all there has scored."""
    asked = set(panel.claims.filter(active=True).values_list("claim_id", flat=True))
    if asked <= set(seat.sheets.values_list("claim_id", flat=True)):
        end_seat(seat, "scored", now=now)


def cancel(check: FieldCheck, *, now: datetime, reason: str) -> None:
    """A visit is not made. Raises NotPossibleNow."""
    check.state = FIELD_CHECK.after(check.state, "cancelled")
    check.ended_at, check.reason = now, reason[:400]
    check.save(update_fields=["state", "ended_at", "reason"])
    end_clock(check, met=False, reason=reason, now=now)


# --- clocks and messages ----------------------------------------------------------------------------------------------


def start_check_clock(check: FieldCheck, days: int, *, now: datetime) -> DeadlineView:
    """The clock of a visit."""
    return _clock(
        Owner(CHECKS, str(check.pk)),
        name=f"实地核查：{check.claim.item_name}",
        name_en=f"Field check: {check.claim.item_name}",
        days=days,
        region_path=check.region_path,
        agency_id=check.claim.agency_id,
        party_id=check.claim.party_id,
        now=now,
    )


def end_clock(check: FieldCheck, *, met: bool, reason: str, now: datetime) -> None:
    """Stop the clock of a visit."""
    _stop(check.deadline_id, met=met, reason=reason, now=now)


def on_seat_rung(rung: FiredRung) -> None:
    """The clock of a score sheet says something: the expert is told, and who drew once it is late."""
    seat = ScoringSeat.objects.select_related("panel", "expert").get(pk=int(rung.deadline.owner.identifier))
    panel, due = seat.panel, seat.due_on.isoformat()
    values = {"item": panel.item_name, "number": panel.number, "due": due}
    tell(
        seat.expert.user_id,
        "expert_invited",
        now=rung.fired_at,
        link=f"/desk/claims/my-scorings/{panel.pk}/",
        **values,
    )
    if rung.rung.action == "supervise" and panel.drawn_by.startswith("user:"):
        tell(
            int(panel.drawn_by.partition(":")[2]),
            "scoring_late",
            now=rung.fired_at,
            link=f"/desk/claims/scorings/{panel.pk}/",
            **values,
        )


def on_check_rung(rung: FiredRung) -> None:
    """The clock of a visit says something: who makes it is told."""
    tell_checker(
        FieldCheck.objects.select_related("claim__party__merged_into").get(
            pk=int(rung.deadline.owner.identifier)
        ),
        now=rung.fired_at,
    )


def tell_checker(check: FieldCheck, *, now: datetime) -> None:
    """Who makes the visit is told, or reminded."""
    tell(
        check.assigned_id,
        "field_check_ordered",
        now=now,
        link=f"/desk/claims/field-checks/{check.pk}/",
        item=check.claim.item_name,
        enterprise=check.claim.enterprise.name,
        number=check.claim.number,
        due=check.due_on.isoformat(),
    )


def tell(user_id: int, template: str, *, now: datetime, link: str, **context: str) -> None:
    """A message to one person. That they cannot be reached does not stop the action."""
    tell_users([user_id], template, context=context, link=link, now=now)


def clean(text: str, longest: int) -> str | None:
    """Words as they are kept; None where there are none, or too many."""
    text = text.strip()
    return text if 0 < len(text) <= longest else None


def longest_remark() -> int:
    """Characters of a remark or a reason."""
    return int(limits()["scoring"]["longest_remark"])


def named(claims: Iterable[Claim]) -> Sequence[str]:
    """The numbers of claims, in order."""
    return sorted(each.number for each in claims)


def _clock(
    owner: Owner,
    *,
    name: str,
    name_en: str,
    days: int,
    region_path: str,
    agency_id: int,
    party_id: int | None,
    now: datetime,
) -> DeadlineView:
    # Whatever is below a county has the calendar of its county.
    code = code_of_path(region_path[:6])
    region = find_region(code)
    return start_deadline(
        actor=PLATFORM,
        owner=owner,
        kind="step",
        name=name,
        name_en=name_en,
        term=Term(days, "working_days"),
        started_at=now,
        region_code=region.code if region else code,
        agency_id=agency_id,
        party_id=party_id,
        ladder=LADDER,
        now=now,
        start_event={"zh": "交办", "en": "given out"},
    )


def _stop(deadline_id: int | None, *, met: bool, reason: str, now: datetime) -> None:
    if deadline_id is None:
        return
    if met:
        meet_deadline(actor=PLATFORM, deadline_id=deadline_id, now=now)
    else:
        cancel_deadline(actor=PLATFORM, deadline_id=deadline_id, reason=reason[:200], now=now)
