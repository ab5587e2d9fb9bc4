"""Proposals from the catalogue alone and from what was learned; models as they are kept; figures."""

from __future__ import annotations

import io
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yingshang.areas.appeals.dispatching.figures import measure, measure_with, train
from yingshang.areas.appeals.dispatching.learned import Model
from yingshang.areas.appeals.dispatching.proposals import Proposal, propose
from yingshang.areas.appeals.dispatching.topics import topics
from yingshang.areas.appeals.errors import InvalidRules
from yingshang.areas.appeals.sample_texts import sample_text, sample_texts

DAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def model() -> Model:
    return train(_cases(600, seed=1), day=DAY)


def _cases(count: int, *, seed: int) -> list[tuple[str, str]]:
    return [(each.text, each.dispatched_as) for each in sample_texts(count, seed=seed, wordings="known")]


@pytest.mark.parametrize(
    ("text", "topic", "kind"),
    [
        ("厂里从昨晚停电到现在，变压器坏了", "power-outage", "industry-information"),
        ("留抵退税一直没有到账", "tax-refund", "tax"),
        ("施工许可证办不下来，没法开工", "construction-permit", "housing-construction"),
        ("劳动仲裁裁决要我们给离职员工经济补偿", "labour-dispute", "human-resources"),
        ("平台公司拖欠工程款三年", "government-arrears", "industry-information"),
        ("货车限行没有通行证进不了城", "truck-access", "public-security"),
    ],
)
def test_the_catalogue_alone_knows_plain_cases(text: str, topic: str, kind: str) -> None:
    found = propose(text, model=None)
    assert (found.topic, found.agency_kinds[0]) == (topic, kind)
    assert any(reason.source == "catalogue" and reason.word in text for reason in found.reasons)


@pytest.mark.parametrize(
    "text", ["", "您好，请尽快解决，谢谢！", "＊＊＊ 123 。。。", "\U0001f621\U0001f621"]
)
def test_what_says_nothing_is_for_a_person(text: str, model: Model) -> None:
    found = propose(text, model=None)
    assert (found.topics, found.topic, found.agency_kinds, found.confidence) == ((), "", (), 0.0)
    assert propose(text, model=model).confidence < 0.5


def test_signs_raise_difficulty_and_urgency_and_say_so() -> None:
    plain = propose("宽带网络信号不好", model=None)
    assert (plain.difficulty, plain.urgency) == ("simple", "normal")
    raised = propose("宽带网络信号不好，好几个部门都说不归他们管，生产线停了，紧急！", model=None)
    assert (raised.difficulty, raised.urgency) == ("hard", "urgent")
    assert {each.word for each in raised.reasons if each.source == "sign"} == {"几个部门", "紧急"}
    # What the topic says is never lowered.
    assert propose("土地指标排不上，没有地扩建，互相推", model=None).difficulty == "hard"


def test_what_was_learned_is_better_than_the_catalogue_and_says_which_words(model: Model) -> None:
    unseen = [(each.text, each.topic) for each in sample_texts(300, seed=2, wordings="known")]
    cold, learned = measure_with(unseen, None), measure_with(unseen, model)
    assert learned.top1 > cold.top1 + 0.08
    assert learned.top3 > cold.top3 + 0.05
    found = propose("员工孩子今年上一年级，没有学位", model=model)
    assert found.topic == "schooling"
    assert any(reason.source == "closed_cases" for reason in found.reasons)


def test_wordings_nobody_has_closed_keep_what_the_catalogue_knows(model: Model) -> None:
    unseen = [(each.text, each.topic) for each in sample_texts(300, seed=3, wordings="new")]
    cold, learned = measure_with(unseen, None), measure_with(unseen, model)
    assert learned.top1 > cold.top1 - 0.05


def test_a_topic_without_closed_cases_is_still_proposed(model: Model) -> None:
    without = train([case for case in _cases(200, seed=1) if case[1] != "customs"], day=DAY)
    assert "customs" not in without.topics
    found = propose("货柜卡在海关查验，报关滞港", model=without)
    assert found.topic == "customs"
    assert all(reason.source == "catalogue" for reason in found.reasons)


def test_probabilities_are_ranked_and_add_up_to_no_more_than_one(model: Model) -> None:
    for code in list(topics())[::9]:
        found = propose(sample_text(code, seed=1), model=model)
        shares = [share for _, share in found.topics]
        assert shares == sorted(shares, reverse=True) and 0 < sum(shares) <= 1 + 1e-9
        assert found.confidence == shares[0]
        assert set(topics()[found.topic].kinds) <= set(found.agency_kinds)
        assert sum(each.weight for each in found.reasons if each.source != "sign") <= 1.001


def test_a_model_is_the_same_after_it_was_kept(model: Model) -> None:
    again = Model.from_bytes(model.to_bytes())
    assert (again.topics, dict(again.counts), again.day, again.cases) == (
        model.topics,
        dict(model.counts),
        DAY,
        600,
    )
    assert again.figures == model.figures and again.figures["count"] == 120
    for each in sample_texts(40, seed=4):
        one, other = propose(each.text, model=model), propose(each.text, model=again)
        assert one.topic == other.topic
        assert one.confidence == pytest.approx(other.confidence, abs=0.01)


def test_the_same_cases_give_the_same_model() -> None:
    cases = _cases(60, seed=5)
    one, other = train(cases, day=DAY), train(cases, day=DAY)
    assert np.array_equal(one.weights, other.weights) and one.figures == other.figures


def test_what_is_no_model_is_refused(model: Model) -> None:
    kept = model.to_bytes()
    with np.load(io.BytesIO(kept)) as parts:
        arrays = dict(parts)
    short = io.BytesIO()
    np.savez(short, **{**arrays, "weights": arrays["weights"][:, 1:]})
    pickled = io.BytesIO()
    np.savez(pickled, **{**arrays, "about": np.array([{"version": 1}], dtype=object)})
    for wrong in (b"", b"nothing", kept[:200], short.getvalue(), pickled.getvalue()):
        with pytest.raises(InvalidRules):
            Model.from_bytes(wrong)


def test_figures_are_of_the_newest_fifth_and_say_how_sure_is_how_right() -> None:
    figures = measure(_cases(500, seed=6), day=DAY)
    assert figures.count == 100
    assert 0 < figures.top1 <= figures.top3 <= 1
    assert sum(band.count for band in figures.bands) == 100
    assert sum(each.count for each in figures.by_topic.values()) == 100
    share, right = figures.sure(0.85)
    assert share == pytest.approx(sum(b.count for b in figures.bands if b.least >= 0.85) / 100)
    assert 0 <= right <= 1
    kept = figures.to_dict()
    assert kept["top1"] == round(figures.top1, 4) and set(kept["by_topic"]) == set(figures.by_topic)


@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_few_cases_are_no_mistake(count: int) -> None:
    cases = _cases(count, seed=7)
    assert train(cases, day=DAY).cases == count
    found = propose("停电了", model=train(cases, day=DAY))
    assert found.topic == "power-outage"


def test_cases_of_topics_there_are_no_more_are_left_out() -> None:
    assert train([("停电", "gone"), ("停水", "water-supply")], day=DAY).topics == ("water-supply",)
    assert measure([], day=DAY).count == 0


@given(st.text(max_size=400))
@settings(max_examples=50)
def test_anything_can_be_said(text: str) -> None:
    found = propose(text, model=None)
    assert isinstance(found, Proposal) and 0 <= found.confidence <= 1


def test_made_up_appeals_are_the_same_for_a_seed_and_differ_among_themselves() -> None:
    one, other = list(sample_texts(200, seed=8)), list(sample_texts(200, seed=8))
    assert one == other
    assert len({each.text for each in one}) > 190
    assert sum(each.topic != each.dispatched_as for each in one) in range(3, 30)
    assert sample_text("customs", seed=1) == sample_text("customs", seed=1)
    assert sample_text("customs", seed=1, wordings="new") != sample_text("customs", seed=1, wordings="known")
    # Nothing that has to be filled in is left open.
    assert not any("{" in each.text for each in one)
