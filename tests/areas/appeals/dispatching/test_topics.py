"""Topics, the responsibilities catalogue, and the words they are told by."""

from __future__ import annotations

import pytest

from yingshang.areas.appeals.dispatching import parameters
from yingshang.areas.appeals.dispatching import topics as module
from yingshang.areas.appeals.dispatching.topics import kinds_within, matters, signs, topic_groups, topics
from yingshang.areas.appeals.dispatching.words import own_words, words_of
from yingshang.areas.appeals.errors import InvalidRules
from yingshang.kernel.reference.api import agencies_of, agency_kinds

# 道里区 of Harbin, 宾县 below it, 福田区 of Shenzhen: the county's agencies and those above it.
ABOVE = {"230102": "230100", "230125": "230100", "440304": "440300"}


@pytest.mark.parametrize("county", ABOVE)
def test_every_topic_has_an_agency_in_the_county_and_its_leader_in_the_county_or_above(county: str) -> None:
    here = {each.kind for each in agencies_of(county)}
    province = {each.kind for each in agencies_of(county[:2] + "0000")}
    reach = here | province | {each.kind for each in agencies_of(ABOVE[county])}
    for topic in topics().values():
        kinds = kinds_within(topic, county)
        assert kinds and kinds[0] in reach, topic.code
        assert here & set(kinds), topic.code


def test_kinds_of_topics_and_matters_are_kinds_of_agencies() -> None:
    for topic in topics().values():
        assert set(topic.kinds) <= set(agency_kinds()), topic.code
        assert not any(agency_kinds()[kind].nature == "source" for kind in topic.kinds), topic.code
        assert topic.words and topic.group in topic_groups()
    assert {each.topic for each in matters()} == set(topics())
    assert all(each.basis and each.words for each in matters())


def test_a_kind_of_one_province_is_passed_over_elsewhere() -> None:
    conduct = topics()["conduct"]
    assert kinds_within(conduct, "230102")[0] == "business-environment"
    assert kinds_within(conduct, "440304") == ("government", "complaints")


def test_each_file_says_where_it_is_from() -> None:
    for name in (
        "topics.yaml",
        "responsibilities.yaml",
        "dispatching.yaml",
        "sample_texts.yaml",
        "alike.yaml",
    ):
        told = parameters.read_data(name)["metadata"]
        assert told["date"] and told["sources"] and told["status"], name


def test_a_word_of_the_catalogue_is_cut_as_one_wherever_it_stands() -> None:
    for word in own_words():
        if len(word) > 1 and word.isalpha():
            assert word in words_of(f"我们{word}"), word


def test_numbers_signs_and_words_of_every_appeal_are_left_out() -> None:
    assert words_of("您好，我们公司 13800138000 ＊＊＊ 2026年 ！！！") == []
    assert words_of("") == []
    assert {each.to for each in signs().values()} == {"hard", "complex", "urgent"}


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("topics.yaml", {"kinds": ["power-company-of-nowhere"]}),
        ("topics.yaml", {"difficulty": "impossible"}),
        ("topics.yaml", {"group": "nowhere"}),
        ("responsibilities.yaml", {"kind": "customs"}),
    ],
)
def test_a_wrong_row_is_named(monkeypatch: pytest.MonkeyPatch, name: str, wrong: dict[str, object]) -> None:
    kept = parameters.read_data(name)
    rows = kept["topics" if name == "topics.yaml" else "matters"]
    rows[0] = {**rows[0], **wrong}
    monkeypatch.setattr(
        module, "read_data", lambda asked: kept if asked == name else parameters.read_data(asked)
    )
    reader = module.topics if name == "topics.yaml" else module.matters
    with pytest.raises(InvalidRules):
        reader.__wrapped__()
