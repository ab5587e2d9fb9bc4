"""GB/T 4754-2017 as the platform holds it."""

from collections import Counter

import pytest

from yingshang.kernel.reference import api
from yingshang.kernel.reference.reference_data import load_json


def test_table_holds_every_level_and_says_where_it_is_unsure():
    counts = Counter(industry.level for industry in api.industries().values())
    assert counts == {"section": 20, "division": 97, "group": 473, "class": 1381}
    metadata = load_json("industries.json")["metadata"]
    assert metadata["standard"] == "GB/T 4754-2017"
    assert metadata["expected_counts"]["classes"] == 1380
    assert metadata["sources"] and metadata["date"] and metadata["status"]


def test_every_parent_exists():
    table = api.industries()
    for industry in table.values():
        if industry.parent_code is not None:
            parent = table[industry.parent_code]
            assert parent.section == industry.section
            assert api.industry_is_within(industry.code, parent.code)


def test_section_and_ancestry():
    assert api.section_of("3911") == "C"
    assert api.industry_is_within("3911", "39")
    assert api.industry_is_within("3911", "C")
    assert api.industry_is_within("39", "39")
    assert not api.industry_is_within("39", "3911")
    assert not api.industry_is_within("C", "39")
    assert not api.industry_is_within("5111", "C")


@pytest.mark.parametrize("code", ["", "3999", "999", "X", "391111", "电子"])
def test_unknown_code_is_refused_with_suggestions(code):
    with pytest.raises(api.UnknownIndustry) as caught:
        api.get_industry(code)
    assert caught.value.code == "reference.unknown_industry"
    assert caught.value.message_zh.startswith("GB/T 4754-2017 中没有")
    assert all(suggestion in api.industries() for suggestion in caught.value.details["suggestions"])
    with pytest.raises(api.UnknownIndustry):
        api.industry_is_within("3911", code)


def test_suggestions_by_code_and_by_name():
    assert [industry.code for industry in api.suggest_industries("3999")][:1] == ["3990"]
    assert api.suggest_industries("旅行社")[0].code == "7291"
    assert api.suggest_industries(" ") == []


@pytest.mark.parametrize(
    ("code", "group", "expected"),
    [
        ("2511", "六大高耗能行业", True),
        ("3911", "六大高耗能行业", False),
        ("3911", "工业", True),
        ("4411", "工业", True),
        ("4710", "工业", False),
        ("3911", "高技术制造业", True),
        ("6511", "高技术服务业", True),
        ("7263", "劳务派遣", True),
        ("7291", "旅行社", True),
        ("7310", "营利性服务业", False),
    ],
)
def test_industry_groups(code, group, expected):
    assert api.in_industry_group(code, group) is expected


def test_every_group_lists_codes_of_the_standard_and_its_status():
    for group in api.industry_groups().values():
        assert group.status in {"verified", "corroborated", "recalled"} and group.source
        for code in group.include + group.exclude:
            api.get_industry(code)
    with pytest.raises(api.UnknownIndustry):
        api.in_industry_group("3911", "六大高耗能")
