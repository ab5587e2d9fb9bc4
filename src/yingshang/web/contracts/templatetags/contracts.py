"""`{% load contracts %}`: states and other codes of contracts in words."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from yingshang.areas.contracts.api import Level, payment_law
from yingshang.kernel.access.api import actor_from
from yingshang.kernel.clock.api import DeadlineView
from yingshang.kernel.ledger.api import receipt_code
from yingshang.web.design import formats
from yingshang.web.design.formats import english
from yingshang.web.words import in_language

from .. import words

register = template.Library()
register.filter("region_name", words.region_name)
register.filter("receipt_code", receipt_code)
register.filter("yuan", words.yuan)
register.filter("kind_name", words.kind_name)


@register.simple_tag
def state_tag(table: str, state: str) -> SafeString:
    """The state of a contract, or of what belongs to it, as a coloured word."""
    name, tone = words.state_of(table, state)
    return format_html('<span class="tag {}">{}</span>', tone, name)


@register.filter
def in_words(code: str, table: str) -> str:
    """A code by a table of words: `{{ obligation.side|in_words:"SIDES" }}`."""
    return str(getattr(words, table).get(code, code))


@register.filter
def fen(value: Any) -> str:
    """An amount in fen, written as money."""
    return formats.money(words.yuan(value))


@register.filter
def large_fen(value: Any) -> str:
    """An amount in fen, to be read at a glance."""
    return formats.large_money(words.yuan(value))


@register.filter
def in_own_words(named: Any) -> str:
    """Something that carries its name in both languages."""
    return in_language(str(named.name), str(named.name_en))


@register.filter
def named(code: str, table: str) -> str:
    """A code by a table of the rules: `{{ obligation.kind|named:"obligation_kinds" }}`."""
    return words.named(table, code)


@register.filter
def due_reason(obligation: Any) -> str:
    """How the day of an obligation was reached, or what it waits for."""
    return in_language(str(obligation.derivation.get("zh", "")), str(obligation.derivation.get("en", "")))


@register.filter
def rate_words(obligation: Any) -> str:
    """At what rate interest runs, and by what."""
    if obligation.daily_rate is None:
        return ""
    daily = f"{(obligation.daily_rate * 100).normalize():f}%"
    source, _colon, code = obligation.rate_source.partition(":")
    law = payment_law(code)
    by = in_language(law.article("interest"), law.article_en("interest")) if law else ""
    words = {
        "law": _("每日 %(rate)s，%(law)s"),
        "agreed": _("每日 %(rate)s，按合同约定"),
        "floor": _("每日 %(rate)s，约定低于法定下限，按%(law)s"),
    }
    return words.get(source, _("每日 %(rate)s")) % {"rate": daily, "law": by}


@register.filter
def law_words(obligation: Any) -> str:
    """The law that sets the last day."""
    law = payment_law(obligation.law)
    return in_language(law.article("payment"), law.article_en("payment")) if law else ""


@register.filter
def derivation(clock: DeadlineView) -> str:
    """How a due date was reached, in one line."""
    return clock.derivation("en" if english() else "zh")


@register.filter
def level_tag(level: Level) -> SafeString:
    """A level of a portrait as a coloured word."""
    name = in_language(level.name, level.name_en)
    return format_html('<span class="tag {}">{}</span>', level.tone, name)


@register.simple_tag(takes_context=True)
def appeal_of(context: dict[str, Any], block: Any) -> str:
    """Where an official may open the appeal that stands in the way; nothing for who may see none."""
    if block.kind != "appeal" or not actor_from(context["request"]).may("appeals.view"):
        return ""
    return reverse("appeals_desk:appeal", args=[block.reference])


@register.simple_tag(takes_context=True)
def in_place(context: dict[str, Any], show: str = "none") -> SafeString:
    """What makes a button exchange the fields of its form instead of the page: files that were chosen beside them stay.
    What would be written while the answer is on its way would be lost with the fields it replaces: they rest until
    then. `show` is what is brought into sight afterwards.
    """
    return format_html(
        'hx-post="{}" hx-target="#contract-fields" hx-select="#contract-fields" hx-swap="outerHTML show:{}" '
        'hx-sync="this:drop" hx-include="closest form" hx-encoding="multipart/form-data" '
        'hx-disabled-elt="#contract-fields :is(input, select, textarea, button)"',
        context["request"].path,
        show,
    )
