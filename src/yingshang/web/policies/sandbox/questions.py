"""A question to the sandbox, read from an address or a form and written into one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from urllib.parse import urlencode

from django.http import QueryDict

from yingshang.areas.policies.api import SandboxQuestion, ScenarioView

PREFIX = "p."
LONGEST = 40


def question_from(code: str, data: QueryDict) -> SandboxQuestion:
    """What is asked; what cannot be read as a version or a day is as if it were not there."""
    number = data.get("version", "")
    figures = tuple(
        (name[len(PREFIX) :], data.get(name, "")[:LONGEST]) for name in data if name.startswith(PREFIX)
    )
    return SandboxQuestion(
        code=code,
        number=int(number) if number.isdecimal() and len(number) < 6 else 0,
        figures=tuple(sorted(figures)),
        budget=data.get("budget", "")[:LONGEST],
        day=_day(data.get("day", "")),
        fresh="fresh" in data,
    )


def pairs_of(question: SandboxQuestion) -> Iterator[tuple[str, str]]:
    """The names and values of a form that asks the same."""
    if question.number:
        yield "version", str(question.number)
    if question.day is not None:
        yield "day", question.day.isoformat()
    if question.budget.strip():
        yield "budget", question.budget
    for name, text in question.figures:
        if text.strip():
            yield f"{PREFIX}{name}", text


def address_of(question: SandboxQuestion) -> str:
    """The same as the end of an address."""
    return urlencode(list(pairs_of(question)))


def question_of(scenario: ScenarioView) -> SandboxQuestion:
    """What a scenario asked, to ask it again."""
    budget = scenario.outcome.budget
    return SandboxQuestion(
        code=scenario.code,
        number=scenario.number,
        figures=tuple((each.name, each.value) for each in scenario.parameters if each.changed),
        budget="" if budget is None else f"{budget / 100:.2f}",
        day=scenario.day,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
