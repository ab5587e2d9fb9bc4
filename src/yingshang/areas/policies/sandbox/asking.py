"""What may be tried with an item, and what it comes to, within what the asker may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from yingshang.kernel.access.api import Actor, Scope
from yingshang.kernel.parties.api import PartySummary, parties_by_code, snapshot_files
from yingshang.kernel.reference.api import code_of_path, get_region, policy_catalogue
from yingshang.rules.feel.temporal import Date
from yingshang.rules.policy.compile import Program, compile_items

from ..content import program_of, read_item
from ..errors import InvalidItem, InvalidScenario, ItemNotFound
from ..selectors import VIEW, get_item
from ..values import ItemDetail, VersionView
from .engine import Asked
from .memory import Memory, Subject, Told
from .numbers import dials_of_numbers, is_number, numbers_of, with_numbers
from .parameters import dials_of, figure, figures_from
from .population import Place, SnapshotGone
from .values import Answer, Outcome, Question, Setting

WAIT = 1.5
"""Seconds a page waits for the answer before it says how far it is."""

LONG_WAIT: Final = 60.0
"""Seconds somebody who saves a scenario waits for it to be computed."""

BUDGET: Final = "budget"
"""The name under which a refused budget is found among the refusals."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A question that can be asked: its setting, the program with the figures, and the versions."""

    setting: Setting
    version: VersionView
    program: Program | None
    base: Program | None
    place: Place
    places: tuple[str, ...]
    narrower: bool


@cache
def memory() -> Memory:
    """The sandbox of this process."""
    return Memory(settings.SANDBOX_MEMORY)


def sandbox_setting(*, actor: Actor, question: Question, now: datetime) -> Setting:
    """What an item lets one move, and what is wrong with it. Needs policies.view_drafts; raises ItemNotFound."""
    return prepare(actor=actor, question=question, now=now).setting


def sandbox_answer(*, actor: Actor, question: Question, now: datetime, wait: float | None = None) -> Answer:
    """What an item with these figures comes to over the enterprises the actor may see, or how far the answer is.

    Needs policies.view_drafts. Figures that cannot be used are among the refusals of the setting, an item that does not
    compile has problems; then there is no outcome. `wait` None is what a page waits. Raises ItemNotFound.
    """
    prepared = prepare(actor=actor, question=question, now=now)
    return answer_to(prepared, actor, question, WAIT if wait is None else wait)


def example_parties(*, actor: Actor, outcome: Outcome) -> dict[str, PartySummary]:
    """The enterprises among the examples of an outcome that the actor may see by name, by credit code."""
    codes = {each.code for group in (outcome.errors, outcome.gained, outcome.lost) for each in group}
    if not codes or not actor.may("parties.view") or not actor.may("policies.view_matches"):
        return {}
    return parties_by_code(actor=actor, codes=codes, also="policies.view_matches")


def prepare(*, actor: Actor, question: Question, now: datetime) -> Prepared:
    """Everything but the computing."""
    detail = get_item(actor=actor, code=question.code)
    version = _version(detail, question.number)
    base = next((each for each in detail.versions if each.state == "published"), None)
    day = question.day or _day(version, timezone.localdate(now))
    place, narrower = _place(actor.require(VIEW), detail.summary.region_path)
    plain, problems = _compiled(version.source, day)
    dials = dials_of(plain) if plain is not None else ()
    written = dials_of_numbers(numbers_of(version.source)) if plain is not None else ()
    typed = {name: text for name, text in question.figures if text.strip()}
    refusals: dict[str, tuple[str, str]] = {}
    figures: dict[str, Decimal] = {}
    for dial in (*dials, *written):
        try:
            figures |= figures_from((dial,), typed)
        except InvalidScenario as error:
            refusals[dial.name] = (error.message_zh, error.message)
    own = None if plain is None or plain.budget is None else int(plain.budget * 100)
    budget = own
    if question.budget.strip():
        try:
            budget = _budget(question.budget)
        except InvalidScenario as error:
            refusals[BUDGET] = (error.message_zh, error.message)
    program = plain
    if plain is not None and figures and not refusals:
        program, more = _compiled(version.source, day, figures)
        problems += more
    return Prepared(
        Setting(
            code=question.code,
            number=version.number,
            state=version.state,
            name=version.name,
            numbers=tuple((each.number, each.state) for each in detail.versions),
            base_number=base.number if base else None,
            day=day,
            in_force=plain is not None and plain.in_force,
            dials=dials,
            written=written,
            figures=figures,
            typed=typed,
            budget=budget,
            own_budget=own,
            pays=plain is not None and plain.benefit.amount is not None,
            region_path=detail.summary.region_path,
            agency_id=detail.summary.agency_id,
            revision=version.revision,
            open_number=detail.open.number if detail.open else None,
            refusals=refusals,
            problems=tuple(problems),
        ),
        version,
        None if refusals else program,
        _base_program(base, day),
        place,
        tuple(_names(place)),
        narrower,
    )


def answer_to(prepared: Prepared, actor: Actor, question: Question, wait: float) -> Answer:
    """The outcome of what was prepared, or why there is none yet."""
    setting = prepared.setting
    nothing = Answer(setting, None, prepared.places, prepared.narrower)
    if prepared.place.empty:
        return replace(nothing, empty="place")
    if prepared.program is None:
        return nothing
    files = snapshot_files()
    if not files:
        return replace(nothing, empty="snapshot")
    told = _ask(prepared, actor, question, wait)
    if told.outcome is not None and not told.outcome.subjects:
        nothing = replace(nothing, empty="enterprises")
        return replace(nothing, facts_at=told.facts_at, newer=told.newer)
    return replace(
        nothing,
        outcome=told.outcome,
        facts_at=told.facts_at,
        newer=told.newer,
        stage=told.stage,
        done=told.done,
        total=told.total,
    )


def _ask(prepared: Prepared, actor: Actor, question: Question, wait: float) -> Told:
    setting, program = prepared.setting, prepared.program
    assert program is not None
    subject = Subject(
        place=prepared.place,
        source=prepared.version.digest,
        base=prepared.base,
        base_number=setting.base_number if prepared.base is not None else None,
        base_digest=str(setting.base_number),
        day=setting.day,
        region_digits=_digits(prepared.place),
    )
    asked = Asked(program, tuple(sorted(setting.figures.items())), setting.budget)
    fresh = question.fresh
    for _ in range(2):
        try:
            return memory().ask(
                subject,
                asked,
                files=snapshot_files(),
                asker=f"{actor.kind} {actor.identifier}",
                fresh=fresh,
                wait=wait,
            )
        except SnapshotGone:
            fresh = True
    raise InvalidScenario(
        "the snapshot is being replaced at this moment; ask again",
        message_zh="企业数据快照正在更新，请稍候再试",
    )


# --- versions and days ------------------------------------------------------------------------------------------------


def _version(detail: ItemDetail, number: int) -> VersionView:
    """The version of this number; 0 is the one being worked on, or else the one in force, or else the last."""
    if number:
        for each in detail.versions:
            if each.number == number:
                return each
        raise ItemNotFound(
            f"{detail.summary.code} has no version {number}",
            message_zh=f"“{detail.summary.code}”没有第 {number} 版",
            value=number,
        )
    return detail.open or detail.current or detail.versions[0]


def _day(version: VersionView, today: date) -> date:
    """Today, or the nearest day on which the version is in force."""
    if version.effective_from is not None and version.effective_from > today:
        return version.effective_from
    if version.effective_to is not None and version.effective_to < today:
        return version.effective_to
    return today


def _compiled(
    source: str, day: date, figures: dict[str, Decimal] | None = None
) -> tuple[Program | None, list[dict[str, Any]]]:
    """The program of a source with other figures; or what is wrong with it."""
    try:
        if not figures:
            return program_of(source, day), []
        item = read_item(source)
    except InvalidItem as error:
        return None, list(error.details["problems"])
    parameters = {name: value for name, value in figures.items() if not is_number(name)}
    asked = with_numbers(item, figures)
    compiled = compile_items([asked], policy_catalogue(), Date(day.year, day.month, day.day), parameters)
    if compiled.problems:
        return None, [each.as_dict() for each in compiled.problems]
    return compiled.programs[0], []


def _base_program(base: VersionView | None, day: date) -> Program | None:
    return None if base is None else _compiled(base.source, day)[0]


def _budget(text: str) -> int:
    value = figure(text, "预算")
    if value < 0 or value * 100 % 1:
        raise InvalidScenario(
            "a budget is an amount of yuan of at most two decimals, as 5000000",
            message_zh="预算应为不小于零的金额（元），最多两位小数，例如 5000000",
            field=BUDGET,
        )
    return int(value * 100)


# --- places -----------------------------------------------------------------------------------------------------------


def _place(scope: Scope, item_path: str) -> tuple[Place, bool]:
    """Where the item holds and the actor sees; whether that is less than where it holds."""
    if scope.everywhere or any(item_path.startswith(path) for path in scope.subtrees):
        return Place(subtrees=(item_path,)), False
    subtrees = tuple(sorted(path for path in scope.subtrees if path.startswith(item_path)))
    regions = tuple(sorted(path for path in scope.regions if path.startswith(item_path)))
    return Place(subtrees, regions), True


def _names(place: Place) -> Iterable[str]:
    for path in (*place.subtrees, *place.regions):
        yield get_region(code_of_path(path)).name if path else "全国"


def _digits(place: Place) -> int:
    """The divisions that lie right below the place."""
    shortest = min((len(path) for path in (*place.subtrees, *place.regions)), default=0)
    return next((length for length in (2, 4, 6, 9) if length > shortest), 9)


def smallest_place(place: Place) -> str:
    """The path that all parts of a place begin with."""
    paths = (*place.subtrees, *place.regions)
    shared = paths[0] if paths else ""
    for path in paths:
        while not path.startswith(shared):
            shared = shared[:-1]
    return next((shared[:length] for length in (12, 9, 6, 4, 2) if len(shared) >= length), "")
