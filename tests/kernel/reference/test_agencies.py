"""Kinds of agencies, and the agencies of regions at all four levels."""

from __future__ import annotations

import pytest

from yingshang.kernel.reference import agencies, api
from yingshang.kernel.reference.reference_data import load_yaml

HEILONGJIANG = [code for code in api.regions() if code.startswith("23")]


def names(region: str) -> dict[str, str]:
    return {each.kind: each.name for each in api.agencies_of(region)}


def test_every_agency_of_the_fact_catalogue_is_of_one_kind():
    for fact in api.facts().values():
        assert fact.agency in api.agency_kind_of_source(fact.agency).source_names
    assert api.agency_kind_of_source("税务局").code == "tax"
    assert api.agency_kind_of_source("企业填报").nature == "source"
    declared = {name for kind in api.agency_kinds().values() for name in kind.source_names}
    assert declared == {fact.agency for fact in api.facts().values()}, "names the catalogue does not use"


@pytest.mark.parametrize(
    ("region", "kind", "name"),
    [
        ("230000", "finance", "黑龙江省财政厅"),
        ("230000", "business-environment", "黑龙江省营商环境建设监督局"),
        ("230000", "tax", "国家税务总局黑龙江省税务局"),
        ("230000", "customs", "中华人民共和国哈尔滨海关"),
        ("230000", "government", "黑龙江省人民政府"),
        ("230100", "development-reform", "哈尔滨市发展和改革委员会"),
        ("230100", "natural-resources", "哈尔滨市自然资源和规划局"),
        ("232700", "government", "大兴安岭地区行政公署"),
        ("232700", "finance", "大兴安岭地区财政局"),
        ("232700", "public-security", "大兴安岭地区公安局"),
        ("232700", "state-assets", "大兴安岭地区行政公署国有资产监督管理委员会"),
        ("429021", "public-security", "神农架林区公安局"),
        ("230102", "market-regulation", "哈尔滨市道里区市场监督管理局"),
        ("230102", "ecology-environment", "哈尔滨市道里生态环境局"),
        ("230102", "public-security", "哈尔滨市公安局道里分局"),
        ("230125", "public-security", "宾县公安局"),
        ("230125", "ecology-environment", "哈尔滨市宾县生态环境局"),
        ("230183", "tax", "国家税务总局尚志市税务局"),
        ("230102001", "government", "哈尔滨市道里区兆麟街道办事处"),
        ("230102001", "convenience-center", "哈尔滨市道里区兆麟街道便民服务中心"),
        ("230125100", "government", "宾县宾州镇人民政府"),
        ("110000", "finance", "北京市财政局"),
        ("110101", "finance", "北京市东城区财政局"),
        ("110000", "customs", "中华人民共和国北京海关"),
        ("450000", "finance", "广西壮族自治区财政厅"),
        ("429021", "finance", "神农架林区财政局"),
        ("429004", "finance", "仙桃市财政局"),
        ("000000", "tax", "国家税务总局"),
    ],
)
def test_names(region, kind, name):
    assert names(region)[kind] == name


def test_levels_have_what_they_have():
    assert set(names("230102001")) == {"government", "convenience-center"}
    assert "housing-fund" not in names("230000") and "housing-fund" in names("230100")
    assert "customs" not in names("230100")
    assert "business-environment" not in names("440000"), "only in Heilongjiang"
    assert api.agencies_of("710000") == api.agencies_of("810000") == api.agencies_of("820000") == ()


def test_codes_and_names_are_unique_and_always_the_same():
    specs = [spec for region in HEILONGJIANG for spec in api.agencies_of(region)]
    assert len({spec.code for spec in specs}) == len(specs) > 5000
    assert len({(spec.name, spec.kind) for spec in specs}) == len(specs)
    for spec in specs:
        assert spec.code == f"{spec.region_code}-{spec.kind}" and len(spec.code) <= 40
        assert len(spec.name) <= 80 and "{" not in spec.name
        assert spec.level == api.get_region(spec.region_code).level
        assert api.get_agency_kind(spec.kind).nature != "source"
    assert api.agencies_of("230100") == api.agencies_of("230100")
    assert api.agencies_of("230100")[0] == api.AgencySpec(
        "230100-government", "哈尔滨市人民政府", "government", "prefecture", "230100"
    )


def test_every_kind_is_described():
    for code, kind in api.agency_kinds().items():
        assert code == kind.code and code.replace("-", "").isalpha() and code.islower()
        assert kind.name and kind.name_en
        assert bool(kind.names) == (kind.nature != "source")
    metadata = load_yaml("agency_kinds.yaml")["metadata"]
    assert metadata["status"].startswith("recalled") and metadata["date"] == "2026-11-21"


def test_refusals(monkeypatch):
    with pytest.raises(api.UnknownRegion):
        api.agencies_of("230199")
    for call in (api.get_agency_kind, api.agency_kind_of_source):
        with pytest.raises(api.UnknownAgencyKind) as caught:
            call("魔法部")
        assert "魔法部" in caught.value.message and "魔法部" in caught.value.message_zh
    kind = {
        "code": "a",
        "name": "甲",
        "name_en": "a",
        "nature": "agency",
        "names": {},
        "source_names": ["甲局"],
    }
    for bad in (
        [kind, kind | {"code": "b"}],
        [kind, kind],
        [kind | {"nature": "club"}],
        [kind | {"names": {"village": "x"}}],
    ):
        monkeypatch.setattr(agencies, "load_yaml", lambda name, bad=bad: {"kinds": bad})
        with pytest.raises(api.InvalidCatalogue):
            agencies.agency_kinds.__wrapped__()
