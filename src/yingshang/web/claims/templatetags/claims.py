"""`{% load claims %}`: amounts in fen, and the words of states and modes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from yingshang.areas.claims.api import ClaimDetail, claim_states, filled_form
from yingshang.kernel.access.api import actor_from
from yingshang.web.design import formats

from ..words import MODES

register = template.Library()


@register.filter
def fen(value: Any) -> str:
    """Fen as money; a dash for what is not known."""
    return "—" if value is None else formats.money(Decimal(value) / 100)


@register.filter
def mode_name(value: str) -> str:
    """免申即享 for `automatic`."""
    return str(MODES.get(value, value))


@register.simple_tag
def claim_state(state: str) -> SafeString:
    """The state of a claim as a coloured word."""
    name, name_en, tone, _ = claim_states()[state]
    english = (get_language() or "").startswith("en")
    return format_html('<span class="tag {}">{}</span>', tone, name_en if english else name)


@register.inclusion_tag("claims/reviewing/filled_form.html", takes_context=True)
def claim_form(context: Any, claim: ClaimDetail) -> dict[str, Any]:
    """What was filled in for a claim, personal values masked; nothing where no form was."""
    return form_of(context, claim.summary.id) if claim.submission_id else {"filled": None}


@register.inclusion_tag("claims/reviewing/filled_form.html", takes_context=True)
def form_of(context: Any, claim_id: int) -> dict[str, Any]:
    """The same by the number of the claim, also for experts who score it."""
    request = context.get("request")
    if request is None:
        return {"filled": None}
    language = get_language() or "zh-hans"
    return {"filled": filled_form(actor=actor_from(request), claim_id=claim_id, language=language)}
