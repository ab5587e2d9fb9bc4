"""Words of ratings on the screen: those of the rules, in the language of the page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import follow_up_states, rating_rules
from yingshang.web.words import in_language

APPEAL_KINDS = {"malicious": _("恶意评价"), "mistaken": _("误评")}
APPEAL_STATES = {"open": _("待处理"), "upheld": _("申诉成立，不计入统计"), "rejected": _("申诉不成立")}


def level_name(level: int) -> str:
    """满意 for 4."""
    found = rating_rules().levels[level]
    return in_language(found.name, found.name_en)


def step_name(step: str) -> str:
    """资金拨付 for pay."""
    found = rating_rules().steps[step]
    return in_language(found.name, found.name_en)


def reason_names(reasons: tuple[str, ...]) -> str:
    """Ticked reasons in one line."""
    rules = rating_rules().reasons
    return in_language("、", ", ").join(
        in_language(rules[code].name, rules[code].name_en) for code in reasons if code in rules
    )


def follow_up_name(state: str) -> str:
    """The state of a follow-up."""
    name, name_en, *_rest = follow_up_states()[state]
    return in_language(name, name_en)
