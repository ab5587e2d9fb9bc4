"""The sandbox: what an item with other figures would come to, and what was tried."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status
from pydantic import ConfigDict

from yingshang.areas.policies.api import (
    InvalidScenario,
    SandboxOutcome,
    SandboxQuestion,
    ScenarioView,
    get_scenario,
    issue_report,
    remove_scenario,
    restore_scenario,
    sandbox_answer,
    save_scenario,
    scenarios,
)
from yingshang.kernel.access.api import actor_from, needs

router = Router(tags=["沙盘推演 · Policy sandbox"])

VIEW = "policies.view_drafts"


class SandboxSideOut(Schema):
    """One version over the enterprises. Amounts in fen: surely paid, and what it could come to."""

    entitled: int
    undecided: int
    refused: int
    errors: int
    certain: int
    possible: int
    amount_unknown: int
    amount_errors: int
    beyond_quota: int


class SandboxGroupOut(Schema):
    """One group of a breakdown, after and before."""

    key: str
    label: str
    subjects: int
    entitled: int
    undecided: int
    certain: int
    possible: int
    base_entitled: int
    base_certain: int
    base_possible: int
    gain: int
    lose: int


class SandboxMissingOut(Schema):
    """A fact that is not known of undecided enterprises; `alone` are those it would decide."""

    column: str
    name: str
    agency: str
    open: int
    alone: int


class SandboxOutcomeOut(Schema):
    """What it comes to, beside the version in force. Enterprises are not named."""

    subjects: int
    side: SandboxSideOut
    base: SandboxSideOut | None
    base_number: int | None
    gain: int
    lose: int
    up: int
    down: int
    budget: int | None
    within: str = Field(description="certainly、possibly、not，没有预算为空 · whether the budget holds")
    by: dict[str, list[SandboxGroupOut]]
    missing: list[SandboxMissingOut]


class SandboxParameterOut(Schema):
    """A figure of the item: in force on the day, and between what the page moves it."""

    name: str
    text: str
    unit: str
    value: str | None
    low: str
    high: str
    step: str
    movable: bool


class SandboxOut(Schema):
    """The answer, or how far it is: `done` of `total`; ask again then. `empty` says why there is none."""

    code: str
    version: int
    base_version: int | None
    day: date
    parameters: list[SandboxParameterOut]
    tried: dict[str, str]
    refusals: dict[str, str]
    problems: list[dict[str, Any]]
    places: list[str]
    facts_at: datetime | None
    newer: bool
    empty: str
    stage: str
    done: int
    total: int
    outcome: SandboxOutcomeOut | None


class TriedOut(Schema):
    """A figure in a scenario, in force and tried."""

    name: str
    unit: str
    present: str
    value: str


class ScenarioOut(Schema):
    """What was tried, and what it came to. `document_id` is its report, once one was made."""

    id: int
    code: str
    version: int
    name: str
    day: date
    parameters: list[TriedOut]
    places: list[str]
    facts_at: datetime
    created_at: datetime
    created_by_name: str
    document_id: int | None
    removed: bool
    outcome: SandboxOutcomeOut


class SandboxQuery(Schema):
    """What is tried."""

    version: int = Field(
        0, ge=0, le=99_999, description="版本，0 为正在编写或现行的 · 0 is the one that matters now"
    )
    day: date | None = None
    budget: str = Field("", max_length=40, description="预算（元）· budget in yuan")
    figure: list[str] = Field(
        [], max_length=100, description="参数名=数值，可重复 · name=figure, as often as there are figures"
    )
    fresh: bool = Field(False, description="改用更新的数据 · take newer facts, if there are")


class ScenarioIn(Schema):
    """What is tried, and its name."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200)
    version: int = Field(0, ge=0, le=99_999)
    day: date | None = None
    budget: str = Field("", max_length=40)
    figures: dict[str, str] = Field(default_factory=dict, max_length=100)


@router.get("/policy-items/{code}/sandbox", response=SandboxOut, summary="推演 · Try figures")
@needs(VIEW)
def try_figures(request: HttpRequest, code: str, query: Query[SandboxQuery]) -> dict[str, Any]:
    """What an item with these figures comes to over the enterprises one may see."""
    found = sandbox_answer(
        actor=actor_from(request),
        question=SandboxQuestion(
            code=code,
            number=query.version,
            figures=tuple(sorted(_figure(each) for each in query.figure)),
            budget=query.budget,
            day=query.day,
            fresh=query.fresh,
        ),
        now=timezone.now(),
    )
    setting = found.setting
    return {
        "code": setting.code,
        "version": setting.number,
        "base_version": setting.base_number,
        "day": setting.day,
        "parameters": [
            {
                "name": each.name,
                "text": each.text,
                "unit": each.unit,
                "value": None if each.value is None else f"{each.value:f}",
                "low": f"{each.low:f}",
                "high": f"{each.high:f}",
                "step": f"{each.step:f}",
                "movable": each.movable,
            }
            for each in setting.dials
        ],
        "tried": {name: f"{value:f}" for name, value in sorted(setting.figures.items())},
        "refusals": {name: words[0] for name, words in setting.refusals.items()},
        "problems": list(setting.problems),
        "places": list(found.places),
        **{name: getattr(found, name) for name in ("facts_at", "newer", "empty", "stage", "done", "total")},
        "outcome": None if found.outcome is None else _outcome(found.outcome),
    }


@router.get("/policy-items/{code}/scenarios", response=list[ScenarioOut], summary="推演方案 · Scenarios")
@needs(VIEW)
def list_scenarios(request: HttpRequest, code: str) -> list[dict[str, Any]]:
    """What was tried of an item, newest first, at most 200."""
    return [_scenario(each) for each in scenarios(actor=actor_from(request), code=code)]


@router.post(
    "/policy-items/{code}/scenarios", response={201: ScenarioOut}, summary="保存方案 · Keep a scenario"
)
@needs(VIEW)
def keep_scenario(request: HttpRequest, code: str, wanted: ScenarioIn) -> Status[dict[str, Any]]:
    """Compute and keep; it may take a minute the first time."""
    actor = actor_from(request)
    question = SandboxQuestion(
        code=code,
        number=wanted.version,
        figures=tuple(sorted(wanted.figures.items())),
        budget=wanted.budget,
        day=wanted.day,
    )
    number = save_scenario(actor=actor, question=question, name=wanted.name, now=timezone.now())
    return Status(201, _scenario(get_scenario(actor=actor, scenario_id=number)))


@router.get("/policy-scenarios/{int:scenario_id}", response=ScenarioOut, summary="一个方案 · One scenario")
@needs(VIEW)
def get_one_scenario(request: HttpRequest, scenario_id: int) -> dict[str, Any]:
    """A scenario, removed ones too."""
    return _scenario(get_scenario(actor=actor_from(request), scenario_id=scenario_id))


@router.post(
    "/policy-scenarios/{int:scenario_id}/remove", response=ScenarioOut, summary="删除方案 · Remove it"
)
@needs(VIEW)
def remove_one_scenario(request: HttpRequest, scenario_id: int) -> dict[str, Any]:
    """Take a scenario off the lists; for who made it, and who writes the item."""
    actor = actor_from(request)
    remove_scenario(actor=actor, scenario_id=scenario_id, now=timezone.now())
    return _scenario(get_scenario(actor=actor, scenario_id=scenario_id))


@router.post(
    "/policy-scenarios/{int:scenario_id}/restore", response=ScenarioOut, summary="恢复方案 · Bring it back"
)
@needs(VIEW)
def restore_one_scenario(request: HttpRequest, scenario_id: int) -> dict[str, Any]:
    """Bring a removed scenario back."""
    actor = actor_from(request)
    restore_scenario(actor=actor, scenario_id=scenario_id, now=timezone.now())
    return _scenario(get_scenario(actor=actor, scenario_id=scenario_id))


@router.post(
    "/policy-scenarios/{int:scenario_id}/report", response=ScenarioOut, summary="推演报告 · Its report"
)
@needs(VIEW)
def report_one_scenario(request: HttpRequest, scenario_id: int) -> dict[str, Any]:
    """Make the report for the decision file; made once."""
    actor = actor_from(request)
    issue_report(actor=actor, scenario_id=scenario_id, now=timezone.now())
    return _scenario(get_scenario(actor=actor, scenario_id=scenario_id))


def _figure(text: str) -> tuple[str, str]:
    name, between, value = text.partition("=")
    if not between or not name:
        raise InvalidScenario(
            f"{text[:60]!r}: write figure=name=number",
            message_zh="参数应写成 figure=参数名=数值",
            field="figure",
        )
    return name, value[:40]


def _scenario(found: ScenarioView) -> dict[str, Any]:
    names = (
        "id",
        "code",
        "name",
        "day",
        "facts_at",
        "created_at",
        "created_by_name",
        "document_id",
        "removed",
    )
    return {
        **{name: getattr(found, name) for name in names},
        "version": found.number,
        "parameters": found.parameters,
        "places": list(found.places),
        "outcome": _outcome(found.outcome),
    }


def _outcome(found: SandboxOutcome) -> dict[str, Any]:
    told = found.as_dict()
    return {name: told[name] for name in SandboxOutcomeOut.model_fields}
