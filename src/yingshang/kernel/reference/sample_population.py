"""Draws one block of the invented population: parties whose facts hang together.

Everything is drawn first and hidden afterwards: each block builds its parties complete, so that sizes, ratios and
counts agree with each other, and only then leaves part of the values out, agency by agency. The size that a register
holds therefore stays right even where one of the figures behind it is unknown here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import arrow_columns as build
from . import sample_profile as profile
from .arrow_columns import Column
from .credit_code import ALPHABET, LENGTH, organisation_alphabet_value
from .enterprise_size import enterprise_sizes
from .enterprise_size_columns import UNKNOWN
from .facts import FactDefinition, facts, get_fact

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.intp]

SUBJECT = "subject"
NAME = "name"

# Bodies of invented organisation codes begin with YY and end in six characters of the 31: enough for 887 million.
_BODY_PREFIX = "YY"
_BODY_DIGITS = 6
POPULATION_LIMIT = len(ALPHABET) ** _BODY_DIGITS
# Any number without the factor 31 walks through all bodies before it repeats one, and neighbours look unrelated.
_BODY_STRIDE = 412_345_679

# A prime: it has no factor in common with any number of characters, so that no trade name comes twice.
_NAME_STRIDE = 179_424_673

# Marks the generator of towns apart from that of everything else; towns differ in size like u to this power.
_TOWNS, _TOWN_SKEW = 1, 1.8

_CREDIT_WEIGHTS = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28])
_ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
_DAYS_IN_YEAR = 365.25
_FIRST_DAY = (date(1980, 1, 1) - date(1970, 1, 1)).days

# How much research a company does, as a share of revenue: e to the power of these.
_RESEARCH_CENTRE, _RESEARCH_SPREAD = np.log(0.045), 0.55


class SampleBlock:
    """`rows` parties, numbered from `first`. The same arguments always give the same block."""

    def __init__(
        self, *, seed: int, number: int, first: int, rows: int, total: int, region: str, as_of: date
    ) -> None:
        self.random = np.random.default_rng([seed, number])
        self.seed, self.number, self.first, self.rows, self.total = seed, number, first, rows, total
        self.as_of = as_of
        self.today = (as_of - date(1970, 1, 1)).days
        self.years = (as_of.year - 3, as_of.year - 2, as_of.year - 1)
        self.industries = profile.industry_profile(get_fact("ent.field").values)
        self.regions = profile.region_profile(region, seed)
        self.columns: dict[str, Column] = {}
        # Some parties are known well and some hardly at all.
        self._obscurity = self.random.gamma(2.0, 0.5, rows).astype(np.float32)

    def record_batch(self) -> pa.RecordBatch:
        """All columns of the block, `subject` and `name` first."""
        self._draw_identity()
        self._draw_economy()
        self._draw_qualifications()
        self._registration()
        self._compliance()
        self._employment()
        self._finance()
        self._tax()
        self._statistics()
        self._energy()
        self._trade()
        self._funding()
        return pa.RecordBatch.from_arrays(list(self.columns.values()), names=list(self.columns))

    # What the parties are; nothing is written to columns here but subject and name.

    def _draw_identity(self) -> None:
        self.industry = _pick(self.random, self.industries.cumulative_weight, self.rows)
        self.section = self.industries.section[self.industry]
        self.region = _pick(self.random, self.regions.cumulative_weight, self.rows)
        draw = self.random.random(self.rows)
        self_employed = profile.section_parameter("self_employed")[self.section]
        agriculture, care = self._in_section("A"), self._in_section("P", "Q")
        self.kind = np.select(
            [
                draw < self_employed,
                agriculture & (draw < self_employed + 0.3),
                care & (draw < self_employed + 0.25),
            ],
            [1, 2, 3],
            0,
        )
        self.is_company = self.kind == 0
        self.is_self_employed = self.kind == 1
        age = self.random.gamma(2.2, 4.5, self.rows)
        self.established = np.maximum(self.today - (age * _DAYS_IN_YEAR).astype(np.int64), _FIRST_DAY)
        self.age = (self.today - self.established) / _DAYS_IN_YEAR
        self.columns[SUBJECT] = self._credit_codes()
        self.columns[NAME] = self._names()
        # Towns have a generator of their own: what was drawn before there were towns stays as it was.
        towns = np.random.default_rng([self.seed, self.number, _TOWNS])
        count = self.regions.towns[self.region]
        self.town = self.regions.first_town[self.region] + np.floor(
            towns.random(self.rows) ** _TOWN_SKEW * count
        ).astype(np.intp)
        hidden = towns.random(self.rows, dtype=np.float32) < self._obscurity * profile.missing_rate(
            get_fact("ent.town").agency
        )
        self.no_town = hidden | (count == 0)

    def _draw_economy(self) -> None:
        normal = self.random.standard_normal
        median = profile.section_parameter("employees")[self.section] * np.where(self.is_company, 1.0, 0.4)
        spread = np.where(self.is_company, 1.3, 0.6)
        staff = median * np.exp(spread * normal(self.rows) + 0.02 * np.minimum(self.age, 30))
        self.employees = np.clip(np.rint(staff), 1, 200_000).astype(np.int64)
        productivity = profile.section_parameter("revenue")[self.section] * np.exp(0.7 * normal(self.rows))
        momentum = 0.05 + 0.08 * normal(self.rows)
        growth = [np.clip(momentum + 0.18 * normal(self.rows), -0.7, 3.0) for _ in range(2)]
        last = self.employees * productivity
        before = last / (1 + growth[1])
        self.revenue = [_fen(before / (1 + growth[0])), _fen(before), _fen(last)]
        founded = self.established.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
        self.no_record = [founded > year for year in self.years]
        ratio = profile.section_parameter("assets")[self.section] * np.exp(0.6 * normal(self.rows))
        self.assets = _fen(last * ratio)
        self.liabilities = _fen(self.assets / 100 * np.minimum(1.15 * self.random.beta(4, 4, self.rows), 1.4))
        margin = 0.05 + 0.07 * normal(self.rows)
        self.profit = [_fen(year / 100 * (margin + 0.04 * normal(self.rows))) for year in self.revenue]
        research = profile.section_parameter("research")[self.section]
        self.does_research = self.is_company & (self.employees >= 5) & self._chance(research)
        intensity = np.exp(_RESEARCH_CENTRE + _RESEARCH_SPREAD * normal(self.rows))
        self.research = [
            _fen(
                np.where(
                    self.does_research,
                    year / 100 * np.clip(intensity * np.exp(0.2 * normal(self.rows)), 0.002, 0.6),
                    0,
                )
            )
            for year in self.revenue
        ]
        trade = profile.section_parameter("trade")[self.section] * np.where(self.employees >= 20, 1.6, 0.8)
        self.trades_abroad = self.is_company & self._chance(trade)
        self.size_step = self.industries.sizes.size_steps(
            self.industry, self.employees, np.where(self.no_record[2], UNKNOWN, self.revenue[2]), self.assets
        )
        self.above_scale = [
            self.is_company & ~gone & (year / 100 >= self.industries.above_scale_revenue[self.industry])
            for year, gone in zip(self.revenue, self.no_record, strict=True)
        ]

    def _draw_qualifications(self) -> None:
        tags = get_fact("ent.qualification").values
        held = {tag: np.zeros(self.rows, dtype=bool) for tag in tags}
        not_large = (self.size_step >= 0) & (self.size_step < len(enterprise_sizes()) - 1)
        ratio = _ratio(self.research[2], self.revenue[2])
        inventive = self.does_research & (self.age >= 1)
        self.inventions = np.where(
            inventive, self.random.poisson(np.minimum(self.employees * 0.03, 60) * inventive), 0
        )
        self.class_one = np.where(
            inventive, np.minimum(self.inventions, 200) + self.random.poisson(1.0 * inventive), 0
        )
        hitech = inventive & (ratio >= 0.03) & (self.employees >= 10) & self._chance(0.55)
        special = (
            hitech & not_large & (self.revenue[2] >= 10_000_000_00) & (self.age >= 2) & self._chance(0.45)
        )
        giant = special & (self.revenue[2] >= 50_000_000_00) & (self.class_one >= 4) & self._chance(0.4)
        held["高新技术企业"] = hitech
        held["高企培育库企业"] = self.does_research & ~hitech & self._chance(0.15)
        held["科技型中小企业"] = self.does_research & not_large & self._chance(0.5)
        held["创新型中小企业"] = self.does_research & not_large & (special | self._chance(0.2))
        held["专精特新中小企业"] = special
        held["专精特新“小巨人”"] = giant
        held["重点“小巨人”"] = giant & self._chance(0.2)
        held["制造业单项冠军"] = special & ~giant & self._in_section("C") & self._chance(0.03)
        factory = self.above_scale[2] & self.industries.groups["工业"][self.industry]
        held["国家级绿色工厂"] = factory & self._chance(0.02)
        held["国家级绿色供应链管理企业"] = factory & self._chance(0.006)
        draw = np.where(self._in_section("A") & (self.employees >= 10), self.random.random(self.rows), 1.0)
        held["国家级农业龙头企业"] = draw < 0.01
        held["省级农业龙头企业"] = (draw >= 0.01) & (draw < 0.05)
        held["市级农业龙头企业"] = (draw >= 0.05) & (draw < 0.16)
        self.qualifications = np.column_stack([held[tag] for tag in tags])
        self.recent_qualifications = self.qualifications & (
            self.random.random(self.qualifications.shape) < 0.15
        )
        recent = dict(zip(tags, self.recent_qualifications.T, strict=True))
        events = {
            "高企受理": held["高企培育库企业"] & self._chance(0.2),
            "首次高企": recent["高新技术企业"],
            "高企重新认定": hitech & ~recent["高新技术企业"] & self._chance(0.25),
            "新认定省专精特新": recent["专精特新中小企业"],
            "新认定国家“小巨人”": recent["专精特新“小巨人”"],
            "复核通过国家“小巨人”": giant & ~recent["专精特新“小巨人”"] & self._chance(0.3),
        }
        self.qualification_events = np.column_stack(
            [events[tag] for tag in get_fact("ent.qualification_event").values]
        )

    # The columns, agency by agency.

    def _registration(self) -> None:
        groups = {name: members[self.industry] for name, members in self.industries.groups.items()}
        self._choice(
            "ent.type",
            np.array([get_fact("ent.type").values.index(row["type"]) for row in profile.kinds()])[self.kind],
        )
        self._choice("ent.status", self._mixture(self.rows, 0.965, 0.01, 0.015, 0.01))
        self._text("ent.region", self.regions.codes, self.region)
        for code, values in (
            ("ent.town", self.regions.town_names),
            ("ent.town_code", self.regions.town_codes),
        ):
            self.columns[code] = build.text_column(values, np.where(self.no_town, 0, self.town), self.no_town)
        self._text("ent.industry", self.industries.codes, self.industry)
        self._date("ent.established", self.established)
        capital = 50_000 * np.exp(self.random.normal(1.5, 1.2, self.rows)) * np.sqrt(self.employees)
        self._number("ent.registered_capital", np.rint(capital / 10_000).astype(np.int64) * 10_000_00)
        private, foreign = (
            self._mixture(self.rows, 0.93, 0.03, 0.04),
            self._mixture(self.rows, 0.95, 0.03, 0.02),
        )
        owner = np.where(private == 0, np.select([foreign == 1, foreign == 2], [3, 4], 0), private)
        self.ownership = np.where(self.is_company, owner, 0)
        self._choice("ent.ownership", self.ownership)
        self._choice(
            "ent.size",
            np.maximum(len(enterprise_sizes()) - 1 - self.size_step, 0),
            unknown=self.size_step < 0,
        )
        self._choice(
            "ent.sector",
            np.select([groups["高技术制造业"], groups["制造业"], groups["高技术服务业"]], [0, 1, 2], 3),
        )
        self._choice("ent.field", self.industries.field[self.industry])
        self._flag("ent.is_profit_service", groups["营利性服务业"])
        self._flag("ent.is_high_energy_consuming", groups["六大高耗能行业"])
        self._flag("ent.is_labor_dispatch", groups["劳务派遣"])
        self._flag("ent.is_biomedicine", self._in_section("C") & self._chance(0.02))
        self._flag("product.is_key_link", self._in_section("C") & self._chance(0.3))
        converted = self.is_company & (self.age >= 1) & self._chance(0.04)
        self._flag("convert.is_converted", converted)
        self._date("convert.date", self.established, unknown=~converted)
        earlier = self.established - self.random.integers(200, 3000, self.rows)
        self._date("convert.original_established", earlier, unknown=~converted)
        self._flag("convert.owner_changed_1y", converted & self._chance(0.1))
        self._choice(
            "owner.person_type",
            np.where(
                self.is_self_employed,
                self._mixture(self.rows, 0.06, 0.05, 0.03, 0.04, 0.82),
                self._mixture(self.rows, 0.005, 0.005, 0.01, 0.01, 0.97),
            ),
        )
        self._tags("ent.qualification", self.qualifications)
        self._tags("ent.qualification.prev_year", self.recent_qualifications)
        self._tags("ent.qualification_event", self.qualification_events)
        self._number("ip.invention_granted", self.inventions)
        self._number("ip.class1_count", self.class_one)
        self._number(
            "biz.segment_years",
            np.floor(self.age * self.random.uniform(0.4, 1.0, self.rows)).astype(np.int64),
        )

    def _compliance(self) -> None:
        violation = self._chance(0.04)
        major = violation & self._chance(0.15)
        serious = major & self._chance(0.3)
        arrears = self._chance(0.015)
        self._flag("ent.abnormal_list", self._chance(0.03))
        self._flag("ent.serious_violation", serious)
        self._flag("ent.violation_3y", violation)
        self._flag("ent.major_violation_3y", major)
        self._flag("ent.major_accident_3y", self._chance(0.002))
        self._flag("ent.credit_3y_clean", ~(violation | arrears))
        self._flag("ent.arrears.wage_or_ins", arrears)

    def _employment(self) -> None:
        share = np.where(
            self.is_company, self.random.beta(9, 1.5, self.rows), self.random.beta(2, 3, self.rows)
        )
        insured = np.rint(self.employees * share).astype(np.int64)
        self._number("emp.total", self.employees)
        self._number("emp.insured_count", insured)
        level = insured.astype(np.float64)
        history: list[Integers] = []
        for _ in self.years:
            level = level / np.clip(self.random.normal(1.03, 0.12, self.rows), 0.5, 2.0)
            history.insert(0, np.rint(level).astype(np.int64))
        self._series("emp.insured_average", history)
        layoff = np.where(self._chance(0.45), 0.0, self.random.beta(1.2, 16, self.rows))
        self._number("emp.layoff_rate.prev_year", layoff, unknown=self.no_record[2])
        self._number(
            "emp.unemployment_premium.prev_year", _fen(insured * self.random.uniform(300, 900, self.rows))
        )
        research_staff = np.rint(self.employees * self.random.beta(2, 6, self.rows)).astype(np.int64)
        self._number("emp.rd_staff", np.where(self.does_research, np.maximum(research_staff, 1), 0))
        self._hires()

    def _hires(self) -> None:
        """People hired in the last two years; the counts of the portrait are counted from these lines."""
        random, kinds = self.random, get_fact("hires").fields[0].values
        counts = np.minimum(
            random.poisson(np.minimum(self.employees * 0.08, 30.0) * (self.employees > 1)), self.employees
        )
        lines = int(counts.sum())
        employer = np.repeat(np.arange(self.rows), counts)
        kind = _mixture(random, lines, 0.14, 0.10, 0.06, 0.05, 0.03, 0.06, 0.56)
        graduate, young, hard = kind <= 1, kind == 2, kind == 5
        age = np.select(
            [graduate, young, hard],
            [random.integers(21, 27, lines), random.integers(16, 25, lines), random.integers(40, 60, lines)],
            random.integers(20, 56, lines),
        )
        since_graduation = np.select(
            [kind == 0, kind == 1],
            [random.uniform(0, 1, lines), random.uniform(0.5, 2, lines)],
            np.maximum(age - 22, 0) + random.uniform(0, 1, lines),
        )
        newest = np.minimum(730, self.today - self.established[employer]) + 1
        days = np.floor(random.random(lines) * newest).astype(np.int64)
        months = days // 30
        employed = np.where(
            random.random(lines) < 0.85, months, np.floor(months * random.random(lines))
        ).astype(np.int64)
        insured = np.maximum(employed - random.integers(0, 3, lines), 0)
        signed = random.random(lines) < 0.96
        contract = np.where(
            signed, np.array([6, 12, 24, 36, 60])[_mixture(random, lines, 0.08, 0.24, 0.22, 0.38, 0.08)], 0
        )
        premium = random.uniform(900, 2600, lines)
        subsidised = np.where((kind < 6) & (random.random(lines) < 0.3), np.minimum(insured, 24), 0)
        retirement = np.maximum(62.0 - age - random.random(lines), 0.0)
        self._lines(
            "hires",
            counts,
            person_type=kind,
            hired_date=self.today - days,
            contract_date=self.today - days,
            age=age,
            contract_signed=signed,
            contract_months=contract,
            insured_months=insured,
            employed_months=employed,
            years_since_graduation=since_graduation,
            is_hard_to_employ=hard,
            years_to_retirement=retirement,
            years_to_retirement_first=retirement + subsidised / 12,
            monthly_premium=_fen(premium),
            subsidised_months=subsidised,
            other_premium_subsidy=random.random(lines) < 0.05,
        )
        recent = days <= 365
        eligible = recent & (kind != len(kinds) - 1) & (contract >= 12)
        expansion = (kind <= 2) & signed & (insured >= 3)
        for code, counted in (
            ("hire.eligible_count_12m", eligible),
            ("hire.eligible_hires", expansion),
            ("jobs.created_12m", recent),
        ):
            self._number(code, np.bincount(employer[counted], minlength=self.rows))

    def _finance(self) -> None:
        unknown = self._series("fin.revenue", self.revenue)
        self._same("fin.revenue.prev_year", f"fin.revenue.{self.years[2]}")
        growth = _ratio(self.revenue[2], self.revenue[1]) - 1
        self._derived("fin.revenue_yoy", growth, unknown[1] | unknown[2])
        self._derived("fin.revenue_delta", self.revenue[2] - self.revenue[1], unknown[1] | unknown[2])
        compound = np.sqrt(_ratio(self.revenue[2], self.revenue[0])) - 1
        self._derived("fin.revenue_cagr_2y", compound, unknown[0] | unknown[2])
        self._number("fin.main_biz_ratio", self.random.beta(14, 1.2, self.rows))
        self._series("fin.profit", self.profit)
        no_assets = self._number("fin.assets", self.assets)
        no_liabilities = self._number("fin.liabilities", self.liabilities)
        self._derived(
            "fin.debt_ratio.prev_year_end", _ratio(self.liabilities, self.assets), no_assets | no_liabilities
        )
        research_unknown = self._series("fin.rd", self.research)
        self._same("fin.rd.prev_year", f"fin.rd.{self.years[2]}")
        share = [_ratio(spent, earned) for spent, earned in zip(self.research, self.revenue, strict=True)]
        both = research_unknown[1] | research_unknown[2]
        self._derived("fin.rd_ratio", share[2], research_unknown[2] | unknown[2])
        self._derived(
            "fin.rd_ratio.each_of_2y", np.minimum(share[1], share[2]), both | unknown[1] | unknown[2]
        )
        self._derived("fin.rd_total_2y", self.research[1] + self.research[2], both)
        # A rise from nothing has no rate.
        self._derived(
            "fin.rd.yoy", _ratio(self.research[2], self.research[1]) - 1, both | (self.research[1] == 0)
        )
        self._derived("fin.rd.delta_yoy", self.research[2] - self.research[1], both)

    def _tax(self) -> None:
        last = self.revenue[2] / 100
        income = _fen(np.maximum(self.profit[2] / 100 * self.random.uniform(0.7, 1.1, self.rows), 0))
        restricted = self._chance(0.01)
        self._choice("tax.payer_kind", np.where((last < 5_000_000) & self._chance(0.9), 1, 0))
        self._number("tax.taxable_income", income, unknown=self.no_record[2])
        self._flag("tax.restricted_industry", restricted)
        small_profit = (
            self.is_company
            & ~restricted
            & (income <= 3_000_000_00)
            & (self.employees <= 300)
            & (self.assets <= 50_000_000_00)
        )
        self._flag("tax.is_small_profit", small_profit)
        # The first annual settlement is over by the end of May of the year after the founding.
        self._flag("tax.first_settlement_done", ~self.no_record[2 if self.as_of.month > 5 else 1])
        self._number("emp.last_month_end", self.employees)
        self._number("fin.assets_last_month_end", self.assets)
        relief = np.where(self._chance(0.02), np.minimum(income / 100 * 0.01, 6000), 0)
        self._number("tax.other_business_income_relief", _fen(relief), unknown=~self.is_self_employed)
        rate = self.random.uniform(0.005, 0.035, self.rows)
        paid = [
            _fen(year / 100 * rate + np.maximum(gain / 100, 0) * 0.15)
            for year, gain in zip(self.revenue, self.profit, strict=True)
        ]
        self._series("tax.paid", paid)
        self._number(
            "tax.six_taxes_two_fees",
            _fen(last * self.random.uniform(0.0005, 0.006, self.rows)),
            unknown=self.no_record[2],
        )
        self._flag("tax.filing_ok", self._chance(0.96))
        self._choice(
            "tax.credit_grade",
            np.where(self.no_record[2], 2, self._mixture(self.rows, 0.12, 0.55, 0.22, 0.08, 0.03)),
        )
        self._flag("tax.rd_superdeduction_filed", self.does_research & self._chance(0.85))

    def _statistics(self) -> None:
        groups = self.industries.groups
        industrial, commerce = groups["工业"][self.industry], groups["商贸业"][self.industry]
        above = self.above_scale
        first = above[2] & ~above[1]
        self._choice(
            "stat.sector",
            np.select(
                [
                    industrial,
                    self._in_section("E"),
                    commerce,
                    self._in_section("K"),
                    groups["服务业"][self.industry],
                    self._in_section("A"),
                ],
                range(6),
                6,
            ),
        )
        self._flag("stat.is_above_scale", above[2])
        self._flag("stat.is_limit_above", above[2] & commerce)
        self._flag("stat.is_limit_below_sample", ~above[2] & commerce & self._chance(0.05))
        self._flag("stat.first_above_scale", first)
        self._flag("stat.first_above_scale_industrial", first & industrial)
        self._flag("stat.first_in_statistics", first & ~above[0])
        self._flag("stat.first_in_library", first & ~above[0])
        self._flag("stat.rd_surveyed", self.does_research & (above[2] | self._chance(0.2)))
        self._number(
            "stat.years_in_library", np.where(above[2], 1 + above[1] * (1 + above[0].astype(np.int64)), 0)
        )
        sales = [_fen(year / 100 * 1.09) for year in self.revenue]
        unknown = self._series("sale.value", sales, unknown=~commerce)
        growth = _ratio(sales[2], sales[1]) - 1
        self._derived("sale.yoy", growth, unknown[1] | unknown[2])
        self._number(
            "sale.q_yoy",
            growth + self.random.normal(0, 0.1, self.rows),
            unknown=~commerce | self.no_record[2],
        )
        quarter = [
            _fen(year / 400 * self.random.normal(1.0, 0.08, self.rows).clip(0.5, 1.5))
            for year in self.revenue[1:]
        ]
        no_output = [
            self._number(code, output, unknown=~industrial | gone)
            for code, output, gone in zip(
                ("output.q1_prev", "output.q1"), quarter, self.no_record[1:], strict=True
            )
        ]
        self._derived("output.q1_yoy", _ratio(quarter[1], quarter[0]) - 1, no_output[0] | no_output[1])

    def _energy(self) -> None:
        industrial = self.industries.groups["工业"][self.industry]
        heavy = self.industries.groups["六大高耗能行业"][self.industry]
        last = self.revenue[2] / 100
        annual = (
            last
            / 10_000
            * np.where(heavy, 0.9, np.where(industrial, 0.12, 0.02))
            * self.random.lognormal(0, 0.5, self.rows)
        )
        saving = np.where(
            industrial & self._chance(0.08), annual * self.random.uniform(0.02, 0.25, self.rows), 0
        )
        self._number("energy.annual_tce", annual, unknown=~industrial)
        self._number("energy.saving_tce", saving)
        self._number("carbon.reduction_t", saving * 2.6)
        self._flag("energy.unit_reaches_benchmark", industrial & self._chance(0.15))
        self._number(
            "energy.electricity_fee_q2",
            _fen(last / 4 * np.where(industrial, 0.02, 0.006) * self.random.lognormal(0, 0.6, self.rows)),
        )
        self._number("energy.water_q2", self.employees * self.random.uniform(2, 12, self.rows))
        uses_gas = industrial & self._chance(0.4) | self.industries.groups["餐饮住宿"][self.industry]
        self._number(
            "energy.gas_q2",
            np.where(uses_gas, last / 4 * 0.001 * self.random.lognormal(0, 0.6, self.rows), 0),
        )

    def _trade(self) -> None:
        share = np.where(self.trades_abroad, self.random.beta(1.5, 2.5, self.rows), 0)
        dollars = [_fen(year / 100 / 7.1 * share) for year in self.revenue]
        self._series("trade.value", dollars)
        self._same("trade.value.prev_year", f"trade.value.{self.years[2]}")
        self._flag("trade.supported_2y", self.trades_abroad & self._chance(0.12))
        foreign = self.ownership >= 3
        invests = foreign & self._chance(0.3)
        invested = np.where(invests, self.random.lognormal(15.5, 1.5, self.rows), 0)
        self._number("fdi.actual_new_year", _fen(invested))
        self._number("fdi.actual_new_year_cny", _fen(invested * 7.1))
        self._number(
            "fdi.actual_registered_capital", _fen(invested * 7.1 * self.random.uniform(0.3, 1.0, self.rows))
        )
        self._flag("fdi.in_leading_industry", foreign & self._chance(0.4))
        self._flag("investor.is_global500", foreign & self._chance(0.05))
        counts = np.where(self.trades_abroad & self._chance(0.35), 1 + self.random.poisson(0.7, self.rows), 0)
        lines = int(counts.sum())
        self._lines(
            "exhibitions",
            counts,
            kind=_mixture(self.random, lines, 0.55, 0.15, 0.30),
            market=_mixture(self.random, lines, 0.6, 0.4),
            start_date=self.today - self.random.integers(1, 680, lines),
            booths=self.random.integers(1, 7, lines),
            cost=_fen(self.random.lognormal(11.0, 0.6, lines)),
            # Paid in yuan, all of them: a cost in another currency would need a rate that is not known.
            currency=np.zeros(lines, dtype=np.int64),
            cost_foreign=np.zeros(lines, dtype=np.int64),
        )

    def _funding(self) -> None:
        random = self.random
        borrows = self._chance(np.where(self.is_company, 0.25, 0.10)) & (self.kind <= 1)
        small = (self.size_step >= 0) & (self.size_step <= 1)
        counts = np.where(borrows, 1 + random.poisson(0.4, self.rows), 0)
        lines = int(counts.sum())
        borrower = np.repeat(np.arange(self.rows), counts)
        kind = _mixture(random, lines, 0.6, 0.3, 0.1)
        kind = np.where((kind == 2) & ~small[borrower], 0, kind)
        # Purposes follow the kind: equipment or research for fixed assets, turnover, starting a business.
        fixed = np.where(random.random(lines) < 0.5, 0, np.where(random.random(lines) < 0.4, 1, 4))
        purpose = np.select([kind == 1, kind == 2], [fixed, 3], 2)
        principal = np.clip(
            self.revenue[2][borrower] / 100 * random.lognormal(-1.6, 0.8, lines), 20_000, 800_000_000
        )
        principal = np.where(kind == 2, np.minimum(principal, 4_000_000), principal)
        principal = np.maximum(np.rint(principal / 10_000), 1) * 10_000
        rate = np.round(random.uniform(0.028, 0.058, lines), 4)
        since = np.floor(
            random.random(lines) * np.minimum(1095, self.today - self.established[borrower])
        ).astype(np.int64)
        term = np.where(kind == 1, random.integers(2, 8, lines), random.integers(1, 4, lines))
        elapsed = np.minimum(since / _DAYS_IN_YEAR, term)
        # Persons who start a business borrow for themselves; a company borrows as a small one or not at all.
        self._choice(
            "borrower.kind",
            np.select(
                [self.is_self_employed & self._chance(0.1), self.is_self_employed, self.is_company & small],
                [1, 0, 2],
                3,
            ),
        )
        self._number("loan.prior_times", np.bincount(borrower[kind == 2], minlength=self.rows))
        industrial = self.industries.groups["工业"][self.industry]
        self._lines(
            "loans",
            counts,
            kind=kind,
            purpose=purpose,
            project_field=np.where(
                industrial[borrower],
                _mixture(random, lines, 0.7, 0.1, 0.0, 0.0, 0.0, 0.1, 0.1),
                random.integers(2, 11, lines),
            ),
            principal=_fen(principal),
            annual_rate=rate,
            disbursed_date=self.today - since,
            term_years=term,
            interest_paid=_fen(principal * rate * elapsed),
            in_key_chain=random.random(lines) < np.where(industrial[borrower], 0.6, 0.2),
            other_central_subsidy=random.random(lines) < 0.04,
        )
        counts = np.where(self._chance(np.where(industrial, 0.06, 0.008)) & (self.employees >= 5), 1, 0)
        lines = int(counts.sum())
        owner = np.repeat(np.arange(self.rows), counts)
        started = self.today - random.integers(60, 1400, lines)
        self._lines(
            "projects",
            counts,
            kind=_mixture(random, lines, 0.5, 0.2, 0.1, 0.2),
            field=np.where(industrial[owner], 0, random.integers(1, 11, lines)),
            in_statistics=random.random(lines) < 0.6,
            statistics_date=started + random.integers(10, 60, lines),
            invest=_fen(
                np.rint(
                    np.clip(self.assets[owner] / 100 * random.uniform(0.05, 0.6, lines), 100_000, 5e9)
                    / 10_000
                )
                * 10_000
            ),
            start_date=started,
            production_date=started + random.integers(180, 900, lines),
        )
        counts = np.where(
            self.trades_abroad & self._chance(0.25) | (self.is_company & self._chance(0.01)), 1, 0
        )
        lines = int(counts.sum())
        owner = np.repeat(np.arange(self.rows), counts)
        amount = self.revenue[2][owner] / 100 * random.uniform(0.05, 0.5, lines)
        permille = np.round(random.uniform(2.0, 10.0, lines), 2)
        self._lines(
            "insurances",
            counts,
            kind=np.where(self.trades_abroad[owner] & (random.random(lines) < 0.7), 1, 0),
            premium=_fen(amount * permille / 1000),
            rate_permille=permille,
            premium_paid=random.random(lines) < 0.95,
            insured_amount=_fen(amount),
        )
        rents = self._chance(0.8)
        self._choice(
            "lease.landlord_kind", np.where(rents, self._mixture(self.rows, 0.03, 0.08, 0.05, 0.84), 3)
        )
        self._number(
            "lease.monthly_rent",
            _fen(np.where(rents, self.employees * random.uniform(300, 1500, self.rows), 0)),
        )

    # Subject and name.

    def _credit_codes(self) -> Column:
        """Codes by GB 32100 with both check characters right, each once in the whole population."""
        letter = np.array([ALPHABET.index(character) for character in "0123456789"], dtype=np.int64)
        values = np.empty((self.rows, LENGTH), dtype=np.int64)
        rows = profile.kinds()
        values[:, 0] = np.array([ALPHABET.index(row["department"]) for row in rows])[self.kind]
        values[:, 1] = np.array([ALPHABET.index(row["category"]) for row in rows])[self.kind]
        values[:, 2:8] = letter[self.regions.digits[self.region]]
        values[:, 8:10] = [ALPHABET.index(character) for character in _BODY_PREFIX]
        number = (
            np.arange(self.first, self.first + self.rows, dtype=np.int64) * _BODY_STRIDE + self.seed
        ) % POPULATION_LIMIT
        for place in range(15, 9, -1):
            number, values[:, place] = np.divmod(number, len(ALPHABET))
        organisation_value = np.array([organisation_alphabet_value(character) for character in ALPHABET])
        remainder = (organisation_value[values[:, 8:16]] @ _ORGANISATION_WEIGHTS) % 11
        check = np.array([ALPHABET.index(character) for character in "0123456789X0"])
        values[:, 16] = check[11 - remainder]
        values[:, 17] = -(values[:, :17] @ _CREDIT_WEIGHTS) % len(ALPHABET)
        characters = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)[values]
        offsets = np.arange(0, (self.rows + 1) * LENGTH, LENGTH, dtype=np.int32)
        return pa.Array.from_buffers(
            pa.string(),
            self.rows,
            [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(characters.tobytes())],
        )

    def _names(self) -> Column:
        """Invented names: 示例, a place, a trade name nobody else in the population has, and what its industry does.

        Companies and institutions name their city, sole traders and cooperatives their county.
        """
        named = np.where((self.kind == 1) | (self.kind == 2), len(self.regions.codes), 0) + self.region
        place = build.text_column([*self.regions.city_names, *self.regions.names], named, None)
        words = profile.section_words()
        starts = np.cumsum([0, *(len(group) for group in words)])
        lengths = np.diff(starts)
        chosen = starts[self.section] + np.floor(
            self.random.random(self.rows) * lengths[self.section]
        ).astype(np.intp)
        word = build.text_column([word for group in words for word in group], chosen, None)
        ending = build.text_column([row["ending"] for row in profile.kinds()], self.kind, None)
        parts: list[Any] = [pa.scalar("示例"), place, *self._trade_names(), word, ending, pa.scalar("")]
        return cast("Column", pc.binary_join_element_wise(*parts))

    def _trade_names(self) -> list[Column]:
        """The characters of the trade names, one column a character: the party's number, written with them."""
        characters = profile.trade_characters()
        length = 2
        while len(characters) ** length < self.total:
            length += 1
        number = np.arange(self.first, self.first + self.rows, dtype=np.int64) * _NAME_STRIDE + self.seed
        number %= len(characters) ** length
        columns = []
        for _ in range(length):
            number, character = np.divmod(number, len(characters))
            columns.append(build.text_column(characters, character, None))
        return columns

    # Small tools.

    def _chance(self, share: float | Floats) -> Mask:
        return self.random.random(self.rows) < share

    def _mixture(self, rows: int, *shares: float) -> Positions:
        return _mixture(self.random, rows, *shares)

    def _in_section(self, *letters: str) -> Mask:
        return np.isin(self.section, [self.industries.sections.index(letter) for letter in letters])

    def _hide(self, fact: FactDefinition, unknown: Mask | None) -> Mask:
        """What stays unknown of a fact: what cannot exist, and a share that depends on agency and party."""
        hidden = self.random.random(self.rows, dtype=np.float32) < self._obscurity * profile.missing_rate(
            fact.agency
        )
        return hidden if unknown is None else hidden | unknown

    def _number(
        self,
        code: str,
        values: npt.NDArray[np.generic],
        *,
        unknown: Mask | None = None,
        year: int | None = None,
    ) -> Mask:
        fact = get_fact(code)
        hidden = self._hide(fact, unknown)
        self.columns[fact.column(year)] = build.number_column(fact, values, hidden)
        return hidden

    def _derived(self, code: str, values: npt.NDArray[np.generic], unknown: Mask) -> None:
        """A figure that follows from others: known exactly when they are."""
        self.columns[code] = build.number_column(facts()[code], values, unknown)

    def _series(
        self, code: str, values: Sequence[npt.NDArray[np.generic]], *, unknown: Mask | None = None
    ) -> list[Mask]:
        """One column a year. A year before the party was founded has no record."""
        return [
            self._number(code, figures, unknown=gone if unknown is None else gone | unknown, year=year)
            for year, figures, gone in zip(self.years, values, self.no_record, strict=True)
        ]

    def _same(self, code: str, column: str) -> None:
        self.columns[code] = self.columns[column]

    def _choice(self, code: str, picks: npt.NDArray[np.generic], *, unknown: Mask | None = None) -> None:
        self._text(code, facts()[code].values, picks, unknown=unknown)

    def _text(
        self,
        code: str,
        choices: Sequence[str],
        picks: npt.NDArray[np.generic],
        *,
        unknown: Mask | None = None,
    ) -> None:
        self.columns[code] = build.text_column(choices, picks, self._hide(facts()[code], unknown))

    def _flag(self, code: str, values: Mask) -> None:
        self.columns[code] = build.boolean_column(values, self._hide(facts()[code], None))

    def _date(self, code: str, days: npt.NDArray[np.generic], *, unknown: Mask | None = None) -> None:
        self.columns[code] = build.date_column(days, self._hide(facts()[code], unknown))

    def _tags(self, code: str, held: Mask) -> None:
        self.columns[code] = build.tags_column(facts()[code].values, held, self._hide(facts()[code], None))

    def _lines(self, code: str, counts: npt.NDArray[np.int64], **values: npt.NDArray[np.generic]) -> None:
        """A list of contexts. Fields of a known line are unknown now and then too."""
        fact = facts()[code]
        hidden = self._hide(fact, None)
        # Lines of a party whose list is unknown must not be stored: a list is whole or absent.
        kept = np.repeat(~hidden, counts)
        rate = profile.missing_rate(fact.agency) / 2
        fields: dict[str, Column] = {}
        for field in fact.fields:
            drawn = values[field.code][kept]
            unknown = self.random.random(len(drawn), dtype=np.float32) < rate
            match field.type:
                case "number":
                    fields[field.code] = build.number_column(field, drawn, unknown)
                case "string":
                    fields[field.code] = build.text_column(field.values, drawn, unknown)
                case "date":
                    fields[field.code] = build.date_column(drawn, unknown)
                case _:
                    fields[field.code] = build.boolean_column(drawn.astype(bool), unknown)
        self.columns[code] = build.lines_column(fact, np.where(hidden, 0, counts), fields, hidden)


def _pick(random: np.random.Generator, cumulative_weight: Floats, rows: int) -> Positions:
    # The last cumulative weight may fall short of one by rounding.
    return np.minimum(
        np.searchsorted(cumulative_weight, random.random(rows), "right"), len(cumulative_weight) - 1
    )


def _mixture(random: np.random.Generator, rows: int, *shares: float) -> Positions:
    """Positions drawn with the given shares, which add up to one."""
    return _pick(random, np.cumsum(shares), rows)


def _fen(yuan: Floats) -> Integers:
    return np.rint(yuan * 100).astype(np.int64)


def _ratio(part: Integers, whole: Integers) -> Floats:
    """part / whole as float; 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole != 0)
