"""What a reviewer is shown: items that do not go together, hints of unfairness, and what changed between versions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.areas.policies.factories import EXAMPLES, hiring, published_item, written_item
from tests.areas.policies.review_factories import version
from tests.kernel.access.factories import HARBIN, QIQIHAR, arranged, region
from yingshang.areas.policies.api import redline, redline_clauses, redline_lines
from yingshang.areas.policies.content import program_of
from yingshang.areas.policies.models import ItemVersion
from yingshang.areas.policies.review.conflicts import conflicts
from yingshang.areas.policies.review.data import hints
from yingshang.areas.policies.review.limits import Limits, limits_of
from yingshang.areas.policies.review.redline import after_of, before_of, sources_of_lines

DAY = date(2026, 11, 23)


def example(code: str) -> str:
    return (Path(EXAMPLES) / f"{code}.yaml").read_text(encoding="utf-8")


def rules_found(code: str) -> set[str]:
    row = ItemVersion.objects.select_related("item").get(item__code=code, state="draft")
    return {each.rule for each in conflicts(row, today=DAY)}


# --- conflicts --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_item_alone_has_no_conflict() -> None:
    written_item()
    assert rules_found("HIRING") == set()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "rules"),
    [
        (lambda text: text, {"same_twice"}),
        (lambda text: text.replace("name: 吸纳就业补贴", "name: 稳岗补助"), {"same_twice"}),
        (
            lambda text: text.replace("name: 吸纳就业补贴", "name: 稳岗补助").replace("1000 *", "800 *"),
            {"alike"},
        ),
        (
            lambda text: text.replace("name: 吸纳就业补贴", "name: 稳岗补助").replace(">= 10", ">= 30"),
            {"thresholds_differ"},
        ),
        (
            lambda text: text.replace("name: 吸纳就业补贴", "name: 稳岗补助").replace(">= 10", "< 10"),
            {"thresholds_apart"},
        ),
        (
            lambda text: text.replace("name: 吸纳就业补贴", "name: 稳岗").replace("kind: 补贴", "kind: 贷款"),
            set(),
        ),
    ],
)
def test_items_that_do_not_go_together_are_found(change: Callable[[str], str], rules: set[str]) -> None:
    published_item("OTHER", source=hiring("OTHER"))
    written_item("NEW", source=change(hiring("NEW")))
    assert rules_found("NEW") == rules


@pytest.mark.django_db
def test_what_holds_elsewhere_or_no_longer_is_no_conflict() -> None:
    region(QIQIHAR)
    published_item("ELSEWHERE", source=hiring("ELSEWHERE", QIQIHAR))
    published_item("OVER", source=hiring("OVER").replace("to: 2027-12-31", "to: 2026-06-30"))
    written_item("NEW", source=hiring("NEW"))
    assert rules_found("NEW") == set()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "rules"),
    [
        (lambda text: text, set()),
        (lambda text: text.replace(">= 10", ">= 5"), set()),
        (lambda text: text.replace(">= 10", ">= 30"), {"narrower"}),
        (lambda text: text.replace("amount: 2, unit", "amount: 1, unit"), {"pays_less"}),
        (
            lambda text: text.replace(
                "benefit:", '  - {id: new, text: 限大型企业, when: 企业规模 = "大型"}\nbenefit:'
            ),
            {"asks_more"},
        ),
    ],
)
def test_what_is_worse_than_the_level_above_is_found(change: Callable[[str], str], rules: set[str]) -> None:
    published_item("ABOVE", source=hiring("ABOVE", "230000").replace("name: 吸纳就业补贴", "name: 省级补贴"))
    written_item("NEW", source=change(hiring("NEW")))
    with arranged():
        ItemVersion.objects.filter(item__code="NEW").update(elements={"superior": "ABOVE"})
    assert rules_found("NEW") == rules


@pytest.mark.django_db
def test_codes_that_nobody_has_are_found() -> None:
    source = hiring().replace(
        "tags:", "excludes: [NOBODY]\nstacking: {group: 独此一家, rule: highest}\ntags:"
    )
    written_item(source=source)
    with arranged():
        ItemVersion.objects.update(elements={"superior": "GONE"})
    assert rules_found("HIRING") == {"excludes_unknown", "group_alone", "superior_unknown"}


@pytest.mark.django_db
def test_reference_items_of_two_years_are_the_same_thing_with_other_limits() -> None:
    """P004 (2025) and P005 (2023) are one policy: put in force together, their likeness is seen."""
    region(HARBIN)
    later = "effective:\n  from: 2026-01-01\n  to: 2026-12-31\n"
    sources = {}
    for code in ("P004", "P005"):
        lines = example(code).split("\n")
        start = lines.index("effective:")
        text = "\n".join(lines[:start]) + "\n" + later + "\n".join(lines[start + 4 :])
        sources[code] = text.replace(
            "from: 2025-01-01, to: 2025-12-31", "from: 2026-01-01, to: 2026-12-31"
        ).replace("from: 2023-01-01, to: 2023-12-31", "from: 2026-01-01, to: 2026-12-31")
    published_item("P005", source=sources["P005"])
    written_item(
        "P004",
        source=sources["P004"].replace("name: 一次性扩岗补助（2025 年）", "name: 一次性扩岗补助（2023 年）"),
    )
    assert "same_twice" in rules_found("P004")


@pytest.mark.django_db
def test_findings_take_few_queries_however_many_items_there_are(
    django_assert_max_num_queries: object,
) -> None:
    for number in range(6):
        published_item(f"I{number}", source=hiring(f"I{number}", staff=10 + number))
    written_item("NEW", source=hiring("NEW"))
    row = version("NEW")
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        found = conflicts(row, today=DAY)
    assert len(found) >= 6
    assert len({each.key for each in found}) == len(found)
    assert found == conflicts(row, today=DAY), "the same findings with the same keys"


# --- fairness ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("在本市注册登记的企业", "local_registration"),
        ("仅限本市企业申报", "local_only"),
        ("承诺五年内不迁出", "no_moving"),
        ("采购本地企业产品满100万元", "local_products"),
        ("演示重工股份有限公司及其配套企业", "named_enterprise"),
        ("按地方财政贡献给予奖励", "by_contribution"),
        ("采取一事一议方式确定", "invitation_only"),
        ("仅限国有企业申报", "ownership"),
    ],
)
def test_words_to_look_at_are_found_with_their_article(text: str, rule: str) -> None:
    written_item(source=hiring().replace("text: 参保人数不少于10人", f"text: {text}"))
    found = [each for each in conflicts(version(), today=DAY) if each.rule == rule]
    assert len(found) == 1 and found[0].group == "fairness"
    assert text in found[0].excerpt and "第" in found[0].article


def test_every_hint_has_an_example_and_ordinary_conditions_are_not_hinted_at() -> None:
    ordinary = (
        "参保人数不少于10人",
        "上年度未裁员",
        "取得高新技术企业证书",
        "年销售收入超过2000万元",
        "属于专精特新中小企业",
    )
    for hint in hints():
        assert not any(hint.pattern.search(text) for text in ordinary), hint.code


# --- limits -----------------------------------------------------------------------------------------------------------

numbers = st.integers(-5, 5).map(Decimal)
limits = st.builds(
    Limits,
    low=st.none() | numbers,
    low_open=st.booleans(),
    high=st.none() | numbers,
    high_open=st.booleans(),
)


def inside(limit: Limits, value: Decimal) -> bool:
    low = limit.low is None or (value > limit.low if limit.low_open else value >= limit.low)
    high = limit.high is None or (value < limit.high if limit.high_open else value <= limit.high)
    return low and high


@given(limits, limits, st.integers(-20, 20).map(lambda n: Decimal(n) / 2))
def test_what_lies_in_both_lies_in_each(one: Limits, other: Limits, value: Decimal) -> None:
    assert inside(one.both(other), value) == (inside(one, value) and inside(other, value))
    if one.both(other).impossible:
        assert not (inside(one, value) and inside(other, value))


def test_only_what_must_hold_in_any_case_is_a_limit() -> None:
    found = limits_of(program_of(example("P002"), date(2022, 9, 1)).requirement)
    assert found["emp.unemployment_insured"].text() == "> 0"
    assert found["ent.type"].words == {"企业", "社会组织", "个体工商户"}
    assert "emp.layoff_rate.prev_year" not in found, "one of two ways"


# --- redline ----------------------------------------------------------------------------------------------------------

texts = st.text(alphabet="甲乙丙12.a \n，。", max_size=60)


@given(texts, texts)
def test_either_text_can_be_put_together_again(one: str, other: str) -> None:
    pieces = redline(one, other)
    assert before_of(pieces) == one
    assert after_of(pieces) == other
    lines = redline_lines(one, other)
    assert sources_of_lines(lines) == (one, other)


@given(texts)
def test_nothing_changed_shows_nothing(text: str) -> None:
    assert all(each.kind == "same" for each in redline(text, text))


def test_a_figure_is_not_torn() -> None:
    pieces = redline("每人1000元", "每人1200元")
    assert [(each.kind, each.text) for each in pieces] == [
        ("same", "每人"),
        ("removed", "1000"),
        ("added", "1200"),
        ("same", "元"),
    ]


def test_two_versions_are_compared_part_by_part() -> None:
    before = hiring()
    after = (
        before.replace("每人1000元", "每人1200元").replace("1000 *", "1200 *").replace("tags: [就业]\n", "")
    )
    changed = {each.key: each for each in redline_clauses(before, after) if each.changed}
    assert set(changed) == {"summary", "benefit.text", "benefit.amount", "tags"}
    assert before_of(changed["tags"].pieces) == "就业" and after_of(changed["tags"].pieces) == ""
    assert after_of(changed["benefit.amount"].pieces) == "1200 * 参保人数"
    english = {each.key: each for each in redline_clauses(before, after, english=True)}
    assert english["name"].name_en == "Name" and english.keys() >= changed.keys()
    told = "".join(piece.text for each in english.values() for piece in each.pieces)
    assert "text: " in told and "内容：" not in told and "说明：" not in told


def test_what_is_no_item_is_compared_as_it_stands() -> None:
    [clause] = redline_clauses("id: [", "id: ]")
    assert clause.changed
