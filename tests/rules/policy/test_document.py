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
        (LEAST.replace("name: 甲", "nmae: 甲"), 1, "did you mean 'name'"),
        (LEAST.replace("benefit: {amount: 1}\n", ""), 1, "benefit is missing"),
        (LEAST + "delivery: by post\n", 6, "automatic"),
        (LEAST.replace("when: true", "any: []"), 4, ""),
        (LEAST + "effective: {from: 2026年}\n", 6, "not written as"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, part: str) -> None:
    policies = load_policies([("a.yaml", text)])
    assert len(policies.problems) == 1
    problem = policies.problems[0]
    assert (problem.place.file, problem.place.line) == ("a.yaml", line)
    assert part in problem.message
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
