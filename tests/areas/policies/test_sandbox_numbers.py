"""Numbers in the text of an item: which there are, that trying one changes nothing else, and taking over into a draft."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.areas.policies.sandbox_factories import (
    asked,
    city,
    draft_against_what_is_in_force,
    never_published,
)
from tests.kernel.access.factories import HARBIN, NOW, no_event, official, one_event
from yingshang.areas.policies.api import (
    ChangedMeanwhile,
    InvalidScenario,
    SandboxQuestion,
    get_item,
    get_scenario,
    sandbox_answer,
    sandbox_setting,
    save_scenario,
    take_over_figures,
)
from yingshang.areas.policies.content import read_item
from yingshang.areas.policies.editing.yaml_text import apply
from yingshang.areas.policies.sandbox.asking import memory
from yingshang.areas.policies.sandbox.numbers import changes_of, numbers_of, with_numbers
from yingshang.cli.files import read_policies
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.reference.api import policy_catalogue
from yingshang.rules.feel.temporal import Date
from yingshang.rules.policy.compile import compile_items

EXAMPLES = Path(__file__).parents[3] / "examples" / "policies"

WRITTEN = """id: WRITTEN
name: 写在文中的数
region: "230100"
parameters:
  - {name: 人数下限, values: [{value: 10}]}
definitions:
  每人标准: if 参保人数 >= 100 then 1500 else 1000
tables:
  系数:
    inputs: [企业规模]
    outputs: [系数]
    rules:
      - {when: '"小型", "微型"', then: 1.5}
      - {when: '-', then: 1, text: 其他}
conditions:
  - {id: staff, text: 参保人数, when: 参保人数 >= 人数下限 and 参保人数 < 500}
  - id: some
    any:
      - {text: 制造业, when: 'substring(所属行业, 1, 2) = "39"'}
      - {text: 营业收入, when: '营业收入2025年 in [2000000..40000000)'}
benefit:
  text: 每人按标准
  amount: round half up(每人标准 * 参保人数 * 0.5, 0) * 10000 / 10000
  caps: [{amount: 2, unit: 万元, text: 最高 2 万元}]
"""


def named(source: str) -> dict[str, Any]:
    return {f"{each.label} {each.value}": each for each in numbers_of(source)}


def test_the_numbers_of_the_law_are_found_with_their_words() -> None:
    found = numbers_of(WRITTEN)
    assert [(each.label, str(each.value), each.unit, each.text) for each in found] == [
        ("参保人数 >= 100", "100", "", "每人标准"),
        ("if 参保人数 >= 100 then 1500 else 1000", "1500", "", "每人标准"),
        ("if 参保人数 >= 100 then 1500 else 1000", "1000", "", "每人标准"),
        ("结果（系数 第 1 行）", "1.5", "", "系数 第 1 行"),
        ("结果（其他）", "1", "", "其他"),
        ("参保人数 < 500", "500", "", "参保人数"),
        ("[2000000..40000000)", "2000000", "", "营业收入"),
        ("[2000000..40000000)", "40000000", "", "营业收入"),
        ("每人标准 * 参保人数 * 0.5", "0.5", "", "每人按标准"),
        ("金额（最高 2 万元）", "2", "万元", "最高 2 万元"),
    ], "no positions, no digits to round to, no units turned into others"
    assert len({each.name for each in found}) == len(found)


def test_other_numbers_make_another_item_and_leave_this_one_alone() -> None:
    item, numbers = read_item(WRITTEN), named(WRITTEN)
    figures = {
        numbers["[2000000..40000000) 2000000"].name: Decimal("5"),
        numbers["[2000000..40000000) 40000000"].name: Decimal("-7.25"),
        numbers["金额（最高 2 万元） 2"].name: Decimal(3),
        "人数下限": Decimal(20),
    }
    other = with_numbers(item, figures)
    assert other.data["conditions"][1]["any"][1]["when"] == "营业收入2025年 in [5..(-7.25))"
    assert other.data["benefit"]["caps"][0]["amount"] == 3
    assert item.data["benefit"]["caps"][0]["amount"] == 2
    assert with_numbers(item, {"人数下限": Decimal(20)}) is item

    source = apply(WRITTEN, changes_of(item, figures))
    changed = dict(zip(source.splitlines(), WRITTEN.splitlines(), strict=True))
    assert [new for new, old in changed.items() if new != old] == [
        "  - {name: 人数下限, values: [{value: 20}]}",
        '      - {text: 营业收入, when: "营业收入2025年 in [5..(-7.25))"}',
        "  caps: [{amount: 3, unit: 万元, text: 最高 2 万元}]",
    ]
    assert [str(each.value) for each in numbers_of(source)][-1] == "3"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("P*.yaml")), ids=lambda path: path.stem)
def test_every_number_of_the_example_policies_can_be_tried(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    [item] = read_policies([path]).items
    figures = {each.name: each.value + 1 for each in numbers_of(source)}
    compiled = compile_items([with_numbers(item, figures)], policy_catalogue(), Date(2026, 11, 21))
    assert not compiled.problems


# --- in the sandbox ---------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.DATA_DIRECTORY = tmp_path
    memory().clear()
    return tmp_path


def cap_of(question: SandboxQuestion, actor: Any) -> Any:
    setting = sandbox_setting(actor=actor, question=question, now=NOW)
    return next(each for each in setting.written if each.label.startswith("金额"))


@pytest.mark.django_db
def test_trying_a_number_computes_only_what_reads_it(folder: Path) -> None:
    city(folder)
    actor = never_published().actor()
    plain = sandbox_answer(actor=actor, question=asked(), now=NOW, wait=60).outcome
    cap = cap_of(asked(), actor)
    assert (cap.value, cap.unit, cap.text) == (2, "万元", "每人按标准，最高2万元")
    moved = sandbox_answer(actor=actor, question=asked(**{cap.name: "1"}), now=NOW, wait=60).outcome
    assert plain is not None and moved is not None
    assert moved.computed == 1, "the amount, and no condition"
    assert moved.side.entitled == plain.side.entitled
    assert 0 < moved.side.certain < plain.side.certain


@pytest.mark.django_db
def test_a_scenario_names_the_numbers_it_moved(folder: Path) -> None:
    city(folder)
    actor = never_published().actor()
    cap = cap_of(asked(), actor)
    saved = save_scenario(actor=actor, question=asked(**{cap.name: "1"}), name="上限减半", now=NOW)
    parameters = get_scenario(actor=actor, scenario_id=saved).parameters
    assert [(each.title, each.present, each.value) for each in parameters if each.changed] == [
        ("金额（每人按标准，最高2万元）", "2", "1")
    ]


@pytest.mark.django_db
def test_figures_are_taken_over_into_the_draft(folder: Path) -> None:
    actor = never_published().actor()
    setting = sandbox_setting(actor=actor, question=asked(), now=NOW)
    question = asked(**{cap_of(asked(), actor).name: "1", "每人标准": "1200"})
    with one_event("policies.item_saved"):
        assert take_over_figures(actor=actor, question=question, revision=setting.revision, now=NOW) == 2
    version = get_item(actor=actor, code="HIRING").open
    assert version is not None
    assert "amount: 1, unit: 万元" in version.source and "value: 1200" in version.source

    with no_event(), pytest.raises(ChangedMeanwhile):
        stale = asked(**{"每人标准": "1300"})
        take_over_figures(actor=actor, question=stale, revision=setting.revision, now=NOW)
    for nothing in (asked(), asked(每人标准="viel")):
        with no_event(), pytest.raises(InvalidScenario):
            take_over_figures(actor=actor, question=nothing, revision=version.revision, now=NOW)


@pytest.mark.django_db
def test_only_a_draft_and_only_its_authors(folder: Path) -> None:
    actor = draft_against_what_is_in_force().actor()
    with no_event(), pytest.raises(InvalidScenario):
        published = asked(number=1, 每人标准="1300")
        take_over_figures(actor=actor, question=published, revision=1, now=NOW)
    with no_event(), pytest.raises(NotAllowed):
        take_over_figures(
            actor=official("department_official", HARBIN).actor(),
            question=asked(每人标准="1300"),
            revision=1,
            now=NOW,
        )
