"""The facts catalogue: free of contradictions, and rich enough for the published policies it was made for."""

import re

import pyarrow as pa
import pytest

from yingshang.kernel.reference import api
from yingshang.kernel.reference.facts import _fact
from yingshang.kernel.reference.reference_data import load_yaml

# The facts that 48 published policies (2020–2026) speak of in conditions, amounts and examples, under the working
# names they were collected with → where the catalogue holds them. `list.field` is a field of a list of contexts.
NEEDED = {
    "apply.date": "apply.date",
    "apply.months_since_first_contract": "apply.months_since_first_contract",
    "award.national_sci_3y_top3": "award.national_sci_3y_top3",
    "biz.segment_years": "biz.segment_years",
    "borrower.kind": "borrower.kind",
    "carbon.reduction_t": "carbon.reduction_t",
    "convert.date": "convert.date",
    "convert.original_established": "convert.original_established",
    "convert.owner_changed_1y": "convert.owner_changed_1y",
    "domestic_tier.met_count_of_7": "products.domestic_criteria_met",
    "emp.insured_count": "emp.insured_count",
    "emp.layoff_rate.prev_year": "emp.layoff_rate.prev_year",
    "emp.total": "emp.total",
    "energy.annual_tce": "energy.annual_tce",
    "energy.saving_tce": "energy.saving_tce",
    "energy.unit_reaches_benchmark": "energy.unit_reaches_benchmark",
    "ent.abnormal_list": "ent.abnormal_list",
    "ent.arrears.wage_or_ins": "ent.arrears.wage_or_ins",
    "ent.credit_3y_clean": "ent.credit_3y_clean",
    "ent.field": "ent.field",
    "ent.industry": "ent.industry",
    "ent.is_above_scale": "stat.is_above_scale",
    "ent.is_labor_dispatch": "ent.is_labor_dispatch",
    "ent.kind (服务业小微)": "ent.size",
    "ent.kind (服务业)": "stat.sector",
    "ent.major_violation_3y": "ent.major_violation_3y",
    "ent.ownership": "ent.ownership",
    "ent.qualification": "ent.qualification",
    "ent.qualification.prev_year": "ent.qualification.prev_year",
    "ent.qualification_event": "ent.qualification_event",
    "ent.region": "ent.region",
    "ent.region (镇)": "ent.town",
    "ent.sector": "ent.sector",
    "ent.size": "ent.size",
    "ent.type": "ent.type",
    "ent.violation_3y": "ent.violation_3y",
    "eval.score": "eval.score",
    "expo.kind": "exhibitions.kind",
    "expo.fee by market": "exhibitions.market",
    "expo.cost": "exhibitions.cost",
    "fdi.actual_new_year": "fdi.actual_new_year",
    "fdi_rmb": "fdi.actual_new_year_cny",
    "fdi.actual_registered_capital": "fdi.actual_registered_capital",
    "fdi.in_leading_industry": "fdi.in_leading_industry",
    "fdi.is_merger": "fdi.is_merger",
    "fin.debt_ratio.prev_year_end": "fin.debt_ratio.prev_year_end",
    "fin.main_biz_ratio": "fin.main_biz_ratio",
    "fin.main_revenue": "fin.main_revenue",
    "fin.rd.delta_yoy": "fin.rd.delta_yoy",
    "fin.rd.prev_year": "fin.rd.prev_year",
    "fin.rd.year": "fin.rd.2025",
    "fin.rd.yoy": "fin.rd.yoy",
    "fin.rd_ratio": "fin.rd_ratio",
    "fin.rd_ratio.each_of_2y": "fin.rd_ratio.each_of_2y",
    "fin.rd_total_2y": "fin.rd_total_2y",
    "fin.revenue": "fin.revenue.2022",
    "fin.revenue.prev_year": "fin.revenue.prev_year",
    "fin.revenue_cagr_2y": "fin.revenue_cagr_2y",
    "fin.revenue_delta": "fin.revenue_delta",
    "fin.revenue_yoy": "fin.revenue_yoy",
    "hire.contract_months": "hires.contract_months",
    "hire.contract_signed": "hires.contract_signed",
    "hire.eligible_count_12m": "hire.eligible_count_12m",
    "hire.employed_months": "hires.employed_months",
    "hire.ins_months_paid": "hires.insured_months",
    "hire.is_hard_to_employ": "hires.is_hard_to_employ",
    "hire.person_type": "hires.person_type",
    "hire.years_since_graduation": "hires.years_since_graduation",
    "hire premium": "hires.monthly_premium",
    "hire retirement": "hires.years_to_retirement",
    "eligible_hires": "hire.eligible_hires",
    "insure.premium_paid": "insurances.premium_paid",
    "insure.premium": "insurances.premium",
    "insure.rate_permille": "insurances.rate_permille",
    "investor.is_global500": "investor.is_global500",
    "ip.class1_count": "ip.class1_count",
    "ip.invention_granted": "ip.invention_granted",
    "jobs.created_12m": "jobs.created_12m",
    "lease.landlord_kind": "lease.landlord_kind",
    "monthly_rent": "lease.monthly_rent",
    "loan.disbursed_date": "loans.disbursed_date",
    "loan.kind": "loans.kind",
    "loan.prior_times": "loan.prior_times",
    "loan.purpose": "loans.purpose",
    "loan.principal": "loans.principal",
    "loan.rate": "loans.annual_rate",
    "loan.years": "loans.term_years",
    "lpr": "reference.lpr_1y",
    "market.domestic_rank": "market.domestic_rank",
    "market.share": "market.share",
    "output": "output.q1",
    "output.prev": "output.q1_prev",
    "output.q1_yoy": "output.q1_yoy",
    "owner.person_type": "owner.person_type",
    "power.avg_daily_2022": "power.avg_daily.2022",
    "power.avg_daily_20230117_20230205": "power.avg_daily_spring_festival.2023",
    "P062 insured": "emp.unemployment_insured",
    "P002 premium": "emp.unemployment_premium.prev_year",
    "product.first_release_sale": "products.first_release_sale",
    "product.in_catalog": "products.catalogue",
    "product.in_list": "products.catalogue",
    "product.localization_ratio": "products.localization_ratio",
    "product.rd_total": "products.rd_total",
    "both_in_province": "products.user_in_same_province",
    "project.field": "projects.field",
    "project.in_statistics": "projects.in_statistics",
    "project.invest": "projects.invest",
    "project.kind": "projects.kind",
    "qual.upgrade": "qual.upgrade",
    "agriculture leader from": "ent.agriculture_leader.before",
    "agriculture leader to": "ent.agriculture_leader.after",
    "region.medium_high_risk_2022": "region.medium_high_risk_2022",
    "sale.2019": "sale.value.2019",
    "sale.date": "products.sale_date",
    "sale.first_year_contract": "products.first_year_contract",
    "sale.q_yoy": "sale.q_yoy",
    "sale.received_ratio": "products.received_ratio",
    "sale.second_order": "products.second_order",
    "sale.year": "sale.value.2025",
    "sale.yoy": "sale.yoy",
    "sale.first_reached_before": "sale.reached_500m_before",
    "P057 delta": "sale.first_year_increment",
    "P054 growth of the district": "region.trade_growth",
    "stat.first_above_scale": "stat.first_above_scale",
    "stat.first_above_scale_industrial": "stat.first_above_scale_industrial",
    "stat.first_in_library": "stat.first_in_library",
    "stat.first_in_statistics": "stat.first_in_statistics",
    "stat.is_limit_above": "stat.is_limit_above",
    "stat.is_limit_below_sample": "stat.is_limit_below_sample",
    "stat.not_dropped_next_year": "stat.not_dropped_next_year",
    "stat.sector": "stat.sector",
    "new_built": "ent.is_new_built",
    "tax.filing_ok": "tax.filing_ok",
    "tax.is_small_profit": "tax.is_small_profit",
    "tax.payer_kind": "tax.payer_kind",
    "tax.rd_superdeduction_filed": "tax.rd_superdeduction_filed",
    "tax.taxable_income": "tax.taxable_income",
    "test.cnas_and_cma": "products.cnas_and_cma",
    "tour.bus_group_pax": "tours.passengers",
    "tour.charter_pax": "tours.kind",
    "tour nights": "tours.nights",
    "tour.out_province_overnight_year": "tour.out_province_overnight_year",
    "trade.value.prev_year": "trade.value.prev_year",
    "trade.supported_2y": "trade.supported_2y",
    "elec_fee": "energy.electricity_fee_q2",
    "water_t": "energy.water_q2",
    "gas_m3": "energy.gas_q2",
    "上年度全国城镇调查失业率控制目标": "reference.unemployment_target.prev_year",
}

FEEL_NAME = re.compile(r"[A-Za-z_\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff]*")
CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
DURATION = re.compile(r"P\d+[YMD]")


@pytest.mark.parametrize("place", NEEDED.values(), ids=NEEDED)
def test_published_policies_find_their_facts(place):
    head, _, field = place.rpartition(".")
    if head in api.facts() and api.facts()[head].fields:
        assert field in {item.code for item in api.facts()[head].fields}
    else:
        assert api.get_fact(place)


def test_every_fact_is_well_formed():
    assert len(api.facts()) >= 120
    for fact in api.facts().values():
        assert CODE.fullmatch(fact.code), fact.code
        assert FEEL_NAME.fullmatch(fact.name), fact.name
        assert DURATION.fullmatch(fact.fresh_for), fact.code
        assert fact.agency
        for item in (fact, *fact.fields):
            assert (item.type == "number") == (item.decimals is not None)
            assert isinstance(api.arrow_type(item), pa.DataType)
            if item.type == "number" and item.unit in {"元", "美元"}:
                assert item.decimals == 2
            if item.minimum is not None and item.maximum is not None:
                assert item.minimum < item.maximum
        names = [field.name for field in fact.fields]
        assert len(names) == len(set(names)) and all(FEEL_NAME.fullmatch(name) for name in names)


def test_catalogue_says_where_it_comes_from():
    metadata = load_yaml("facts.yaml")["metadata"]
    assert metadata["version"] and metadata["date"] and metadata["status"] and metadata["sources"]


def test_series_are_named_by_year():
    revenue = api.get_fact("fin.revenue")
    assert revenue.column(2025) == "fin.revenue.2025"
    assert api.get_fact("fin.revenue.2025") is revenue
    assert api.get_fact("fin.revenue.prev_year").series_of == "fin.revenue"
    with pytest.raises(api.UnknownFact):
        revenue.column()
    with pytest.raises(api.UnknownFact):
        api.get_fact("emp.total").column(2025)


@pytest.mark.parametrize("code", ["fin.revenu", "emp.total.2025", "fin.revenue.25"])
def test_unknown_fact_is_refused(code):
    with pytest.raises(api.UnknownFact) as caught:
        api.get_fact(code)
    assert caught.value.code == "reference.unknown_fact"


BASE = {
    "code": "a.b",
    "name": "名",
    "type": "string",
    "agency": "税务局",
    "sensitivity": "public",
    "fresh_for": "P1Y",
}


@pytest.mark.parametrize(
    "change",
    [
        {"type": "text"},
        {"type": "number"},
        {"unit": "元"},
        {"sensitivity": "secret"},
        {"about": "world"},
        {"fields": []},
        {"type": "list<context>"},
        {"agency": None},
    ],
    ids=str,
)
def test_contradictions_are_refused(change):
    entry = {key: value for key, value in (BASE | change).items() if value is not None}
    with pytest.raises(api.InvalidCatalogue):
        _fact(entry)
