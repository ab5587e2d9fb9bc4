"""Words of ratings on the screen: those of the rules, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.kernel.ratings.api import follow_up_states, rated_kind, rating_levels
from yingshang.web.words import in_language

APPEAL_KINDS = {"malicious": gettext_lazy("恶意评价"), "mistaken": gettext_lazy("误评")}
APPEAL_STATES = {
    "open": gettext_lazy("待处理"),
    "upheld": gettext_lazy("申诉成立，不计入统计"),
    "rejected": gettext_lazy("申诉不成立"),
    "over": gettext_lazy("评价已改，申诉终止"),
}


def kind_name(kind: str) -> str:
    """兑现申请 for claim."""
    found = rated_kind(kind)
    return in_language(found.name, found.name_en)


def level_name(level: int) -> str:
    """满意 for 4."""
    found = rating_levels()[level]
    return in_language(found.name, found.name_en)


def step_name(kind: str, step: str) -> str:
    """资金拨付 for pay."""
    found = rated_kind(kind).rules.steps.get(step)
    return in_language(found.name, found.name_en) if found else step


def reason_names(kind: str, reasons: tuple[str, ...]) -> str:
    """Ticked reasons in one line."""
    rules = rated_kind(kind).rules.reasons
    return in_language("、", ", ").join(
        in_language(rules[code].name, rules[code].name_en) for code in reasons if code in rules
    )


def question_name(kind: str, question: str) -> str:
    """问题是否解决 for solved."""
    found = rated_kind(kind).rules.questions.get(question)
    return in_language(found.name, found.name_en) if found else question


def answers_named(kind: str, answers: Mapping[str, bool]) -> list[tuple[str, str]]:
    """(question, 是 or 否) of what was answered, in the order of the rules."""
    return [
        (question_name(kind, code), _("是") if answers[code] else _("否"))
        for code in rated_kind(kind).rules.questions
        if code in answers
    ]


def follow_up_name(state: str) -> str:
    """The state of a follow-up."""
    name, name_en, *_rest = follow_up_states()[state]
    return in_language(name, name_en)
