"""Lists and pages of contracts: within reach and secrecy, by what one looks for, in few queries."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.areas.contracts.factories import contract_row, obligation_row, supplier, unit
from tests.areas.contracts.registering import situations as make
from tests.kernel.access.factories import NOW, arranged, official
from yingshang.areas.contracts import api
from yingshang.areas.contracts.errors import ContractNotFound
from yingshang.areas.contracts.figures.cells import recount_contracts
from yingshang.areas.contracts.models import Contract
from yingshang.areas.contracts.registering.actions._steps import save

pytestmark = pytest.mark.django_db


def _numbers(actor: Any, **more: Any) -> set[int]:
    return {each.id for each in api.contracts(actor=actor, now=NOW, limit=100, **more).rows}


def test_a_list_finds_by_words_state_kind_day_and_sign_in_three_queries(
    django_assert_max_num_queries: Any,
) -> None:
    party = supplier().party
    late = contract_row(of=party, title="道路照明改造工程施工合同")
    obligation_row(late, due_on=date(2026, 11, 1), terms={"on": "2026-11-01"}, disagreed=True)
    soon = contract_row(of=party, title="会议设备采购合同", kind="procurement", amount_fen=5)
    obligation_row(soon, due_on=date(2026, 12, 1), terms={"on": "2026-12-01"}, disputed=True)
    bare = contract_row(
        of=party, title="战略合作框架协议", kind="framework", amount_fen=None, state="suspended"
    )
    with arranged():
        recount_contracts([late, soon, bare])
        for each in (late, soon, bare):
            save(each)
    actor = unit().leader.actor()
    for more, expected in (
        ({}, {late, soon, bare}),
        ({"text": "照明 改造"}, {late}),
        ({"text": "会议"}, {soon}),
        ({"text": late.number}, {late}),
        ({"text": late.number[:6].lower()}, {late, soon, bare}),
        ({"text": "没有的词"}, set()),
        ({"states": ("suspended",)}, {bare}),
        ({"kinds": ("procurement", "framework")}, {soon, bare}),
        ({"due": 10}, {late, soon}),
        ({"sign": "late"}, {late}),
        ({"sign": "bare"}, {bare}),
        ({"sign": "disagreed"}, {late}),
        ({"sign": "disputed"}, {soon}),
        ({"agency": late.agency_id, "region": late.region_path}, {late, soon, bare}),
        ({"region": "99"}, set()),
        ({"party": party.pk}, {late, soon, bare}),
    ):
        with django_assert_max_num_queries(3):
            assert _numbers(actor, **more) == {each.pk for each in expected}, more
    page = api.contracts(actor=actor, now=NOW, order="amount_fen", limit=1)
    assert [each.id for each in page.rows] == [soon.pk]
    assert page.total == 3
    assert not page.at_least


def test_who_is_elsewhere_and_who_may_not_read_what_is_not_open_sees_nothing() -> None:
    secret = contract_row(secrecy="commercial")
    plain = contract_row()
    people = unit()
    for who, expected in (
        (people.administrator, {secret.pk, plain.pk}),
        (people.head, {secret.pk, plain.pk}),
        (people.supervisor, {plain.pk}),
        (people.leader, {plain.pk}),
        (official("leader", "230103", "government"), set()),
        (official("contract_administrator", "230102", "finance"), set()),
    ):
        assert _numbers(who.actor()) == expected
        for row in (secret, plain):
            if row.pk in expected:
                assert api.contract(actor=who.actor(), contract_id=row.pk, now=NOW).id == row.pk
            else:
                with pytest.raises(ContractNotFound):
                    api.contract(actor=who.actor(), contract_id=row.pk, now=NOW)


def test_the_page_of_a_contract_takes_as_many_queries_however_many_obligations(
    django_assert_max_num_queries: Any,
) -> None:
    counts = []
    actor = unit().leader.actor()
    for number in (1, 12):
        row = contract_row()
        for _ in range(number):
            obligation_row(row, due_on=date(2026, 11, 1), terms={"on": "2026-11-01"})
        with django_assert_max_num_queries(14) as queries:
            detail = api.contract(actor=actor, contract_id=row.pk, now=NOW)
        counts.append(len(queries))
        assert len(detail.obligations) == number
        assert {each.late_days for each in detail.obligations} == {22}
        assert detail.owed_fen == number * 300_000 * 100
        assert detail.unknown_interest == number
        assert detail.obligations[0].interest_fen is None
    assert counts[0] == counts[1]


def test_the_page_says_what_its_reader_may_do() -> None:
    it = make.in_force()
    seen = {
        role: api.contract(actor=getattr(it.unit, role).actor(), contract_id=it.id, now=NOW).may
        for role in ("administrator", "reviewer", "head", "supervisor", "leader")
    }
    assert seen["administrator"] == {"planned", "supplement", "event", "file"}
    assert seen["reviewer"] == {"suspended", "terminated", "voided"}
    assert seen["head"] == seen["supervisor"] == seen["leader"] == set()
    detail = api.contract(actor=it.unit.administrator.actor(), contract_id=it.id, now=NOW)
    assert [each.action for each in detail.history] == [
        "contracts.registered",
        "contracts.submitted",
        "contracts.written",
    ]
    assert detail.events == {"signed": make.SIGNED}
    assert Contract.objects.count() == 1
