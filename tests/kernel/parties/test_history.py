"""What is known and what was known: against a simple model of the rules, pure and through the database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.kernel.access.factories import DAOLI, NANGANG, NOW, SYSTEM, clerk_of, official, region
from tests.kernel.parties.factories import AS_OF, a_credit_code, a_party, told
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.parties.api import PartyNotFound, fact_history, portrait
from yingshang.kernel.parties.freshness import fresh_until
from yingshang.kernel.parties.history import Record, current, not_yet_said, statements_on, winning
from yingshang.kernel.parties.models import Party, Portrait
from yingshang.kernel.parties.registration import registration
from yingshang.kernel.reference.api import assess_enterprise_size

START = datetime(2026, 1, 1, tzinfo=UTC)

# A delivery: a source says some facts as of a day; deliveries arrive one after the other.
deliveries = st.lists(
    st.tuples(
        st.sampled_from(["税务局", "统计局", "园区"]),
        st.integers(0, 4).map(lambda days: date(2026, 1, 1) + timedelta(days)),
        st.dictionaries(st.sampled_from(["emp.total", "emp.rd_staff"]), st.integers(0, 3), min_size=1),
    ),
    max_size=10,
)


class Model:
    """Everything that was said, in the order in which it arrived; a source that repeats itself says nothing."""

    def __init__(self) -> None:
        self.said: list[tuple[int, str, date, str, int]] = []

    def hear(self, moment: int, source: str, as_of: date, facts: dict[str, int]) -> bool:
        """Whether any of it was new."""
        new = []
        for column, value in facts.items():
            before = [each for each in self.said if each[1:4] == (source, as_of, column)]
            if not before or before[-1][4] != value:
                new.append((moment, source, as_of, column, value))
        self.said += new
        return bool(new)

    def known(self, column: str, moment: int) -> tuple[int, str, date] | None:
        """The statement of the latest day, of one day the last to arrive."""
        heard = [each for each in self.said if each[3] == column and each[0] <= moment]
        if not heard:
            return None
        _, source, as_of, _, value = max(heard, key=lambda each: (each[2], each[0]))
        return value, source, as_of


@given(deliveries)
def test_records_come_to_what_the_model_says_at_every_moment(told_in_turn: list[Any]) -> None:
    model, records, kept = Model(), [], dict[str, Any]()
    for moment, (source, as_of, facts) in enumerate(told_in_turn):
        said = {source: facts}
        fresh = not_yet_said(said, [each for each in records if each.as_of == as_of])
        assert bool(fresh) == model.hear(moment, source, as_of, facts)
        if fresh:
            kept |= winning(fresh, as_of, records)
            records.append(Record(moment, as_of, START + timedelta(hours=moment), fresh))
    for moment in range(-1, len(told_in_turn)):
        held = current(records, known_at=START + timedelta(hours=moment))
        for column in ("emp.total", "emp.rd_staff"):
            found = held.get(column)
            shown = None if found is None else (found.value, found.source, found.record.as_of)
            assert shown == model.known(column, moment)
    # A portrait that takes what wins, delivery by delivery, is the same as one made from all records.
    assert kept == {column: each.value for column, each in current(records).items()}
    for column in ("emp.total", "emp.rd_staff"):
        every = statements_on(records, column)
        assert sorted((each.record.id, each.source, each.value) for each in every) == sorted(
            (moment, source, value) for moment, source, _, name, value in model.said if name == column
        )
        assert not every or every[0].value == current(records)[column].value


class ThroughTheDatabase(TestCase):
    """The same deliveries, imported as files."""

    @hypothesis_settings(max_examples=12, deadline=None)
    @given(deliveries)
    def test_imports_come_to_what_the_model_says(self, told_in_turn: list[Any]) -> None:
        region(DAOLI)
        code, model = a_credit_code(), Model()
        moments = []
        for moment, (source, as_of, facts) in enumerate(told_in_turn):
            now = datetime(2026, 2, 1, tzinfo=UTC) + timedelta(hours=moment)
            model.hear(moment, source, as_of, facts)
            told([{"subject": code, **facts}], as_of=as_of, source=source, now=now)
            moments.append(now)
        party = Party.objects.filter(credit_code=code).first()
        if party is None:
            assert not told_in_turn
            return
        for moment, now in enumerate(moments):
            view = portrait(actor=SYSTEM, party_id=party.pk, now=NOW, as_known_at=now)
            for column in ("emp.total", "emp.rd_staff"):
                fact = view.get(column)
                shown = None if fact is None else (int(fact.value), fact.source, fact.as_of)
                assert shown == model.known(column, moment)
        last = len(moments) - 1
        values = Portrait.objects.get(pk=party.pk).values
        for column in ("emp.total", "emp.rd_staff"):
            known = model.known(column, last)
            assert values.get(column) == (None if known is None else str(known[0]))


@pytest.mark.parametrize(
    ("as_of", "duration", "expected"),
    [
        (date(2026, 1, 31), "P1M", date(2026, 2, 28)),
        (date(2024, 2, 29), "P1Y", date(2025, 2, 28)),
        (date(2026, 11, 1), "P3M", date(2027, 2, 1)),
        (date(2026, 11, 1), "P1Y6M10D", date(2028, 5, 11)),
        (date(2026, 11, 1), "P2W", date(2026, 11, 15)),
        (date(9999, 1, 1), "P10Y", date.max),
    ],
)
def test_how_long_a_fact_is_fresh(as_of: date, duration: str, expected: date) -> None:
    assert fresh_until(as_of, duration) == expected


@pytest.mark.parametrize("duration", ["", "P", "1Y", "PT1H", "P1Y2"])
def test_other_durations_are_refused(duration: str) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        fresh_until(AS_OF, duration)


@given(
    st.sampled_from(["3911", "5211", "6311", "4710", "7010", "J66", "39", ""]),
    st.none() | st.integers(0, 3000),
    st.none() | st.integers(0, 2_000_000_000),
    st.none() | st.integers(0, 2_000_000_000),
)
def test_the_size_is_what_the_standard_says(
    industry: str, employees: int | None, revenue: int | None, assets: int | None
) -> None:
    values = {
        "ent.industry": industry,
        "emp.total": employees,
        "fin.revenue.2025": revenue,
        "fin.revenue.2024": 1,
        "fin.assets": assets,
        "ent.size": "大型",
    }
    known = {column: str(value) for column, value in values.items() if value is not None}
    if industry in ("", "J66"):
        assert registration(known).size == ""
        return
    expected = assess_enterprise_size(
        industry, employees=employees, revenue=1 if revenue is None else revenue, assets=assets
    )
    assert registration(known).size == (expected.size or "")


@pytest.mark.django_db
def test_a_portrait_shows_every_fact_with_its_source_and_names_the_missing() -> None:
    party = a_party(
        facts={
            "ent.status": "存续",
            "fin.revenue.2025": "1234567.5",
            "fin.revenue.2024": 10,
            "fin.rd_ratio": "0.0325",
            "ent.qualification": "高新技术企业;创新型中小企业",
            "ent.abnormal_list": "否",
            "owner.person_type": "其他",
        },
        as_of=date(2026, 9, 1),
    )
    view = portrait(actor=SYSTEM, party_id=party.pk, now=NOW)
    texts = {fact.label: fact.text for fact in view.facts}
    assert texts == {
        "登记状态": "存续",
        "所在区划": f"哈尔滨市道里区 {DAOLI}",
        "列入经营异常名录": "否",
        "资质荣誉": "高新技术企业、创新型中小企业",
        "经营者身份": "＊＊＊",
        "营业收入2025年": "1,234,567.50 元",
        "营业收入2024年": "10.00 元",
        "上年度研发费用占比": "3.25%",
    }
    assert [fact.year for fact in view.series("fin.revenue")] == [2024, 2025]
    assert set(view.by_source()) == {"市场监管局", "工信局", "人社局", "税务局"}
    assert {fact.code for fact in view.facts if fact.stale} == {"ent.status", "ent.abnormal_list"}
    missing = {each.code for each in view.missing}
    assert "emp.total" in missing and "fin.revenue" not in missing and "fin.revenue.prev_year" not in missing
    hidden = view.get("owner.person_type")
    assert hidden is not None and hidden.hidden and hidden.value is None


@pytest.mark.django_db
def test_conflicting_sources_are_all_in_the_history() -> None:
    party = a_party(facts={"emp.total": 10})
    told([{"subject": party.credit_code, "emp.total": 12}], source="园区", now=NOW + timedelta(hours=1))
    told([{"subject": party.credit_code, "emp.total": 9}], as_of=AS_OF - timedelta(days=9), now=NOW)
    history = fact_history(actor=SYSTEM, party_id=party.pk, column="emp.total")
    assert [(str(each.value), each.source) for each in history] == [
        ("12", "园区"),
        ("10", "统计局"),
        ("9", "统计局"),
    ]


@pytest.mark.django_db
def test_who_sees_what_is_known() -> None:
    region(NANGANG)
    party = a_party(facts={"owner.person_type": "其他"})
    own = clerk_of(party).actor()
    assert portrait(actor=own, party_id=party.pk, now=NOW).facts
    for actor in (clerk_of(a_party()).actor(), official("department_official", NANGANG).actor()):
        with pytest.raises(PartyNotFound):
            portrait(actor=actor, party_id=party.pk, now=NOW)
        with pytest.raises(PartyNotFound):
            fact_history(actor=actor, party_id=party.pk, column="emp.total")
    with pytest.raises(NotAllowed):
        portrait(actor=official("administrator", DAOLI).actor(), party_id=party.pk, now=NOW)
    # Personal data: only who may, and only when asked for.
    for actor, shown in ((official("department_official", DAOLI).actor(), "其他"), (own, "＊＊＊")):
        fact = portrait(actor=actor, party_id=party.pk, now=NOW, show_personal=True).get("owner.person_type")
        assert fact is not None and fact.text == shown


@pytest.mark.django_db
def test_a_portrait_takes_as_many_queries_as_ever(django_assert_num_queries: Any) -> None:
    party = a_party(facts={"emp.total": 1})
    for day in range(1, 6):
        told([{"subject": party.credit_code, "emp.total": day}], as_of=AS_OF + timedelta(days=day))
    with django_assert_num_queries(2):
        portrait(actor=SYSTEM, party_id=party.pk, now=NOW)
