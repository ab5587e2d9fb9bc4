"""GB/T 2260 as a tree."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingshang.kernel.parties import api
from yingshang.kernel.parties.reference_data import load_json

codes = st.sampled_from(sorted(api.regions()))


def test_table_counts_and_source():
    counts = Counter(region.level for region in api.regions().values())
    assert counts == {"country": 1, "province": 34, "prefecture": 333, "county": 2847}
    metadata = load_json("regions.json")["metadata"]
    assert metadata["date"] == "2026-09-11"
    assert "CC BY 4.0" in metadata["licence"]


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


@given(codes)
def test_everything_is_within_its_ancestors_and_hangs_on_the_country(code):
    above = list(api.ancestors_of(code))
    assert above[0].code == code and above[-1].code == api.COUNTRY
    assert all(api.region_is_within(code, region.code) for region in above)


@given(codes, codes)
def test_being_within_is_antisymmetric(one, other):
    if one != other:
        assert not (api.region_is_within(one, other) and api.region_is_within(other, one))


@pytest.mark.parametrize("code", ["440302", "500112", "999999", "", "南山", "4403051"])
def test_unknown_code_is_refused_with_suggestions(code):
    with pytest.raises(api.UnknownRegion) as caught:
        api.get_region(code)
    assert caught.value.code == "parties.unknown_region"
    with pytest.raises(api.UnknownRegion):
        api.region_is_within("440305", code)
    with pytest.raises(api.UnknownRegion):
        api.region_is_within(code, "440000")


def test_suggestions_stay_near():
    assert all(region.code.startswith("4403") for region in api.suggest_regions("440302"))
    assert api.suggest_regions("南山区")[0].name == "南山区"
    assert api.suggest_regions("") == []
