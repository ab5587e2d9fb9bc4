"""Places named in appeals."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yingshang.areas.appeals.dispatching.places import places_in, within_home

DAOLI, HARBIN, BINXIAN = "230102", "230100", "230125"


@pytest.mark.parametrize(
    ("text", "home", "codes"),
    [
        ("我们在道里区经营餐馆，哈尔滨市停水", HARBIN, ["230102"]),
        # By its short name only at home.
        ("道里停电了", DAOLI, ["230102"]),
        ("道里停电了", "440304", []),
        # A name many places bear: the one at home, or none.
        ("朝阳区的门店", "110105", ["110105"]),
        ("朝阳区的门店", "220100", ["220104"]),
        ("朝阳区的门店", "", []),
        ("长春市朝阳区的门店", "", ["220104"]),
        # A township at home, of another place not.
        ("太平镇修路", DAOLI, ["230102101"]),
        ("太平镇修路", "440304", []),
        ("我在宾县宾州镇的厂", BINXIAN, ["230125100"]),
        # A street is no place, nor is a word that only begins like one.
        ("中山路堵车", HARBIN, []),
        ("市场监管局不给办", HARBIN, []),
        ("", HARBIN, []),
    ],
)
def test_what_is_named(text: str, home: str, codes: list[str]) -> None:
    assert [each.code for each in places_in(text, home=home)] == codes


def test_the_name_of_a_company_says_little() -> None:
    first, second = places_in("哈尔滨市南岗区某某机械有限公司，厂在松北区", home=DAOLI)
    assert (first.name, second.name) == ("松北区", "南岗区")
    assert first.weight > 2 * second.weight
    assert first.word == "松北区"


def test_within_the_prefecture_of_home() -> None:
    (nangang,) = places_in("南岗区", home=DAOLI)
    (shenzhen,) = places_in("深圳市", home=DAOLI)
    assert within_home(nangang, DAOLI) and not within_home(shenzhen, DAOLI)


@given(st.text(st.sampled_from("道里区哈尔滨市南岗朝阳省县镇中山路有限公司，停电"), max_size=60))
@settings(max_examples=60)
def test_whatever_is_named_stands_in_the_text(text: str) -> None:
    for place in places_in(text, home=DAOLI):
        assert place.word in text
        assert place.weight > 0
