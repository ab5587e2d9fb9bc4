"""What an item has achieved: figures, opinions without names, effect beside similar others, decisions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.areas.policies.factories import hiring, published_item
from tests.areas.policies.outreach_factories import an_enterprise, clicks, insured, matched, sent
from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NANGANG,
    NOW,
    QIQIHAR,
    SYSTEM,
    no_event,
    official,
    one_event,
)
from tests.kernel.parties.factories import a_party
from tests.web.desk.factories import signed_in
from yingshang.areas.policies.api import (
    InvalidEvaluation,
    InvalidOpinion,
    ItemNotFound,
    NotPossibleNow,
    compare_effect,
    evaluate,
    give_opinion,
    keep_figures,
    may_give_opinion,
    opinion_summary,
    opinions,
    own_opinion,
    record_evaluation,
    rematch_changed,
    withdraw_item,
)
from yingshang.areas.policies.evaluation.effect import effect_of
from yingshang.areas.policies.models import EvaluationDecision, PolicyOpinion
from yingshang.areas.policies.outreach import rules
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.parties.api import PartyNotFound, PartyTraits, merge_parties

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Any, settings: Any) -> None:
    settings.DATA_DIRECTORY = tmp_path / "data"


def rates(who: Any, party: Any, rating: int = 4, comment: str = "") -> None:
    give_opinion(actor=who.actor(), party_id=party.pk, code="HIRING", rating=rating, comment=comment, now=NOW)


# --- figures ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_every_day_is_kept_once_and_the_page_has_all_figures() -> None:
    budgeted = "budget: {amount: 50000}\n"
    published_item(source=hiring().replace("conditions:", f"{budgeted}conditions:"))
    party, _ = an_enterprise(20)
    other, _ = an_enterprise(12, region=NANGANG)
    sent()
    clicks(party)
    with no_event():
        assert keep_figures(now=NOW) == keep_figures(now=NOW) == 1
    insured(other, 3, 1)
    rematch_changed(actor=SYSTEM, now=NOW)
    keep_figures(now=NOW + DAY)
    found = evaluate(actor=official("supervisor", HARBIN).actor(), code="HIRING", now=NOW)
    assert [(each.entitled, each.certain_fen) for each in found.days] == [(2, 3_200_000), (1, 2_000_000)]
    assert (found.funnel.matched, found.funnel.clicked, found.paid_share) == (1, 1, None)
    assert (found.certain_fen, found.budget_fen, found.pays) == (2_000_000, 5_000_000, True)
    assert [(each.size, each.funnel.matched) for each in found.sizes] == [("", 1)]


# --- opinions ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_who_is_entitled_rates_an_item_once_and_changes_their_mind() -> None:
    published_item()
    party, who = an_enterprise(20)
    with one_event("policies.opinion_given") as events:
        rates(who, party, 2, " 材料太多 ")
    assert events[0]["after"] == {"rating": 2, "comment": True}
    rates(who, party, 5)
    assert PolicyOpinion.objects.get().rating == 5
    mine = own_opinion(actor=who.actor(), party_id=party.pk, code="HIRING")
    assert mine is not None and (mine.rating, mine.comment) == (5, "")


@pytest.mark.django_db
def test_who_is_not_entitled_was_not_told_or_does_not_act_for_it_rates_nothing() -> None:
    published_item()
    small, owner = an_enterprise(2)
    party, who = an_enterprise(20)
    with no_event():
        with pytest.raises(InvalidOpinion):
            rates(owner, small)
        with pytest.raises(PartyNotFound):
            rates(owner, party)
        for rating, comment in ((0, ""), (6, ""), (4, "长" * 501)):
            with pytest.raises(InvalidOpinion):
                rates(who, party, rating, comment)
        with pytest.raises(NotAllowed):
            rates(official("supervisor", HARBIN), party)
        with pytest.raises(ItemNotFound):
            give_opinion(actor=who.actor(), party_id=party.pk, code="NOTHING", rating=4, comment="", now=NOW)
    # Who was told keeps the right to say something when it is over.
    sent()
    insured(party, 2, 1)
    assert may_give_opinion(actor=who.actor(), party_id=party.pk, code="HIRING", now=NOW)
    rates(who, party, 1)


@pytest.mark.django_db
def test_officials_see_opinions_of_their_reach_without_whose_they_are() -> None:
    published_item()
    people = [an_enterprise(20) for _ in range(4)]
    far = an_enterprise(20, region=NANGANG)
    for (party, who), rating in zip(people, (5, 4, 4, 1), strict=True):
        rates(who, party, rating, "请拨打 13812345678" if rating == 1 else "")
    city, district = (official("supervisor", place).actor() for place in (HARBIN, DAOLI))
    few = opinion_summary(actor=city, code="HIRING")
    assert (few.total, few.average, few.satisfied) == (4, None, None)
    rates(far[1], far[0], 3)
    found = opinion_summary(actor=city, code="HIRING")
    assert (found.total, found.average, found.satisfied) == (5, 3.4, 0.6)
    assert opinion_summary(actor=district, code="HIRING").total == 4
    assert opinion_summary(actor=official("supervisor", QIQIHAR).actor(), code="HIRING").total == 0
    page = opinions(actor=city, code="HIRING")
    assert (page.total, page.rows[0].region_name) == (1, "道里区")
    assert "13812345678" not in page.rows[0].comment and people[3][0].name not in repr(page)
    # Merged, one of the two speaks.
    merge_parties(actor=SYSTEM, kept_id=people[0][0].pk, duplicate_id=people[1][0].pk, reason="重复", now=NOW)
    assert opinion_summary(actor=city, code="HIRING").total == 4


# --- effect -----------------------------------------------------------------------------------------------------------


def many(count: int, growth: float, first: int = 0) -> tuple[dict[int, float], dict[int, float]]:
    before = dict.fromkeys(range(first, first + count), 100.0)
    return before, dict.fromkeys(before, 100 * (1 + growth))


def traits_of(count: int, size: str = "小型") -> dict[int, PartyTraits]:
    return {number: PartyTraits(number, "230102", "3911", size) for number in range(count)}


def test_the_effect_is_the_difference_to_similar_others() -> None:
    mine, others = many(30, 0.2), many(40, 0.05, 30)
    found = effect_of(
        traits_of(70),
        frozenset(range(30)),
        mine[0] | others[0],
        mine[1] | others[1],
        fewest=20,
        fewest_in_cell=3,
    )
    assert (found.treated, found.others, found.compared) == (30, 40, 30)
    assert found.difference == pytest.approx(0.15)
    assert found.by_level == (30, 0, 0, 0)


@given(st.integers(0, 25), st.integers(0, 25))
def test_with_too_few_on_either_side_the_effect_is_unknown(treated: int, others: int) -> None:
    mine, rest = many(treated, 0.2), many(others, 0.1, treated)
    found = effect_of(
        traits_of(treated + others),
        frozenset(range(treated)),
        mine[0] | rest[0],
        mine[1] | rest[1],
        fewest=20,
        fewest_in_cell=3,
    )
    assert (found.difference is not None) == (treated >= 20 and others >= 20)


def test_what_was_nought_or_is_not_known_is_left_out_and_cells_widen() -> None:
    traits = traits_of(60)
    for number in range(30, 60):
        traits[number] = PartyTraits(number, "230202", "3911", "小型")
    before, after = many(60, 0.1)
    before[0] = 0
    del after[1]
    found = effect_of(traits, frozenset(range(30)), before, after, fewest=20, fewest_in_cell=3)
    assert (found.treated, found.by_level) == (28, (0, 0, 28, 0))
    assert found.difference == pytest.approx(0)


@pytest.mark.django_db
def test_over_the_snapshot_the_effect_is_unknown_before_the_year_has_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "yingshang.areas.policies.evaluation.comparing.effect_rules",
        lambda: rules.EffectRules(("fin.revenue",), 3, 1),
    )
    published_item()
    for staff, grown in ((20, 120), (3, 105)):
        for _ in range(3):
            a_party(
                facts={
                    "emp.insured_count": staff,
                    "fin.revenue.2024": 100,
                    "fin.revenue.2025": grown,
                }
            )
    matched()
    actor = official("supervisor", HARBIN).actor()
    found = compare_effect(actor=actor, code="HIRING")
    assert (found.year, found.years, found.facts) == (None, (2025,), ())
    found = compare_effect(actor=actor, code="HIRING", year=2025)
    assert (found.basis, found.later) == ("entitled", False)
    assert found.facts[0].effect.difference == pytest.approx(0.15)
    elsewhere = compare_effect(actor=official("supervisor", QIQIHAR).actor(), code="HIRING", year=2025)
    assert elsewhere.facts[0].effect.treated == 0


# --- decisions --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("decision", ["continue", "change", "stop"])
def test_a_decision_keeps_its_reason_and_the_figures_it_was_made_on(decision: str) -> None:
    published_item()
    an_enterprise(20)
    sent()
    actor = official("policy_author", HARBIN).actor()
    with one_event("policies.evaluated") as events:
        number = record_evaluation(actor=actor, code="HIRING", decision=decision, reason="覆盖不足", now=NOW)
    assert events[0]["id"] == number and events[0]["reason"] == "覆盖不足"
    row = EvaluationDecision.objects.get()
    assert (row.figures["entitled"], row.figures["paid"], row.event_id) == (1, None, number)
    [shown] = evaluate(actor=actor, code="HIRING", now=NOW).decisions
    assert (shown.decision, shown.reason, shown.version) == (decision, "覆盖不足", 1)


@pytest.mark.django_db
def test_who_may_not_publish_there_decides_nothing() -> None:
    published_item()
    matched()
    author = official("policy_author", HARBIN).actor()
    others = (official("supervisor", HARBIN), an_enterprise()[1])
    elsewhere = official("policy_author", QIQIHAR).actor()
    with no_event():
        for who in others:
            with pytest.raises(NotAllowed):
                record_evaluation(actor=who.actor(), code="HIRING", decision="stop", reason="理由", now=NOW)
        with pytest.raises(ItemNotFound):
            record_evaluation(
                actor=elsewhere,
                code="HIRING",
                decision="stop",
                reason="理由",
                now=NOW,
            )
        for decision, reason in (("stop", " "), ("stop", "长" * 1001), ("pause", "理由")):
            with pytest.raises(InvalidEvaluation):
                record_evaluation(actor=author, code="HIRING", decision=decision, reason=reason, now=NOW)
    withdraw_item(actor=SYSTEM, code="HIRING", reason="调整", now=NOW)
    with pytest.raises(NotPossibleNow):
        record_evaluation(actor=author, code="HIRING", decision="stop", reason="理由", now=NOW)


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_page_tells_what_is_not_known_and_takes_a_decision(django_assert_max_num_queries: Any) -> None:
    published_item()
    party, who = an_enterprise(20)
    sent()
    rates(who, party, 4, "=1+1")
    client = signed_in(official("policy_author", HARBIN))
    address = "/desk/policies/items/HIRING/evaluation/"
    with django_assert_max_num_queries(45):
        page = client.get(address).content.decode()
    assert "不作零计" in page and "不足 5 家" in page and "从今晚起" in page
    assert "按地区的触达情况" in page and "按规模" in page
    assert "影响未知" in client.get(f"{address}?effect=1").content.decode()
    refused = client.post(f"{address}decide", {"decision": "change", "reason": " "})
    assert refused.status_code == 400
    assert client.post(f"{address}decide", {"decision": "change", "reason": "覆盖不足"}).status_code == 302
    assert "覆盖不足" in client.get(address).content.decode()
    file = b"".join(client.get(f"{address}?export=csv")).decode("utf-8-sig")
    assert "全部,符合条件,1,家" in file and "全部,已兑付,,家" in file
    listed = b"".join(client.get(f"{address}opinions/?export=csv")).decode("utf-8-sig")
    assert "'=1+1" in listed and party.name not in listed


@pytest.mark.django_db
def test_an_enterprise_rates_in_the_portal() -> None:
    published_item()
    party, who = an_enterprise(20)
    small, owner = an_enterprise(2)
    client = signed_in(who)
    address = f"/policies/mine/{party.pk}/HIRING/opinion"
    assert "非常满意" in client.get(address).content.decode()
    assert client.post(address, {"rating": "9"}).status_code == 400
    assert client.post(address, {"rating": "5", "comment": "很好"}).status_code == 302
    assert "再次提交会替换" in client.get(address).content.decode()
    assert "才能评价" in signed_in(owner).get(f"/policies/mine/{small.pk}/HIRING/opinion").content.decode()
    assert signed_in(owner).get(address).status_code == 404
