"""The calculator for those without an account: a place, a few questions, and the list. Works without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yingshang.areas.policies.api import (
    OTHER,
    Calculation,
    CalculatorQuestion,
    calculate,
    published_items,
    question_about,
)
from yingshang.kernel.access.api import actor_from, open_to_everybody
from yingshang.kernel.parties.api import InvalidFact, value_from_text, written_text
from yingshang.kernel.reference.api import (
    COUNTRY,
    Region,
    children_of,
    code_of_path,
    find_industry,
    find_region,
    get_fact,
    place_name,
    region_path,
    suggest_industries,
    suggest_regions,
)
from yingshang.rules.policy.change import RATIO
from yingshang.rules.policy.compile import Program
from yingshang.rules.policy.population import needed_columns
from yingshang.web.api import limits
from yingshang.web.errors import message_of

from .answers import Answers, read_answers
from .rows import GROUPS, MatchRow, amount_of, match_rows
from .views import name_of

_SKIP, _BACK = "skip", "back"
_PREFECTURES = 20
_FOUND = 12


@open_to_everybody
def calculator(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """The next question, or the list when nothing is left to ask; what has been found so far below it."""
    answers = read_answers(request.GET.get("s", ""))
    if find_region(answers.region) is None:
        return _place(request)
    if actor_from(request).kind == "visitor":
        # Every item of a place is decided for each answer: nobody without an account has that done without end.
        limits.use("calculator", f"calculator:{limits.address_of(request)}", now=timezone.now())
    found = calculate(
        region=answers.region, answers=answers.known, skipped=answers.skipped, day=timezone.localdate()
    )
    if "column" in request.GET:
        return _answered(request, answers, found)
    return _page(request, answers, found)


def _answered(
    request: HttpRequest, answers: Answers, found: Calculation
) -> HttpResponse | HttpResponseRedirect:
    column = request.GET["column"]
    programs = [each.decision.program for each in found.decided if each.decision is not None]
    if request.GET.get("do") == _BACK:
        return _to(answers.one_back())
    if request.GET.get("do") == "again":
        return _to(answers.without(column))
    question = question_about(column, programs)
    if question is None or column not in _columns(programs):
        return _to(answers)
    if request.GET.get("do") == _SKIP:
        return _to(answers.with_answer(column, None))
    try:
        value = _value(question, request.GET)
    except InvalidFact as refusal:
        return _page(request, answers, found, question, message_of(refusal), _near(question, request.GET))
    return _to(answers.with_answer(column, value))


def _page(
    request: HttpRequest,
    answers: Answers,
    found: Calculation,
    question: CalculatorQuestion | None = None,
    problem: str = "",
    near: Sequence[tuple[str, str]] = (),
) -> HttpResponse:
    question = question or (None if "list" in request.GET else found.question)
    rows = match_rows(found.decided, name_of)
    state = answers.written()
    return render(
        request,
        "policies/matching/calculator.html",
        {
            "question": question,
            "options": _options(question, near) if question else [],
            "unit": _unit(question) if question else "",
            "typed": request.GET.get("value", ""),
            "problem": problem,
            "state": state,
            "place": region_path(answers.region),
            "found": found,
            "percent": 100 * found.settled // max(len(found.decided), 1),
            "groups": _groups(rows, everything=question is None),
            "sure": sum(each.decided.certain_fen or 0 for each in rows) / 100,
            "answers": [
                {
                    "column": column,
                    "name": name_of(column),
                    "text": _told(column, value),
                    "again": _address(answers.without(column)),
                }
                for column, value in answers.given.items()
            ],
            "back": _address(answers.one_back()),
            "whole": f"{reverse('policies:calculator')}?{urlencode({'s': state, 'list': 1})}",
            "on": _address(answers),
        },
        status=400 if problem else 200,
    )


def _groups(rows: list[MatchRow], *, everything: bool) -> list[dict[str, Any]]:
    """What has been found, by what it means; until the end only what is sure, so that a phone shows the question."""
    shown = GROUPS if everything else {"entitled": GROUPS["entitled"]}
    groups = []
    for group, name in shown.items():
        own = [
            {"row": each, "amount": each.amount or amount_of(each.decided)}
            for each in rows
            if each.group == group
        ]
        if own:
            groups.append({"code": group, "name": name, "rows": own, "count": len(own)})
    return groups


# --- the place --------------------------------------------------------------------------------------------------------


def _place(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """Where the enterprise is: picked from the places that have items of their own, or typed."""
    typed = (request.GET.get("region") or request.GET.get("place") or "").strip()[:60]
    problem, near = "", []
    if typed:
        near = _regions_like(typed)
        if len(near) == 1:
            return _to(Answers(region=near[0].code))
        problem = (
            _("有几个地方叫这个名字，请选择。")
            if near
            else _("没有找到这个地方。请写区县的全名，例如 道里区。")
        )
    return render(
        request,
        "policies/matching/calculator_place.html",
        {
            "places": _places(),
            "near": [(each.code, region_path(each.code)) for each in near],
            "typed": typed,
            "problem": problem,
        },
        status=400 if problem else 200,
    )


def _places() -> list[tuple[str, list[tuple[str, str]]]]:
    """The counties of every prefecture for which there is an item, by prefecture."""
    paths = {
        each.region_path[:4]
        for each in published_items(day=timezone.localdate())
        if len(each.region_path) >= 4
    }
    groups = []
    for path in sorted(paths)[:_PREFECTURES]:
        city = find_region(code_of_path(path))
        counties = children_of(city.code) if city else ()
        if city:
            groups.append((region_path(city.code), [(each.code, each.name) for each in counties or (city,)]))
    return groups


def _regions_like(text: str) -> list[Region]:
    region = find_region(text)
    if region is not None:
        return [region]
    found = [
        each for each in suggest_regions(text, _FOUND) if each.level != "township" and each.code != COUNTRY
    ]
    exact = [each for each in found if text in (each.name, place_name(each), region_path(each.code))]
    return exact or found


# --- one answer -------------------------------------------------------------------------------------------------------


def _columns(programs: Sequence[Program]) -> set[str]:
    return set(needed_columns(programs))


def _value(question: CalculatorQuestion, sent: QueryDict) -> Any:
    """An answer as portraits keep it. Raises InvalidFact, which says what to write instead."""
    text = sent.get("value", "").strip()[:200]
    match question.kind:
        case "choices":
            return [each for each in sent.getlist("value") if each in question.options]
        case "choice" if text == OTHER and "" in question.options:
            return OTHER
        case "choice" if text not in question.options or not text:
            raise _none_chosen()
        case "industry":
            industry = find_industry(text.split(" ")[0])
            named = [each for each in suggest_industries(text, _FOUND) if each.name == text]
            industry = industry or (named[0] if named else None)
            if industry is None:
                raise InvalidFact(
                    f"no industry {text!r}",
                    message_zh="没有找到这个行业。请从下面选择，或换个说法，例如 软件开发",
                    value=text,
                )
            return industry.code
        case "boolean" if not text:
            raise _none_chosen()
    return value_from_text(get_fact(question.column), text)


def _none_chosen() -> InvalidFact:
    return InvalidFact("nothing was chosen", message_zh="请选择一项；不清楚的选“不知道”")


def _near(question: CalculatorQuestion, sent: QueryDict) -> list[tuple[str, str]]:
    if question.kind != "industry":
        return []
    text = sent.get("value", "").strip()[:60]
    return [(each.code, f"{each.name} {each.code}") for each in suggest_industries(text, _FOUND)]


def _options(question: CalculatorQuestion, near: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    match question.kind:
        case "boolean":
            return [("是", _("是")), ("否", _("否"))]
        case "choice":
            return [(each, each) if each else (OTHER, _("都不是")) for each in question.options]
        case "choices":
            return [(each, each) for each in question.options]
        case _:
            return list(near)


def _unit(question: CalculatorQuestion) -> str:
    if question.unit == RATIO:
        return _("可写 3% 这样的百分数")
    return question.unit and f"（{question.unit}）"


def _told(column: str, value: Any) -> str:
    if value is None:
        return _("不知道")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return "、".join(value) or _("都没有")
    if value == OTHER:
        return _("都不是")
    industry = find_industry(str(value)) if get_fact(column).code_list == "industries" else None
    return industry.name if industry else written_text(column, str(value))


def _to(answers: Answers) -> HttpResponseRedirect:
    return redirect(_address(answers))


def _address(answers: Answers) -> str:
    address = reverse("policies:calculator")
    return f"{address}?{urlencode({'s': answers.written()})}" if answers.region else address
