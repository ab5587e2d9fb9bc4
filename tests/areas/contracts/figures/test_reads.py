"""What is read of the sums: one region on a day, its units, those of which nothing is heard, and what lies behind."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.areas.contracts.factories import TODAY, YUAN, contract_row, obligation_row, supplier, unit
from tests.kernel.access.factories import DAOLI, HARBIN, NANGANG, NOW, SYSTEM, agency, arranged, official
from yingshang.areas.contracts import api
from yingshang.areas.contracts.api import Sum
from yingshang.areas.contracts.figures.rules import figure_rules, risk_rules
from yingshang.areas.contracts.models import EmptyQuarter, Obligation, Supplement
from yingshang.kernel.access.api import NotAllowed

pytestmark = pytest.mark.django_db

RATE = Decimal("0.0005")


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def rebuilt() -> None:
    api.rebuild(actor=SYSTEM, now=NOW)


@pytest.fixture
def two_districts() -> dict[str, Any]:
    """Late, due and done obligations of a unit of one district, and one late in another."""
    people = unit()
    contract = contract_row()
    other = contract_row(in_agency=agency(NANGANG, "education"))
    found = {
        "late": obligation_row(contract, due_on=ago(20), daily_rate=RATE, budget_reserved=False),
        "old": obligation_row(contract, due_on=ago(400), amount_fen=1_000 * YUAN),
        "deed": obligation_row(contract, due_on=ago(1), amount_fen=None, kind="archive"),
        "soon": obligation_row(contract, due_on=ago(-5), amount_fen=2_000 * YUAN),
        "later": obligation_row(contract, due_on=ago(-200), amount_fen=2_000 * YUAN),
        "theirs": obligation_row(
            contract, side="counterparty", kind="deliver", due_on=ago(3), amount_fen=None
        ),
        "waiting": obligation_row(contract, due_on=None, state="waiting"),
        # Of the other side: in no figure of what units owe.
        "they_wait": obligation_row(contract, side="counterparty", due_on=None, state="waiting"),
        "done": obligation_row(
            contract, due_on=ago(50), performed_on=ago(10), state="performed", done_fen=300_000 * YUAN
        ),
        "elsewhere": obligation_row(other, due_on=ago(2), amount_fen=7_000 * YUAN, daily_rate=RATE),
    }
    rebuilt()
    return {**found, "people": people, "contract": contract, "other": other}


class TestOverview:
    def test_says_what_is_late_due_and_grown(
        self, two_districts: dict[str, Any], django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(2):
            found = api.overview(actor=SYSTEM, region_path="2301", today=TODAY)
        assert found.late == Sum(
            4, 3, (300_000 + 1_000 + 7_000) * YUAN, (20 * 150 + 2 * 350 // 100) * YUAN, 1, 0, 1
        )
        assert found.open.count == 6
        assert found.counterparty_late.count == 1
        assert {each.code: each.sum.count for each in found.ages} == {
            "days_30": 3, "days_90": 0, "days_180": 0, "days_365": 0, "longer": 1
        }  # fmt: skip
        assert [(each.days, each.sum.count) for each in found.next] == [(7, 1), (30, 1), (90, 1)]
        assert (found.contract_count, found.in_force_count, found.waiting_count) == (2, 2, 1)
        assert found.parts["230102"].late_fen == 301_000 * YUAN
        assert found.parts["230103"].late_count == 1

    def test_is_of_the_readers_scope(self, two_districts: dict[str, Any]) -> None:
        leader = two_districts["people"].leader.actor()
        found = api.overview(actor=leader, region_path="", today=TODAY)
        assert found.late.fen == 301_000 * YUAN
        assert api.overview(actor=leader, region_path="230103", today=TODAY).late.count == 0
        with pytest.raises(NotAllowed):
            api.overview(actor=supplier().who.actor(), today=TODAY)

    def test_every_age_has_its_place(self) -> None:
        contract = contract_row()
        for days in (1, 30, 31, 90, 91, 180, 181, 365, 366):
            obligation_row(contract, due_on=ago(days))
        rebuilt()
        found = api.overview(actor=SYSTEM, today=TODAY)
        assert [each.sum.count for each in found.ages] == [2, 2, 2, 2, 1]
        for each in found.ages:
            page = api.obligations_behind(actor=SYSTEM, what="late", age=each.code, today=TODAY)
            assert page.total == each.sum.count


class TestBehind:
    def test_each_figure_has_as_many_behind_it(
        self, two_districts: dict[str, Any], django_assert_max_num_queries: Any
    ) -> None:
        found = api.overview(actor=SYSTEM, today=TODAY)
        counted = {
            ("late", None): found.late.count,
            ("open", None): found.open.count,
            ("waiting", None): found.waiting_count,
            ("unrated", None): found.late.unrated,
            ("unreserved", None): found.open.unreserved,
            ("disagreed", None): found.open.disagreed,
            **{("next", each.days): each.sum.count for each in found.next},
        }
        for (what, days), count in counted.items():
            with django_assert_max_num_queries(2):
                page = api.obligations_behind(actor=SYSTEM, what=what, days=days, today=TODAY)
            assert (page.total, len(page.rows)) == (count, count), what

    def test_tells_the_interest_of_each(self, two_districts: dict[str, Any]) -> None:
        page = api.obligations_behind(actor=SYSTEM, region_path="230102", what="late", today=TODAY)
        by_id = {each.obligation_id: each for each in page.rows}
        assert by_id[two_districts["late"].pk].interest_fen == 20 * 150 * YUAN
        assert by_id[two_districts["old"].pk].interest_fen is None
        assert [each.late_days for each in page.rows] == [400, 20, 1]

    def test_what_is_not_open_to_the_reader_is_counted_and_not_shown(
        self, two_districts: dict[str, Any]
    ) -> None:
        with arranged():
            type(two_districts["contract"]).objects.update(secrecy="internal")
        leader = two_districts["people"].leader.actor()
        assert api.overview(actor=leader, today=TODAY).late.count == 3
        assert api.obligations_behind(actor=leader, what="late", today=TODAY).total == 0

    def test_contracts_without_obligations(self, two_districts: dict[str, Any]) -> None:
        bare = contract_row()
        rebuilt()
        page = api.bare_contracts(actor=SYSTEM)
        assert [each.contract_id for each in page.rows] == [bare.pk]
        assert page.total == api.overview(actor=SYSTEM, today=TODAY).bare_count == 1


class TestUnits:
    def test_who_owes_most_comes_first(
        self, two_districts: dict[str, Any], django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(3):
            rows = api.by_unit(actor=SYSTEM, region_path="2301", today=TODAY)
        assert [each.late_fen for each in rows] == [301_000 * YUAN, 7_000 * YUAN]
        first = rows[0]
        assert (first.late_count, first.open_count, first.oldest, first.unrated) == (3, 5, ago(400), 1)
        assert (first.done_count, first.in_time, first.late_days) == (1, None, 40.0)
        assert api.slow_units(actor=SYSTEM, today=TODAY, limit=8) == rows
        assert [
            each.agency_id for each in api.by_unit(actor=SYSTEM, today=TODAY, agency_id=rows[1].agency_id)
        ] == [rows[1].agency_id]

    def test_a_share_needs_enough_behind_it(self) -> None:
        contract = contract_row()
        for number in range(figure_rules().share_from):
            obligation_row(
                contract,
                due_on=ago(30),
                performed_on=ago(31 if number else 20),
                state="performed",
                done_fen=300_000 * YUAN,
            )
        rebuilt()
        [row] = api.by_unit(actor=SYSTEM, today=TODAY)
        assert (row.in_time, row.late_days) == (0.8, 10.0)
        # What is late and open was not done in time either; what is not due yet says nothing.
        for days in (3, -3):
            obligation_row(contract, due_on=ago(days))
        rebuilt()
        [row] = api.by_unit(actor=SYSTEM, today=TODAY)
        assert (row.done_count, round(row.in_time or 0, 4), row.late_days) == (5, round(4 / 6, 4), 10.0)


class TestSilence:
    def test_who_signed_nothing_and_said_nothing(self) -> None:
        unit()
        signed, said, silent, later = (
            agency(DAOLI, "housing-construction"),
            agency(DAOLI, "tax"),
            agency(DAOLI, "commerce"),
            agency(NANGANG, "education"),
        )
        contract_row(in_agency=signed, signed_on=date(2026, 8, 1))
        contract_row(in_agency=signed, signed_on=date(2026, 11, 1))
        contract_row(in_agency=later, signed_on=date(2026, 10, 1))
        with arranged():
            EmptyQuarter.objects.create(
                agency=said,
                region_path=said.region.path,
                year=2026,
                quarter=3,
                declared_by_name="甲",
                declared_at=NOW,
            )
        rebuilt()
        page = api.silent_units(actor=SYSTEM, region_path="2301", today=TODAY, limit=100)
        found = {each.agency_id: each.last_signed_on for each in page.rows}
        assert (page.year, page.quarter, page.total) == (2026, 3, len(found))
        assert found[silent.pk] is None
        assert found[later.pk] == date(2026, 10, 1)
        assert not {signed.pk, said.pk} & set(found)

    @pytest.mark.parametrize(
        ("today", "quarter"),
        [(date(2026, 1, 1), (2025, 4)), (date(2026, 3, 31), (2025, 4)), (date(2026, 12, 31), (2026, 3))],
    )
    def test_the_last_quarter_is_one_that_has_ended(self, today: date, quarter: tuple[int, int]) -> None:
        assert api.last_quarter(today) == quarter


class TestRisks:
    def test_each_is_told_with_its_reasons(self, django_assert_max_num_queries: Any) -> None:
        contract, other = contract_row(), contract_row(in_agency=agency(NANGANG, "education"))
        no_budget = obligation_row(contract, due_on=ago(-10), budget_reserved=False)
        obligation_row(contract, due_on=ago(-10), budget_reserved=True)
        far = obligation_row(contract, due_on=ago(-60), budget_reserved=False)
        accept = obligation_row(other, kind="accept", due_on=ago(9), amount_fen=None)
        stuck = obligation_row(
            other, due_on=None, state="waiting", event="accepted", after=accept, amount_fen=900_000 * YUAN
        )
        rebuilt()
        with django_assert_max_num_queries(2):
            page = api.risks(actor=SYSTEM, today=TODAY)
        assert {each.obligation_id: each.reasons for each in page.rows} == {
            no_budget.pk: ("unreserved",),
            stuck.pk: ("stuck", "budget_unknown"),
        }
        assert far.pk not in {each.obligation_id for each in page.rows}
        assert api.risks(actor=SYSTEM, today=TODAY, reason="stuck").total == 1
        past_the_end = api.risks(actor=SYSTEM, today=TODAY, offset=20)
        assert (past_the_end.rows, past_the_end.total) == ((), 2)
        # The unit falls behind with another payment, is contested, and the contract was supplemented again and again.
        obligation_row(contract, due_on=ago(3), budget_reserved=True)
        with arranged():
            Obligation.objects.filter(pk=no_budget.pk).update(disputed=True)
            for ordinal in (1, 2, 3):
                Supplement.objects.create(
                    contract=contract, ordinal=ordinal, title="补充协议", signed_on=TODAY, effective_on=TODAY,
                    reason="变更", state="effective", proposed_by_name="甲", proposed_at=NOW,
                )  # fmt: skip
        rebuilt()
        [worst, *_] = api.risks(actor=SYSTEM, today=TODAY).rows
        assert worst.obligation_id == no_budget.pk
        assert worst.reasons == ("unreserved", "arrears", "contested", "supplements")
        assert worst.points == sum(risk_rules().reasons[code].points for code in worst.reasons)

    def test_only_of_contracts_that_count_and_that_the_reader_may_read(self) -> None:
        people = unit()
        shown = obligation_row(contract_row(), due_on=ago(-10), budget_reserved=False)
        secret = obligation_row(contract_row(secrecy="internal"), due_on=ago(-10), budget_reserved=False)
        for state in ("draft", "submitted", "void"):
            obligation_row(contract_row(state=state), due_on=ago(-10), budget_reserved=False)

        def seen(actor: Any, **named: Any) -> set[int]:
            page = api.risks(actor=actor, today=TODAY, **named)
            assert page.total == len(page.rows)
            return {each.obligation_id for each in page.rows}

        assert seen(people.supervisor.actor()) == {shown.pk}
        assert seen(people.head.actor()) == seen(SYSTEM) == {shown.pk, secret.pk}
        assert seen(SYSTEM, region_path="230103") == set()
        assert seen(SYSTEM, agency_id=people.agency.pk) == {shown.pk, secret.pk}
        assert seen(official("leader", NANGANG, "government").actor()) == set()

    def test_a_payment_that_waits_for_any_acceptance_of_its_contract(self) -> None:
        contract = contract_row()
        obligation_row(contract, kind="accept", due_on=ago(9), amount_fen=None)
        stuck = obligation_row(contract, due_on=None, state="waiting", event="accepted")
        obligation_row(contract, due_on=None, state="waiting", event="delivered")
        [row] = api.risks(actor=SYSTEM, today=TODAY).rows
        assert (row.obligation_id, row.due_on) == (stuck.pk, None)
        assert "stuck" in row.reasons


def test_somebody_of_a_unit_sees_the_figures_of_the_unit(two_districts: dict[str, Any]) -> None:
    head = two_districts["people"].head.actor()
    assert api.overview(actor=head, today=TODAY).late.fen == 301_000 * YUAN
    other = official("unit_head", HARBIN, "education").actor()
    assert api.overview(actor=other, today=TODAY).late.count == 0
