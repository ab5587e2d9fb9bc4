"""A fact is put right: the portrait follows, the history keeps what was said before."""

from __future__ import annotations

from datetime import date

import pytest

from tests.kernel.access.factories import NOW, SYSTEM, no_event, official, one_event
from tests.kernel.parties.factories import a_party
from yingshang.kernel.parties.api import (
    InvalidFact,
    PartyNotFound,
    correct_fact,
    fact_history,
    portrait,
    value_from_text,
)
from yingshang.kernel.reference.api import get_fact

TODAY = date(2026, 11, 21)


@pytest.mark.django_db
def test_the_portrait_follows_and_the_history_keeps_both() -> None:
    party = a_party(facts={"emp.insured_count": "12"}, source="人社局")
    with one_event("parties.fact_corrected"):
        correct_fact(
            actor=SYSTEM,
            party_id=party.pk,
            column="emp.insured_count",
            text="15 人",
            source="人社局",
            as_of=TODAY,
            reason="异议成立",
            now=NOW,
        )
    held = {each.column: each for each in portrait(actor=SYSTEM, party_id=party.pk, now=NOW).facts}
    assert held["emp.insured_count"].value == 15
    history = fact_history(actor=SYSTEM, party_id=party.pk, column="emp.insured_count", now=NOW)
    assert [each.value for each in history] == [15, 12]


@pytest.mark.django_db
def test_outside_the_scope_there_is_no_such_party() -> None:
    party = a_party(region_code="230103", facts={"emp.insured_count": "12"})
    with no_event(), pytest.raises(PartyNotFound):
        correct_fact(
            actor=official("department_official", "230102").actor(),
            party_id=party.pk,
            column="emp.insured_count",
            text="15",
            source="人社局",
            as_of=TODAY,
            reason="异议成立",
            now=NOW,
        )


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("emp.insured_count", "1,234 人", "1234"),
        ("fin.revenue", "1，234，567.5 元", "1234567.50"),
        ("ent.established", "2020-02-29", "2020-02-29"),
        ("ent.status", "存续", "存续"),
    ],
)
def test_values_as_people_write_them(column: str, text: str, value: str) -> None:
    assert value_from_text(get_fact(column), text) == value


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [
        ("emp.insured_count", "很多", "请填写数字"),
        ("emp.insured_count", "NaN", "请填写数字"),
        ("emp.insured_count", "-1", "不能小于"),
        ("emp.insured_count", "1.5", "小数"),
        ("ent.established", "去年", "2026-11-21"),
        ("ent.status", "倒闭", "存续"),
    ],
)
def test_other_values_are_refused_with_what_to_write(column: str, text: str, said: str) -> None:
    with pytest.raises(InvalidFact) as refusal:
        value_from_text(get_fact(column), text)
    assert said in refusal.value.message_zh
