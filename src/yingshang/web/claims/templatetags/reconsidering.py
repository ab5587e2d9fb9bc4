"""`{% load reconsidering %}`: states of reconsiderations and promises, and what a page of a claim shows of them."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from yingshang.areas.claims.api import (
    Askable,
    ClaimDetail,
    PromiseView,
    ReconsiderationView,
    askable,
    promise_states,
    promises_of_claim,
    reconsideration_states,
    reconsiderations,
)
from yingshang.kernel.access.api import actor_from
from yingshang.web.words import in_language

register = template.Library()


@register.simple_tag
def reconsideration_state(state: str) -> SafeString:
    """The state of a reconsideration as a coloured word."""
    return format_html(
        '<span class="tag {}">{}</span>', reconsideration_states()[state][2], state_name(state)
    )


@register.simple_tag
def promise_state(state: str) -> SafeString:
    """The state of a promise as a coloured word."""
    name, name_en, tone = promise_states()[state]
    return format_html('<span class="tag {}">{}</span>', tone, in_language(name, name_en))


@register.simple_tag(takes_context=True)
def asked_of(context: dict[str, Any], claim: ClaimDetail) -> tuple[ReconsiderationView, ...]:
    """The reconsiderations of a claim that was decided."""
    if claim.decided_at is None and claim.summary.ended_at is None:
        return ()
    actor = actor_from(context["request"])
    return reconsiderations(actor=actor, now=timezone.now(), claim_id=claim.summary.id).rows


@register.simple_tag(takes_context=True)
def askable_of(context: dict[str, Any], claim: ClaimDetail) -> Askable | None:
    """Whether reconsideration can be asked for: looked at only where there is a refusal, or a lower award."""
    summary = claim.summary
    lower = (
        summary.award_fen is not None
        and summary.expected_fen is not None
        and summary.award_fen < summary.expected_fen
    )
    if summary.state not in {"refused", "unranked"} and not lower:
        return None
    found = askable(actor=actor_from(context["request"]), claim_id=summary.id, now=timezone.now())
    return found if found is not None and not found.asked else None


@register.simple_tag(takes_context=True)
def promised_with(context: dict[str, Any], claim: ClaimDetail) -> tuple[PromiseView, ...]:
    """What was promised with a claim that was handed in."""
    if not any(each.origin == "promised" for each in claim.materials):
        return ()
    return promises_of_claim(
        actor=actor_from(context["request"]), claim_id=claim.summary.id, now=timezone.now()
    )


def state_name(state: str) -> str:
    """复核中 for `open`."""
    name, name_en, _ = reconsideration_states()[state]
    return in_language(name, name_en)
