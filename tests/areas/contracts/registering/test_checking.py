"""What is wrong with what is written down is said, each with its field and what to write instead. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingshang.areas.contracts.registering.checking import check_fields, check_register, plain_name
from yingshang.areas.contracts.registering.duplicates import fingerprint_of, titles_alike
from yingshang.areas.contracts.registering.rules import contract_rules
from yingshang.areas.contracts.registering.values import ContractFields, OtherParty
from yingshang.kernel.reference.api import make_credit_code

TODAY = date(2026, 11, 23)
CODE = make_credit_code("9", "1", "230102", "12345678")
GOOD = ContractFields(
    title="会议设备采购合同",
    kind="procurement",
    signed_on=date(2026, 3, 2),
    counterparty_name="示例科技有限公司",
    counterparty_code=CODE,
    counterparty_size="small",
    amount_fen=100_000_00,
    ends_on=date(2026, 12, 31),
)
MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"ends_on": None}, "ends_on"),
    ({"open_ended": "无固定期限"}, "open_ended"),
    ({"amount_fen": -1}, "amount_fen"),
    ({"amount_fen": 10**15}, "amount_fen"),
    ({"currency": "USD"}, "currency"),
    ({"direction": "none"}, "direction"),
    ({"signed_on": None}, "signed_on"),
    ({"signed_on": date(2026, 11, 24)}, "signed_on"),
    ({"signed_on": date(1980, 1, 1)}, "signed_on"),
    ({"ends_on": date(2026, 3, 1)}, "ends_on"),
    ({"ends_on": date(9999, 12, 31)}, "ends_on"),
    ({"starts_on": date(1980, 1, 1)}, "starts_on"),
    ({"kind": "sales"}, "kind"),
    ({"secrecy": "state"}, "secrecy"),
    ({"secrecy": "whatever"}, "secrecy"),
    ({"title": "采购"}, "title"),
    ({"title": "采" * 201}, "title"),
    ({"title": "会议设备\x00采购合同"}, "title"),
    ({"counterparty_name": " "}, "counterparty_name"),
    ({"counterparty_code": ""}, "counterparty_code"),
    ({"counterparty_code": CODE[:-1] + "?"}, "counterparty_code"),
    ({"counterparty_size": "tiny"}, "counterparty_size"),
    ({"counterparty_kind": "person", "counterparty_size": ""}, "counterparty_code"),
    ({"counterparty_kind": "unit"}, "counterparty_size"),
    ({"others": (OtherParty(""),)}, "others"),
    ({"others": (OtherParty("担保人", "123"),)}, "others"),
]


def test_a_right_one_has_no_problem_and_without_a_price_or_an_end_neither() -> None:
    assert check_fields(GOOD, today=TODAY) == []
    framework = replace(GOOD, amount_fen=None, ends_on=None, open_ended="协议长期有效", counterparty_size="")
    assert check_fields(framework, today=TODAY) == []
    person = replace(GOOD, counterparty_kind="person", counterparty_code="", counterparty_size="")
    assert check_fields(person, today=TODAY) == []


@pytest.mark.parametrize(
    ("more", "field"), MISTAKES, ids=[f"{field}-{n}" for n, (_, field) in enumerate(MISTAKES)]
)
def test_a_mistake_is_named_at_its_field_in_both_languages(more: dict[str, Any], field: str) -> None:
    [problem] = check_fields(replace(GOOD, **more), today=TODAY)
    assert problem.field == field
    assert problem.message.isascii() or "会" in problem.message
    assert any("一" <= sign <= "鿿" for sign in problem.message_zh)


def test_a_foreign_price_is_told_what_to_write() -> None:
    [problem] = check_fields(replace(GOOD, currency="usd"), today=TODAY)
    assert "人民币" in problem.message_zh
    assert "汇率" in problem.message_zh
    assert "USD" in problem.message


def test_the_name_has_to_be_that_of_the_code() -> None:
    assert check_register(GOOD, None) == []
    assert check_register(replace(GOOD, counterparty_name="示例(集团)公司"), "示例（集团）公司") == []
    [problem] = check_register(GOOD, "别家有限公司")
    assert problem.field == "counterparty_name"
    assert "别家有限公司" in problem.message_zh


@given(st.text(max_size=30), st.integers(-(10**16), 10**16), st.dates(), st.dates() | st.none())
def test_whatever_is_written_is_answered(text: str, amount: int, signed: date, ends: date | None) -> None:
    fields = replace(
        GOOD,
        title=text,
        counterparty_name=text,
        counterparty_code=text,
        amount_fen=amount,
        signed_on=signed,
        ends_on=ends,
        currency=text[:3],
        kind=text,
    )
    for problem in check_fields(fields, today=TODAY):
        assert problem.field
        assert problem.message
        assert problem.message_zh


@given(st.integers(1, 3), st.integers(0, 10**9), st.dates(date(2020, 1, 1), date(2026, 1, 1)))
def test_a_fingerprint_is_of_unit_other_side_price_and_day(unit: int, fen: int, day: date) -> None:
    one = replace(GOOD, amount_fen=fen, signed_on=day)
    assert fingerprint_of(unit, one) == fingerprint_of(
        unit, replace(one, title="另一个名称", counterparty_code=CODE.lower(), note="x")
    )
    others = {
        fingerprint_of(unit + 1, one),
        fingerprint_of(unit, replace(one, amount_fen=fen + 1)),
        fingerprint_of(unit, replace(one, amount_fen=None)),
        fingerprint_of(unit, replace(one, direction="receives")),
        fingerprint_of(unit, replace(one, signed_on=date(2019, 1, 1))),
        fingerprint_of(unit, replace(one, counterparty_code="", counterparty_name="甲")),
        fingerprint_of(
            unit, replace(one, counterparty_kind="person", counterparty_code="", counterparty_name="甲")
        ),
    }
    assert len(others) == 7
    assert fingerprint_of(unit, one) not in others


def test_titles_and_names_are_compared_without_signs() -> None:
    assert plain_name("甲（集团）公司") == plain_name("甲(集团)公司 ") == "甲集团公司"
    assert titles_alike("会议设备采购合同", "会议设备 采购合同（二）") > 0.8
    assert titles_alike("会议设备采购合同", "道路施工合同") < 0.3
    assert titles_alike("", "合") == 0


def test_the_data_names_what_the_code_goes_by() -> None:
    rules = contract_rules()
    assert {"construction", "concession", "ppp", "procurement", "grant", "investment_promotion"} <= set(
        rules.kinds
    )
    assert len([each for each in rules.kinds.values() if each.source == "quzhou"]) == 8
    assert len([each for each in rules.kinds.values() if each.source == "dazu"]) == 2
    assert rules.size_of("小型") == "small"
    assert rules.size_of("") == ""
    assert not rules.secrecy["state"].taken
    for kind in rules.kinds.values():
        for written in kind.obligations:
            assert written["kind"] in rules.obligation_kinds
            assert written["terms"].get("after", "signed") in rules.events
