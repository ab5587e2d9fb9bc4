"""Policy files as written: what is accepted, and what a person is told about the rest."""

from __future__ import annotations

import pytest

from tests.rules.policy.policy_factories import AS_OF, loaded, small_enterprise_item
from yingshang.rules.policy.compile import compile_items
from yingshang.rules.policy.document import load_policies, policy_schema

LEAST = "id: A\nname: 甲\nconditions:\n  - {id: c, text: 不限, when: true}\nbenefit: {amount: 1}\n"


def test_the_least_item_is_enough() -> None:
    policies = load_policies([("a.yaml", LEAST)])
    assert [item.id for item in policies.items] == ["A"]
    assert not policies.problems


def test_many_documents_lists_and_policies_with_items_are_read() -> None:
    listed = "- " + LEAST.replace("id: A", "id: B").replace("\n", "\n  ").rstrip() + "\n"
    nested = "document: {title: 办法}\nregion: '440300'\nitems:\n  - " + LEAST.replace(
        "id: A", "id: C"
    ).replace("\n", "\n    ")
    policies = load_policies([("a.yaml", LEAST + "---\n" + listed), ("b.yaml", nested)])
    assert not policies.problems
    assert [item.id for item in policies.items] == ["A", "B", "C"]
    # What stands beside `items` is handed down.
    assert policies.items[2].data["region"] == "440300"


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("id: A\nname: [甲\n", 3, "YAML"),
        ("id: A\nid: B\n", 2, "twice"),
        (LEAST.replace("name: 甲", "nmae: 甲"), 2, "did you mean 'name'"),
        (LEAST.replace("benefit: {amount: 1}\n", ""), 1, "benefit is missing"),
        (LEAST + "delivery: by post\n", 6, "automatic"),
        (LEAST.replace("when: true", "any: []"), 4, ""),
        (LEAST + "effective: {from: 2026年}\n", 6, "not written as"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, part: str) -> None:
    policies = load_policies([("a.yaml", text)])
    problem = next(each for each in policies.problems if part in each.message)
    assert (problem.place.file, problem.place.line) == ("a.yaml", line)
    assert problem.message_zh


def test_a_bad_item_does_not_stop_the_others() -> None:
    bad = LEAST.replace("id: A", "id: BAD").replace("benefit:", "benfit:")
    policies = load_policies([("a.yaml", bad + "---\n" + LEAST), ("broken.yaml", "a: [")])
    assert [item.id for item in policies.items] == ["A"]
    assert {problem.item for problem in policies.problems} == {"BAD", None}


def test_ids_are_unique() -> None:
    policies = load_policies([("a.yaml", LEAST), ("b.yaml", LEAST)])
    assert len(policies.items) == 1
    assert policies.problems[0].code == "duplicate"
    assert "a.yaml:1" in policies.problems[0].message


def test_numbers_are_exact_and_words_stay_words() -> None:
    policies = load_policies([("a.yaml", LEAST.replace("amount: 1", "amount: 0.1") + "note: yes\n")])
    assert str(policies.items[0].data["benefit"]["amount"]) == "0.1"
    assert policies.items[0].data["note"] == "yes"


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("参保人属 > 1", "did you mean '参保人数'"),
        ("参保人数 >", "the expression stops too early"),
        ("参保人数 ≥ 1", "write >="),
        ("cuont(企业资质) > 1", "did you mean 'count'"),
        ("营业收入 > 1", "营业收入2025年"),
        ("some 参保人数 in [1] satisfies 参保人数 > 0", "call the variable otherwise"),
    ],
)
def test_an_expression_that_cannot_be_used_is_named_with_its_place(when: str, message: str) -> None:
    text = small_enterprise_item().replace("when: 参保人数 >= 最低参保人数", f"when: '{when}'")
    policies = loaded(text + "---\n" + LEAST)
    compiled = compile_items(policies.items, policies.catalogue, AS_OF)
    assert [program.id for program in compiled.programs] == ["A"]
    problem = compiled.problems[0]
    assert problem.item == "SMALL"
    assert problem.place.line == 16
    assert message in problem.message
    assert problem.message_zh != problem.message


def test_the_schema_describes_every_field_the_examples_use() -> None:
    schema = policy_schema()
    assert schema["$schema"].endswith("2020-12/schema")
    assert {"item", "condition", "benefit", "scenario"} <= set(schema["$defs"])


def test_a_document_may_hold_facts_and_items() -> None:
    text = "facts:\n  - {code: a, name: 甲, type: number}\nitems:\n  - " + LEAST.replace("\n", "\n    ")
    policies = load_policies([("a.yaml", text)])
    assert not policies.problems
    assert [item.id for item in policies.items] == ["A"]
    assert policies.catalogue is not None and policies.catalogue.find("甲") is not None


def test_a_code_with_a_leading_zero_stays_a_code() -> None:
    policies = load_policies([("a.yaml", LEAST.replace("id: A", "id: 001"))])
    assert policies.items[0].id == "001"


@pytest.mark.parametrize(
    ("written", "part"),
    [
        ("effective: {from: 2026-02-30}", "no day of the calendar"),
        ("parameters: [{name: p, values: [{from: 2026-13-01, value: 1}]}]", "no day of the calendar"),
        ("pool: {amount: 甲 * 2}", "did you mean"),
        ("budget: {amount: count(1)}", ""),
    ],
)
def test_what_only_shows_when_compiling_is_a_problem_with_its_place(written: str, part: str) -> None:
    policies = load_policies([("a.yaml", LEAST + written + "\n")])
    compiled = compile_items(
        policies.items,
        load_policies([("f.yaml", "facts: [{code: 甲子, name: 甲乙, type: number}]")]).catalogue,
        AS_OF,
    )
    if part:
        assert part in compiled.problems[0].message
        assert compiled.problems[0].place.line == 6
    else:
        assert not compiled.problems


@pytest.mark.parametrize(
    "when",
    [
        "when: 参保人数 ≥ 1",
        "when: '参保人数 ≥ 1'",
        "when: >-\n      参保人数 > 0\n      and 参保人数 ≥ 1",
        "when: |\n      参保人数 > 0\n\n      and 参保人属 > 1",
    ],
)
def test_a_wrong_character_is_found_in_its_file(when: str) -> None:
    text = f"id: A\nname: 甲\nconditions:\n  - id: c\n    text: 人数\n    {when}\nbenefit: {{amount: 1}}\n"
    policies = loaded(text)
    compiled = compile_items(policies.items, policies.catalogue, AS_OF)
    place = compiled.problems[0].place
    offending = text.splitlines()[place.line - 1][place.column - 1 :]
    assert offending.startswith(("≥", "参保人属")), (place, offending)


def test_everything_wrong_with_an_item_is_said_at_once() -> None:
    text = LEAST.replace("name: 甲", "nmae: 甲") + "delivery: by post\nfoo: 1\n"
    found = load_policies([("a.yaml", text)]).problems
    assert {problem.text for problem in found} >= {"nmae", "foo", "by post"}
    assert [problem.place.line for problem in found] == sorted(problem.place.line for problem in found)


def test_a_broken_document_does_not_hide_those_after_it() -> None:
    policies = load_policies([("a.yaml", LEAST + "---\nid: [\n---\n" + LEAST.replace("id: A", "id: B"))])
    assert [item.id for item in policies.items] == ["A", "B"]
    assert len(policies.problems) == 1
    assert policies.items[1].place("id").line == 9


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("id: A\n\tname: 甲\n", "spaces"),
        ("id: A\nname: 办法: 之一\n", "quotation marks"),
        ("benefit: {amount: min(a, b)}\nid: A\nname: [a\n", "quotation marks"),
    ],
)
def test_the_commonest_yaml_mistakes_come_with_advice(text: str, advice: str) -> None:
    assert advice in load_policies([("a.yaml", text)]).problems[0].message


def test_a_day_that_is_none_in_an_expression_is_a_problem() -> None:
    policies = load_policies([("a.yaml", LEAST.replace("when: true", "when: '@\"2026-02-30\" < today()'"))])
    problem = compile_items(policies.items, None, AS_OF).problems[0]
    assert problem.place.line == 4 and "2026-02-30" in problem.message


def test_a_known_name_may_begin_with_a_digit() -> None:
    catalogue = load_policies(
        [("f.yaml", "facts: [{code: 2025年营业收入, name: 收入, type: number}]")]
    ).catalogue
    policies = load_policies([("a.yaml", LEAST.replace("when: true", "when: 2025年营业收入 > 2025"))])
    assert not compile_items(policies.items, catalogue, AS_OF).problems
