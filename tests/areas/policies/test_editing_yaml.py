"""Changes in the YAML of an item: just what was changed, and nothing else of the text."""

from __future__ import annotations

import difflib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.areas.policies.factories import hiring, written_item
from yingshang.areas.policies.editing.yaml_text import (
    CannotEdit,
    Insert,
    Move,
    Remove,
    Set,
    apply,
    path_at,
    read_data,
)
from yingshang.areas.policies.models import ItemVersion
from yingshang.rules.feel.temporal import Date

EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "policies").glob("P*.yaml"))
SOURCES = {file.stem: file.read_text("utf-8") for file in EXAMPLES}


@pytest.fixture(params=list(SOURCES))
def source(request: pytest.FixtureRequest) -> str:
    return SOURCES[request.param]


def _root(source: str) -> tuple[Any, ...]:
    data = read_data(source)
    return () if "conditions" in data else ("items", 0)


def test_one_changed_condition_leaves_every_other_line(source: str) -> None:
    """Over all examples: a comparison, a name, a day are replaced; all else is byte-identical."""
    root = _root(source)
    changed = apply(
        source,
        [
            Set((*root, "name"), "改过的名称：含冒号"),
            Set((*root, "conditions", 0, "text"), "改过的条件"),
        ],
    )
    removed = [
        line[2:] for line in difflib.ndiff(source.splitlines(), changed.splitlines()) if line.startswith("- ")
    ]
    data = read_data(changed)
    for step in root:
        data = data[step]
    assert data["name"] == "改过的名称：含冒号"
    assert data["conditions"][0]["text"] == "改过的条件"
    assert len(removed) <= 6, removed
    kept = [line for line in source.splitlines() if line not in removed]
    assert [line for line in changed.splitlines() if line in set(kept)] == kept


def test_what_is_added_and_taken_away_again_leaves_nothing(source: str) -> None:
    root = _root(source)
    data = read_data(source)
    for step in root:
        data = data[step]
    count = len(data["conditions"])
    entry = {"id": "new_one", "text": "新的条件", "when": '参保人数 >= 10 and 主体类型 = "企业"'}
    added = apply(source, [Insert((*root, "conditions"), entry)])
    assert apply(added, [Remove((*root, "conditions", count))]) == source
    first = apply(source, [Insert((*root, "conditions"), entry, 0)])
    assert apply(first, [Remove((*root, "conditions", 0))]) == source


def test_new_fields_stand_where_the_schema_has_them() -> None:
    text = (
        "id: A # 编号\nname: 甲\n# 条件\nconditions:\n- {id: a, text: b, when: true}\nbenefit: {amount: 1}\n"
    )
    changed = apply(
        text,
        [
            Set(("effective", "from"), date(2026, 1, 1)),
            Set(("effective", "to"), date(2027, 1, 1)),
            Set(("tags",), ["就业", "001"]),
            Set(("benefit", "text"), "每户一元"),
            Set(("note",), "第一行\n第二行"),
        ],
    )
    assert changed == (
        "id: A # 编号\nname: 甲\neffective: {from: 2026-01-01, to: 2027-01-01}\n# 条件\nconditions:\n"
        "- {id: a, text: b, when: true}\nbenefit: {text: 每户一元, amount: 1}\nnote: |-\n  第一行\n  第二行\n"
        'tags: [就业, "001"]\n'
    )


def test_entries_move_with_their_comments_behind_them() -> None:
    text = "conditions:\n  - id: a # eins\n    when: true\n  - id: b\n    when: |\n      x\n      and y\nname: n\n"
    moved = apply(text, [Move(("conditions", 0), 1)])
    assert (
        moved
        == "conditions:\n  - id: b\n    when: |\n      x\n      and y\n  - id: a # eins\n    when: true\nname: n\n"
    )
    assert apply(moved, [Move(("conditions", 1), -1)]) == text
    assert apply(text, [Move(("conditions", 1), 1)]) == text


def test_the_last_entry_takes_its_list_with_it() -> None:
    text = "name: n\nexclusions:\n  - {id: a}\nnote: x\n"
    assert apply(text, [Remove(("exclusions", 0))]) == "name: n\nnote: x\n"


def test_an_anchor_that_stands_for_two_places_is_not_changed_in_one() -> None:
    text = "a: &same {x: 1}\nb: *same\n"
    with pytest.raises(CannotEdit) as refused:
        apply(text, [Set(("b", "x"), 2)])
    assert "请直接编辑 YAML" in refused.value.message_zh
    with pytest.raises(CannotEdit):
        apply("a: 1\n---\nb: 1\n", [Set(("a",), 2)])


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.decimals(allow_nan=False, allow_infinity=False, places=2)
    | st.dates()
    # What is no text on paper does not come from a form.
    | st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]) | st.just("\n"), max_size=20),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.text("abc名", min_size=1, max_size=3), inner, min_size=1, max_size=3)
    ),
    max_leaves=6,
)


@given(value=VALUES, where=st.sampled_from(["name", "new", "plain", "block", "last"]))
def test_any_value_can_be_said_anywhere(value: Any, where: str) -> None:
    """Whatever it is, it is read back, and what stands around it stays."""
    text = "# a\nname: x # b\nplain: several\n  lines\nblock: |\n  two\n  lines\n# c\nlist: [1, 2]\nlast: 3 # d\n"
    changed = apply(text, [Set((where,), value)])
    assert "# a\n" in changed and "# c\nlist: [1, 2]\n" in changed
    assert read_data(changed)[where] == _as_read(value)


def _as_read(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_read(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_read(each) for each in value]
    return Date(value.year, value.month, value.day) if isinstance(value, date) else value


@pytest.mark.parametrize(
    ("at", "path"),
    [
        ((1, 5), ("id",)),
        ((3, 17), ("conditions", 0, "id")),
        ((3, 27), ("conditions", 0, "when")),
        ((3, 32), ("conditions", 0, "when")),
        ((5, 11), ("benefit", "amount")),
        ((9, 1), ("benefit", "amount")),
    ],
)
def test_a_place_in_the_text_belongs_to_a_field(at: tuple[int, int], path: tuple[Any, ...]) -> None:
    text = "id: A\nconditions:\n  - {id: a, when: 参保人数 >= 10}\nbenefit:\n  amount: 1\n"
    assert path_at(text, *at) == path
    assert path_at("a: [", 1, 1) == ()


def test_numbers_stay_exact() -> None:
    changed = apply("a: 1\n", [Set(("a",), Decimal("0.10"))])
    assert changed == "a: 0.10\n"


@pytest.mark.django_db
def test_days_in_quotes_are_days_and_what_is_no_day_is_left_to_the_check() -> None:
    period = "from: 2026-01-01, to: 2027-12-31"
    code = written_item(source=hiring().replace(period, "from: '2026-01-01', to: '2027-02-30'"))
    row = ItemVersion.objects.get(item__code=code)
    assert (row.effective_from, row.effective_to) == (date(2026, 1, 1), None)
