"""GB/T 2260 as a tree."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingshang.kernel.reference import api
from yingshang.kernel.reference.reference_data import load_json

codes = st.sampled_from(sorted(api.regions()))


def test_table_counts_and_source():
    counts = Counter(region.level for region in api.regions().values())
    assert counts == {"country": 1, "province": 34, "prefecture": 333, "county": 2847, "township": 38536}
    assert list(api.regions()) == sorted(api.regions())
    for file in ("regions.json", "townships.json"):
        metadata = load_json(file)["metadata"]
        assert metadata["date"] == "2026-09-11"
        assert "CC BY 4.0" in metadata["licence"]
        assert metadata["counts"].get("township", counts["township"]) == counts["township"]


def test_codes_have_the_digits_of_their_level():
    assert set(api.regions()) == {*api.divisions(), *api.townships()}
    assert {len(code) for code in api.divisions()} == {6}
    for code, region in api.townships().items():
        assert len(code) == 9 and code.isdigit() and code[:6] == region.parent_code, code
        assert region.level == "township" and region.name and "撤" not in region.name


def test_a_path_begins_with_the_path_of_every_ancestor_and_of_nobody_else():
    """What the database predicate rests on: over the whole table, a prefix is an ancestor and an ancestor a prefix."""
    by_path = {region.path: region for region in api.regions().values()}
    assert len(by_path) == len(api.regions())
    for region in api.regions().values():
        prefixes = {region.path[:length] for length in range(len(region.path) + 1)}
        above = {by_path[prefix].code for prefix in prefixes if prefix in by_path}
        assert above == {each.code for each in api.ancestors_of(region.code)}


@pytest.mark.parametrize(
    ("code", "path"),
    [
        (api.COUNTRY, ""),
        ("230000", "23"),
        ("230100", "2301"),
        ("230102", "230102"),
        ("230102001", "230102001"),
        ("110000", "11"),
        ("110101", "110101"),
        ("429004", "429004"),
        ("441900", "4419"),
    ],
)
def test_paths(code, path):
    assert api.get_region(code).path == path


def test_townships_hang_on_counties():
    assert {api.divisions()[item.parent_code].level for item in api.townships().values()} == {"county"}
    assert all(item.level == "township" for item in api.children_of("230102"))
    assert len([item for item in api.townships() if item.startswith("23")]) == 1292


def test_a_street_office_of_harbin():
    street = next(item for item in api.children_of("230102") if item.name == "兆麟街道")
    assert [item.name for item in api.ancestors_of(street.code)] == [
        "兆麟街道",
        "道里区",
        "哈尔滨市",
        "黑龙江省",
        "全国",
    ]
    assert api.region_path(street.code) == "黑龙江省哈尔滨市道里区兆麟街道"
    assert api.region_is_within(street.code, "230100") and not api.region_is_within("230102", street.code)
    assert not api.region_is_within(street.code, "230103")
    assert api.children_of(street.code) == () and api.leaves_of(street.code) == (street,)


def test_subtree_of_nanshan():
    for ancestor in ("440305", "440300", "440000", api.COUNTRY):
        assert api.region_is_within("440305", ancestor)
    for other in ("440304", "440100", "450000"):
        assert not api.region_is_within("440305", other)
    assert not api.region_is_within("440300", "440305")
    assert api.region_path("440305") == "广东省深圳市南山区"
    assert api.region_path(api.COUNTRY) == "全国"


@pytest.mark.parametrize(
    ("code", "parent"),
    [("110105", "110000"), ("429004", "420000"), ("659001", "650000"), ("441900", "440000")],
)
def test_divisions_directly_under_a_province(code, parent):
    found = api.parent_of(code)
    assert found is not None and found.code == parent


def test_leaves_stand_in_for_a_prefecture_without_counties():
    assert [region.code for region in api.leaves_of("441900")] == ["441900"]
    assert len(api.leaves_of("440300")) == len(api.children_of("440300")) == 9
    assert api.leaves_of("230102") == (api.get_region("230102"),)
    assert len(api.leaves_of(api.COUNTRY)) == 2847 + 4 + 3, (
        "counties, prefectures without, and 台湾 香港 澳门"
    )
    assert api.leaves_of("429004") == (api.get_region("429004"),)


@given(codes)
def test_everything_is_within_its_ancestors_and_hangs_on_the_country(code):
    above = list(api.ancestors_of(code))
    assert above[0].code == code and above[-1].code == api.COUNTRY
    assert all(api.region_is_within(code, region.code) for region in above)


@given(codes, codes)
def test_being_within_is_antisymmetric(one, other):
    if one != other:
        assert not (api.region_is_within(one, other) and api.region_is_within(other, one))


@pytest.mark.parametrize(
    "code", ["440302", "500112", "999999", "", "南山", "4403051", "230102999", "2301020011"]
)
def test_unknown_code_is_refused_with_suggestions(code):
    with pytest.raises(api.UnknownRegion) as caught:
        api.get_region(code)
    assert caught.value.code == "reference.unknown_region"
    with pytest.raises(api.UnknownRegion):
        api.region_is_within("440305", code)
    with pytest.raises(api.UnknownRegion):
        api.region_is_within(code, "440000")


def test_suggestions_stay_near():
    assert all(region.code.startswith("4403") for region in api.suggest_regions("440302"))
    assert api.suggest_regions("南山区")[0].name == "南山区"
    assert all(region.code.startswith("230102") for region in api.suggest_regions("230102999"))
    assert api.suggest_regions("兆麟街")[0].name == "兆麟街道"
    assert api.suggest_regions("999999999") == []
    assert api.suggest_regions("") == []


def test_codes_within_are_the_division_and_all_below_it():
    codes = list(api.codes_within("230100"))
    path = api.get_region("230100").path
    assert set(codes) == {region.code for region in api.regions().values() if region.path.startswith(path)}
    assert codes[0] == "230100" and len(codes) == len(set(codes))
