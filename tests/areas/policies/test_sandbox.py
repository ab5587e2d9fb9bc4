"""The sandbox: counts, costs, who gains and loses, against the budget; within scope, and whatever is typed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.areas.policies.factories import author, hiring, written_item
from tests.areas.policies.sandbox_factories import (
    RATIO,
    asked,
    city,
    draft_against_what_is_in_force,
    enterprises,
    never_published,
    snapshot,
    tunable,
)
from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    HEILONGJIANG,
    NANGANG,
    NOW,
    QIQIHAR,
    SYSTEM,
    arranged,
    no_event,
    official,
    one_event,
)
from tests.kernel.parties.factories import region_tree
from yingshang.areas.policies.api import (
    InvalidScenario,
    ItemNotFound,
    ScenarioNotFound,
    example_parties,
    get_scenario,
    get_scenarios,
    issue_report,
    remove_scenario,
    restore_scenario,
    sandbox_answer,
    save_scenario,
    scenarios,
)
from yingshang.areas.policies.models import SandboxScenario
from yingshang.areas.policies.sandbox import asking
from yingshang.areas.policies.sandbox.asking import _place, memory, smallest_place
from yingshang.areas.policies.sandbox.memory import Memory
from yingshang.areas.policies.sandbox.parameters import _range
from yingshang.areas.policies.sandbox.population import Place
from yingshang.areas.policies.sandbox.selectors import may_read_report
from yingshang.areas.policies.sandbox.values import Answer, Outcome, Question
from yingshang.kernel.access.api import VISITOR, Actor, NotAllowed
from yingshang.kernel.documents.api import extract_text, load_defaults
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.parties.api import snapshot_files, update_snapshot

pytestmark = pytest.mark.django_db

LONG = 60.0


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.DATA_DIRECTORY = tmp_path
    memory().clear()
    return tmp_path


def answered(actor: Actor, question: Question) -> Answer:
    return sandbox_answer(actor=actor, question=question, now=NOW, wait=LONG)


def outcome(actor: Actor, question: Question) -> Outcome:
    found = answered(actor, question).outcome
    assert found is not None
    return found


# --- what it comes to -------------------------------------------------------------------------------------------------


def test_counts_costs_and_the_budget(folder: Path) -> None:
    city(folder)
    who = never_published()
    found = outcome(who.actor(), asked())
    # 10, 15, 20, 30, 12 and 40, 50 have enough; 5 and 0 have not; of one it is not known.
    assert (found.subjects, found.side.entitled, found.side.undecided, found.side.refused) == (10, 7, 1, 2)
    certain = 10_000 + 15_000 + 20_000 + 20_000 + 12_000 + 20_000 + 20_000
    assert found.side.certain == certain * 100
    assert found.side.possible == (certain + 20_000) * 100, "the undecided one could be paid the cap"
    assert (found.budget, found.within) == (5_000_000, "not")
    assert outcome(who.actor(), asked(budget="200000")).within == "certainly"
    assert outcome(who.actor(), asked(budget="120000")).within == "possibly"
    assert found.base is None and found.gain == 7


def test_by_region_industry_size_ownership_and_age(folder: Path) -> None:
    city(folder)
    by = outcome(never_published().actor(), asked()).by
    assert {each.label: (each.subjects, each.entitled) for each in by["region"]} == {
        "道里区": (8, 5),
        "南岗区": (2, 2),
    }
    assert [each.label for each in by["industry"]] == ["C 制造业"]
    assert [each.label for each in by["size"]] == ["小型"]
    assert [each.label for each in by["ownership"]] == ["民营"]
    assert [each.label for each in by["age"]] == ["5—10年"]
    assert sum(each.certain for each in by["region"]) == by["industry"][0].certain


def test_who_gains_and_loses_against_the_version_in_force(folder: Path) -> None:
    codes = city(folder)
    actor = draft_against_what_is_in_force(staff=15).actor()
    found = outcome(actor, asked())
    assert (found.base_number, found.gain, found.lose) == (1, 0, 2)
    assert [each.code for each in found.lost] == [codes[1], codes[6]]
    assert found.lost[0].reason == "参保人数达到下限"
    assert example_parties(actor=actor, outcome=found)[codes[1]].name == "演示E企业1"
    more = outcome(actor, asked(人数下限="5"))
    assert (more.gain, more.lose) == (1, 0)
    dearer = outcome(actor, asked(每人标准="1100", 人数下限="10"))
    assert (dearer.up, dearer.down) == (3, 0), "at 20 and more the cap was reached before"


def test_the_version_in_force_can_be_moved_too(folder: Path) -> None:
    city(folder)
    actor = draft_against_what_is_in_force().actor()
    found = outcome(actor, asked(number=1))
    assert (found.gain, found.lose, found.up, found.down) == (0, 0, 0, 0)
    assert outcome(actor, asked(number=1, 人数下限="30")).lose == 4


def test_missing_facts_by_how_many_they_would_decide(folder: Path) -> None:
    enterprises([None, None, 20])
    snapshot(folder)
    [fact] = outcome(never_published().actor(), asked()).missing
    assert (fact.column, fact.open, fact.alone) == ("emp.insured_count", 2, 2)
    assert fact.agency


def test_only_what_a_figure_touches_is_computed_again(folder: Path) -> None:
    city(folder)
    actor = never_published().actor()
    assert outcome(actor, asked()).computed >= 3
    assert outcome(actor, asked(每人标准="1200")).computed == 1, "the amount"
    assert outcome(actor, asked(人数下限="12")).computed == 1, "the condition; the amount is known"


def test_a_division_by_zero_is_counted_and_shown_never_dropped(folder: Path) -> None:
    codes = enterprises([0, 10, None])
    snapshot(folder)
    actor = never_published("RATIO", source=RATIO.format(code="RATIO", region=HARBIN)).actor()
    found = outcome(actor, asked("RATIO"))
    side = found.side
    assert (side.entitled, side.undecided, side.refused, side.errors) == (1, 1, 0, 1)
    assert [each.code for each in found.errors] == [codes[0]]
    assert "人均营业收入达到下限" in found.errors[0].reason and "零" in found.errors[0].reason


def test_an_amount_that_cannot_be_computed_is_counted_too(folder: Path) -> None:
    codes = enterprises([0, 10])
    snapshot(folder)
    source = RATIO.format(code="RATIO", region=HARBIN).replace(
        "营业收入2025年 / 参保人数 >= 人均营收下限", "营业收入2025年 >= 人均营收下限"
    )
    source = source.replace("{amount: 10000}", "{amount: 10000 / 参保人数}")
    actor = never_published("RATIO", source=source).actor()
    found = outcome(actor, asked("RATIO"))
    assert (found.side.entitled, found.side.errors, found.side.amount_errors) == (2, 0, 1)
    assert [each.code for each in found.errors] == [codes[0]]


# --- whose enterprises ------------------------------------------------------------------------------------------------


def test_an_official_of_a_district_sees_the_enterprises_of_the_district_only(folder: Path) -> None:
    city(folder)
    never_published()
    answer = answered(official("leader", HEILONGJIANG).actor(), asked())
    assert answer.outcome is not None and (answer.outcome.subjects, answer.narrower) == (10, False)
    assert answer.places == ("哈尔滨市",)
    with pytest.raises(ItemNotFound):
        answered(author(QIQIHAR).actor(), asked())
    with pytest.raises(NotAllowed):
        answered(VISITOR, asked())


def test_a_national_item_is_tried_on_the_enterprises_one_sees(folder: Path) -> None:
    city(folder)
    written_item("NATION", source=tunable("NATION", region="000000"))
    place, narrower = Place(subtrees=("230102",)), True
    assert _place(official("leader", DAOLI).actor().require("policies.view_drafts"), "") == (place, narrower)
    assert _place(official("leader", DAOLI).actor().require("policies.view_drafts"), "230103")[0].empty


def test_enterprises_are_named_only_to_those_who_may_see_them(folder: Path) -> None:
    city(folder)
    found = outcome(draft_against_what_is_in_force().actor(), asked())
    assert found.lost
    assert example_parties(actor=official("leader", NANGANG).actor(), outcome=found) == {}
    assert example_parties(actor=VISITOR, outcome=found) == {}


def test_the_smallest_place_of_several() -> None:
    assert smallest_place(Place(subtrees=("2301",))) == "2301"
    assert smallest_place(Place(subtrees=("230102", "230103"))) == "2301"
    assert smallest_place(Place(subtrees=("2301",), regions=("110101",))) == ""
    assert smallest_place(Place()) == ""


# --- nothing to show, and what cannot be computed ---------------------------------------------------------------------


def test_without_a_snapshot_it_says_so(folder: Path) -> None:
    answer = answered(never_published().actor(), asked())
    assert (answer.outcome, answer.empty) == (None, "snapshot")


def test_without_enterprises_it_says_so(folder: Path) -> None:
    region_tree(QIQIHAR)
    enterprises([10], region=QIQIHAR)
    snapshot(folder)
    assert answered(never_published().actor(), asked()).empty == "enterprises"


def test_an_item_without_parameters_can_be_tried(folder: Path) -> None:
    city(folder)
    answer = answered(never_published(source=hiring()).actor(), asked())
    assert answer.setting.dials == ()
    assert answer.outcome is not None and answer.outcome.side.entitled == 7


def test_an_item_that_does_not_compile_shows_its_problems(folder: Path) -> None:
    city(folder)
    actor = never_published(source=hiring().replace("参保人数 >=", "参保人书 >=")).actor()
    answer = answered(actor, asked())
    assert answer.outcome is None
    assert "参保人书" in answer.setting.problems[0]["message_zh"]
    assert answer.setting.problems[0]["line"] > 1
    with pytest.raises(InvalidScenario), no_event():
        save_scenario(actor=actor, question=asked(), name="甲", now=NOW)


@pytest.mark.parametrize("typed", ["十", "1e400", "NaN", "inf", "1" * 16, "0.123456789"])
def test_what_is_no_usable_figure_is_refused_beside_its_name(folder: Path, typed: str) -> None:
    city(folder)
    answer = answered(never_published().actor(), asked(人数下限=typed))
    assert answer.outcome is None
    assert "人数下限" in answer.setting.refusals["人数下限"][0]


@pytest.mark.parametrize("typed", ["-1", "0.001", "许多"])
def test_a_budget_is_an_amount(folder: Path, typed: str) -> None:
    city(folder)
    answer = answered(never_published().actor(), asked(budget=typed))
    assert set(answer.setting.refusals) == {"budget"}


def test_figures_may_be_typed_as_people_write_them(folder: Path) -> None:
    city(folder)
    actor = never_published().actor()
    assert answered(actor, asked(每人标准="1,200.50", 别的="7")).setting.figures == {
        "每人标准": Decimal("1200.5")
    }
    assert answered(actor, asked(每人标准="1000.0")).setting.figures == {}, "the figure in force"


def test_negative_figures_are_computed_and_count_as_errors(folder: Path) -> None:
    city(folder)
    found = outcome(never_published().actor(), asked(每人标准="-5"))
    assert found.side.amount_errors == 7
    assert found.side.certain == 0


def test_a_parameter_without_dates_and_one_without_a_figure_on_the_day(folder: Path) -> None:
    city(folder)
    source = tunable().replace(
        "values: [{from: 2026-01-01, value: 10}]", "values: [{from: 2027-06-01, value: 10}]"
    )
    actor = never_published(source=source).actor()
    answer = answered(actor, asked())
    limit, rate = answer.setting.dials
    assert (limit.value, limit.dated, limit.movable) == (None, True, True)
    assert (rate.value, rate.dated, rate.since) == (Decimal(1000), False, None)
    assert answer.outcome is not None
    assert answer.outcome.side.undecided == 10, "nobody can be decided without the figure"
    assert outcome(actor, asked(人数下限="10")).side.entitled == 7


def test_a_draft_for_next_year_is_tried_on_its_first_day(folder: Path) -> None:
    city(folder)
    source = tunable().replace(
        "effective: {from: 2026-01-01, to: 2027-12-31}", "effective: {from: 2027-01-01}"
    )
    setting = answered(never_published(source=source).actor(), asked()).setting
    assert (setting.day, setting.in_force) == (date(2027, 1, 1), True)
    earlier = Question("HIRING", 0, day=date(2026, 11, 23))
    assert not answered(author().actor(), earlier).setting.in_force


@pytest.mark.parametrize(
    ("value", "unit"),
    [("0.5", "比值"), ("20000", "元"), ("1500", "元/人"), ("3", "月"), ("0.055", "比值"), ("7.35", "%")],
)
def test_a_slider_can_stand_at_the_figure_in_force(value: str, unit: str) -> None:
    low, high, step = _range(Decimal(value), unit)
    assert low == 0 and high >= Decimal(value)
    assert Decimal(value) % step == 0
    assert 2 <= high / step <= 10_000


# --- memory -----------------------------------------------------------------------------------------------------------


def test_figures_move_because_of_parameters_until_the_newer_snapshot_is_asked_for(folder: Path) -> None:
    enterprises([10, 20])
    snapshot(folder)
    actor = never_published().actor()
    assert outcome(actor, asked()).subjects == 2
    enterprises([30], letter="T")
    with arranged():
        update_snapshot(actor=SYSTEM, now=NOW + timedelta(minutes=10))
    again = answered(actor, asked())
    assert again.newer and again.outcome is not None and again.outcome.subjects == 2
    fresh = answered(actor, Question("HIRING", 0, fresh=True))
    assert not fresh.newer and fresh.outcome is not None and fresh.outcome.subjects == 3


def test_files_that_are_gone_are_replaced_by_the_newer_ones(folder: Path) -> None:
    enterprises([10, 20])
    snapshot(folder)
    actor = never_published().actor()
    enterprises([30], letter="T")
    stale = snapshot_files()
    with arranged():
        update_snapshot(actor=SYSTEM, now=NOW)
    assert stale != snapshot_files()
    memory()._population(Place(subtrees=("2301",)), stale, False)
    answer = answered(actor, asked())
    assert answer.outcome is not None and answer.outcome.subjects == 3


def test_what_is_kept_is_bounded(folder: Path) -> None:
    city(folder)
    actor = never_published().actor()
    never_published("OTHER", source=RATIO.format(code="OTHER", region=HARBIN))
    small = Memory(1)
    try:
        asking.memory = lambda: small  # type: ignore[assignment]
        outcome(actor, asked())
        outcome(actor, asked("OTHER"))
        [held] = small._held.values()
        assert len(held.sessions) == 1, "the one asked last"
    finally:
        asking.memory = memory


def test_a_question_that_takes_long_says_how_far_it_is(folder: Path) -> None:
    city(folder)
    actor = never_published().actor()
    answer = sandbox_answer(actor=actor, question=asked(), now=NOW, wait=0.0)
    if answer.outcome is None:
        assert answer.stage in ("waiting", "reading", "computing")
    assert answered(actor, asked()).outcome is not None


def test_queries_do_not_grow_with_enterprises(folder: Path, django_assert_num_queries: Any) -> None:
    city(folder)
    actor = never_published().actor()
    outcome(actor, asked())
    with django_assert_num_queries(3):
        answered(actor, asked(人数下限="12"))


# --- scenarios --------------------------------------------------------------------------------------------------------


def saved(actor: Actor, name: str = "门槛 12 人", **figures: str) -> int:
    return save_scenario(actor=actor, question=asked(**figures), name=name, now=NOW)


def test_a_scenario_keeps_what_it_came_to(folder: Path) -> None:
    city(folder)
    actor = never_published().actor()
    with one_event("policies.scenario_saved"):
        number = saved(actor, 人数下限="12")
    found = get_scenario(actor=actor, scenario_id=number)
    assert found.outcome == replace(outcome(actor, asked(人数下限="12")), errors=(), gained=(), lost=())
    assert [(each.name, each.present, each.value) for each in found.parameters] == [
        ("人数下限", "10", "12"),
        ("每人标准", "1000", "1000"),
    ]
    assert (found.name, found.places, found.created_by_name) == ("门槛 12 人", ("哈尔滨市",), actor.name)
    assert "MA" not in str(SandboxScenario.objects.get().outcome), "no enterprise is in it"


@pytest.mark.parametrize("name", ["", "   ", "长" * 81])
def test_a_scenario_has_a_name(folder: Path, name: str) -> None:
    city(folder)
    actor = never_published().actor()
    with pytest.raises(InvalidScenario), no_event():
        saved(actor, name)


def test_removed_and_brought_back(folder: Path) -> None:
    city(folder)
    actor = never_published().actor()
    number = saved(actor)
    with one_event("policies.scenario_removed"):
        remove_scenario(actor=actor, scenario_id=number, now=NOW)
    assert scenarios(actor=actor, code="HIRING") == ()
    with pytest.raises(ScenarioNotFound), no_event():
        remove_scenario(actor=actor, scenario_id=number, now=NOW)
    with one_event("policies.scenario_restored"):
        restore_scenario(actor=actor, scenario_id=number, now=NOW)
    assert [each.id for each in scenarios(actor=actor, code="HIRING")] == [number]
    with pytest.raises(ScenarioNotFound), no_event():
        restore_scenario(actor=actor, scenario_id=number, now=NOW)


def test_whoever_made_it_or_writes_the_item_removes_it(folder: Path) -> None:
    city(folder)
    writer, leader, other = never_published().actor(), official("leader", HARBIN), official("leader", HARBIN)
    number = saved(leader.actor())
    with pytest.raises(NotAllowed), no_event():
        remove_scenario(actor=other.actor(), scenario_id=number, now=NOW)
    remove_scenario(actor=writer, scenario_id=number, now=NOW)
    restore_scenario(actor=leader.actor(), scenario_id=number, now=NOW)


def test_a_scenario_over_more_than_one_reaches_is_not_seen(folder: Path) -> None:
    city(folder)
    written_item("DAOLI", source=tunable("DAOLI", region=DAOLI))
    actor = author().actor()
    number = save_scenario(actor=actor, question=asked("DAOLI"), name="道里", now=NOW)
    below, elsewhere = official("leader", DAOLI).actor(), official("leader", NANGANG).actor()
    assert get_scenario(actor=below, scenario_id=number).places == ("道里区",)
    with pytest.raises(ScenarioNotFound):
        get_scenario(actor=elsewhere, scenario_id=number)
    assert get_scenarios(actor=elsewhere, code="DAOLI", ids=[number]) == ()
    assert may_read_report(below, str(number)) and not may_read_report(elsewhere, str(number))


def test_the_report_is_made_once_with_a_receipt(folder: Path) -> None:
    city(folder)
    with arranged():
        load_defaults(actor=SYSTEM, region_path="23", now=NOW)
    actor = draft_against_what_is_in_force().actor()
    number = saved(actor, 人数下限="12")
    document = issue_report(actor=actor, scenario_id=number, now=NOW)
    events = list(AuditEvent.objects.order_by("-pk").values_list("action", flat=True)[:2])
    assert sorted(events) == ["documents.generated", "policies.scenario_reported"]
    text = extract_text(document)
    said = "".join(text.split())
    for words in (
        "沙盘推演报告",
        "门槛12人",
        "人数下限",
        "12人",
        "现行第1版",
        "道里区",
        "制造业",
        "肯定超出",
    ):
        assert words in said, words
    assert get_scenario(actor=actor, scenario_id=number).report_event is not None
    with no_event():
        assert issue_report(actor=actor, scenario_id=number, now=NOW) == document


def test_scenarios_are_read_with_one_query(folder: Path, django_assert_num_queries: Any) -> None:
    city(folder)
    actor = never_published().actor()
    numbers = [saved(actor, f"方案{each}", 人数下限=str(each)) for each in (11, 12, 13)]
    with django_assert_num_queries(1):
        assert len(scenarios(actor=actor, code="HIRING")) == 3
    with django_assert_num_queries(1):
        assert [each.id for each in get_scenarios(actor=actor, code="HIRING", ids=numbers[:2])] == numbers[:2]
