"""The invented city: the same every time, without doubles, and free of contradictions."""

import csv
import json
from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import zip_longest

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yingshang.kernel.reference import api, sample_city
from yingshang.kernel.reference.sample_population import SampleBlock

AS_OF = date(2026, 11, 21)
ROWS = 6000


def city(enterprises=ROWS, seed=20261121, region="440300", **more) -> pa.Table:
    return pa.Table.from_batches(
        api.generate_sample_city(enterprises, seed=seed, as_of=AS_OF, region=region, **more)
    )


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return city()


@pytest.fixture(scope="module")
def rows(table) -> list[dict]:
    return table.to_pylist()


def test_same_arguments_same_city(table):
    assert table.equals(city())
    assert not table.equals(city(seed=1))


def test_blocks_do_not_depend_on_the_order_they_are_made_in(monkeypatch):
    monkeypatch.setattr(sample_city, "BLOCK_ROWS", 500)
    batches = list(api.generate_sample_city(1700, seed=5, as_of=AS_OF))
    assert [batch.num_rows for batch in batches] == [500, 500, 500, 200]
    for number, first, rows in ((3, 1500, 200), (1, 500, 500)):
        block = SampleBlock(
            seed=5, number=number, first=first, rows=rows, total=1700, region="440300", as_of=AS_OF
        )
        assert block.record_batch().equals(batches[number])


def test_subjects_are_unique_valid_codes_and_names_are_invented(monkeypatch):
    monkeypatch.setattr(sample_city, "BLOCK_ROWS", 1000)
    parties = city(4000, columns=["ent.type", "ent.region"]).to_pylist()
    assert len({row["subject"] for row in parties}) == len({row["name"] for row in parties}) == 4000
    categories = {"企业": "91", "个体工商户": "92", "农民专业合作社": "93", "社会组织": "52"}
    for row in parties:
        assert api.check_credit_code(row["subject"]).findings == ()
        assert row["name"].startswith("示例") and not any(character.isdigit() for character in row["name"])
        if row["ent.type"] is not None:
            assert row["subject"][:2] == categories[row["ent.type"]]
        if row["ent.region"] is not None:
            assert row["subject"][2:8] == row["ent.region"]


def test_about_fifteen_per_cent_of_cells_are_unknown(table):
    facts = table.drop_columns(["subject", "name"])
    share = sum(column.null_count for column in facts.columns) / facts.num_rows / facts.num_columns
    assert 0.13 < share < 0.17
    assert table["subject"].null_count == table["name"].null_count == 0


def test_columns_are_facts_of_the_catalogue(table):
    table.validate(full=True)
    assert table.schema.equals(api.sample_city_schema(as_of=AS_OF))
    for field in table.schema:
        if field.name in ("subject", "name"):
            continue
        fact = api.get_fact(field.name)
        assert field.type == api.arrow_type(fact), field.name
        if fact.series is not None:
            assert field.name in {fact.column(year) for year in (2023, 2024, 2025)}


def check_value(item, value):
    if value is None:
        return
    if item.values:
        assert value in item.values, (item.code, value)
    if item.minimum is not None:
        assert value >= item.minimum, (item.code, value)
    if item.maximum is not None:
        assert value <= item.maximum, (item.code, value)


def test_values_keep_to_lists_and_bounds(table):
    for name in table.column_names[2:]:
        fact = api.get_fact(name)
        for value in table[name].to_pylist():
            if fact.type == "list<context>":
                for line in value or ():
                    for field in fact.fields:
                        check_value(field, line[field.code])
            elif fact.type == "list<string>":
                for tag in value or ():
                    check_value(fact, tag)
            else:
                check_value(fact, value)


def test_regions_and_industries_are_real(table):
    for code in set(table["ent.region"].to_pylist()) - {None}:
        assert api.region_is_within(code, "440300")
    for code in set(table["ent.industry"].to_pylist()) - {None}:
        assert api.get_industry(code).level == "class"


def test_size_agrees_with_the_standard(rows):
    """A size the known figures decide is the size the register holds."""
    decided = 0
    for row in rows:
        size = api.enterprise_size(
            row["ent.industry"], row["emp.total"], row["fin.revenue.prev_year"], row["fin.assets"]
        )
        if size is not None and row["ent.size"] is not None:
            assert size == row["ent.size"], row["subject"]
            decided += 1
    assert decided > ROWS * 0.6


def test_population_is_skewed_to_the_small(rows):
    sizes = [row["ent.size"] for row in rows if row["ent.size"] is not None]
    small = sum(size in ("微型", "小型") for size in sizes) / len(sizes)
    assert 0.95 < small < 1


def test_small_profit_agrees_with_its_definition(rows):
    for row in rows:
        parts = [
            row[name]
            for name in (
                "tax.taxable_income",
                "emp.total",
                "fin.assets",
                "tax.restricted_industry",
                "ent.type",
            )
        ]
        if row["tax.is_small_profit"] is None or None in parts:
            continue
        income, people, assets, restricted, kind = parts
        expected = (
            kind == "企业"
            and not restricted
            and income <= 3_000_000
            and people <= 300
            and assets <= 50_000_000
        )
        assert row["tax.is_small_profit"] is expected, row["subject"]


def near(value: Decimal, expected: Decimal) -> bool:
    return abs(value - expected) <= Decimal("0.0001")


def test_ratios_follow_from_their_figures(rows):
    seen = 0
    for row in rows:
        revenue = [row[f"fin.revenue.{year}"] for year in (2023, 2024, 2025)]
        research = [row[f"fin.rd.{year}"] for year in (2023, 2024, 2025)]
        assert row["fin.revenue.prev_year"] == revenue[2]
        assert row["fin.rd.prev_year"] == research[2]
        if row["fin.revenue_yoy"] is not None:
            assert near(row["fin.revenue_yoy"], revenue[2] / revenue[1] - 1)
            assert row["fin.revenue_delta"] == revenue[2] - revenue[1]
            seen += 1
        if row["fin.rd_ratio"] is not None:
            assert near(row["fin.rd_ratio"], research[2] / revenue[2])
        if row["fin.rd_total_2y"] is not None:
            assert row["fin.rd_total_2y"] == research[1] + research[2]
        if row["fin.debt_ratio.prev_year_end"] is not None:
            assert near(row["fin.debt_ratio.prev_year_end"], row["fin.liabilities"] / row["fin.assets"])
    assert seen > ROWS / 2


def test_nothing_is_recorded_before_the_foundation(rows):
    for row in rows:
        founded = row["ent.established"]
        for year in (2023, 2024, 2025):
            if founded is not None and founded.year > year:
                assert row[f"fin.revenue.{year}"] is None and row[f"tax.paid.{year}"] is None
        if founded is not None:
            assert founded <= AS_OF
            for line in row["hires"] or ():
                assert line["hired_date"] is None or founded <= line["hired_date"] <= AS_OF


def test_counts_follow_from_the_lines(table):
    """Hired people are counted from the same lines; checked where every line is fully known."""
    names = ("hires", "hire.eligible_hires")
    checked = 0
    for lines, count in zip(*(table[name].to_pylist() for name in names), strict=True):
        if lines is None or count is None or any(None in line.values() for line in lines):
            continue
        eligible = [
            line
            for line in lines
            if line["contract_signed"]
            and line["insured_months"] >= 3
            and line["person_type"]
            in ("毕业年度高校毕业生", "离校2年内未就业高校毕业生", "16-24岁登记失业青年")
        ]
        assert count == len(eligible)
        checked += bool(eligible)
    assert checked > 20


def test_conditional_facts_stay_in_their_place(rows):
    for row in rows:
        code, sector = row["ent.industry"], row["stat.sector"]
        if code is None:
            continue
        industrial, commerce = api.in_industry_group(code, "工业"), api.in_industry_group(code, "商贸业")
        assert sector in (None, "工业") if industrial else sector != "工业"
        if not industrial:
            assert row["output.q1"] is None and row["energy.annual_tce"] is None
        if not commerce:
            assert row["sale.value.2025"] is None
            assert not row["stat.is_limit_above"]
        if row["ent.is_labor_dispatch"] is not None:
            assert row["ent.is_labor_dispatch"] is (code == "7263")
        if row["stat.first_above_scale"] and row["stat.is_above_scale"] is not None:
            assert row["stat.is_above_scale"]
        if row["ent.type"] == "个体工商户":
            assert not row["ent.qualification"]
        tags = row["ent.qualification"]
        if tags is not None and "专精特新“小巨人”" in tags:
            assert "专精特新中小企业" in tags
        if tags is not None and row["ent.qualification.prev_year"]:
            assert set(row["ent.qualification.prev_year"]) <= set(tags)
        if row["emp.insured_count"] is not None and row["emp.total"] is not None:
            assert row["emp.insured_count"] <= row["emp.total"]


def test_every_kind_of_line_occurs(table):
    for name in ("hires", "loans", "exhibitions", "projects", "insurances"):
        assert any(table[name].to_pylist()), name
        assert not all(lines for lines in table[name].to_pylist() if lines is not None)


def test_a_province_with_its_towns():
    """Heilongjiang: prefectures weigh as they should, and a town lies in the county beside it."""
    columns = ["ent.region", "ent.town", "ent.town_code", "ent.type"]
    table = city(20_000, seed=1, region="230000", columns=columns)
    assert len(set(table["name"].to_pylist())) == 20_000
    prefectures = Counter(code[:4] for code in table["ent.region"].to_pylist() if code is not None)
    assert len(prefectures) == 13
    assert [code for code, _ in prefectures.most_common(3)] == ["2301", "2306", "2302"]
    known = 0
    for row in table.to_pylist():
        county, code = row["subject"][2:8], row["ent.town_code"]
        assert (code is None) == (row["ent.town"] is None)
        if code is not None:
            town = api.get_region(code)
            assert (town.level, town.name, town.parent_code) == ("township", row["ent.town"], county)
            known += 1
        where = api.get_region(county)
        city_name = api.parent_of(county).name.removesuffix("市").removesuffix("地区")
        small = row["subject"][:2] in ("92", "93")
        assert row["name"].startswith(f"示例{where.name if small else city_name}"), row
    assert 0.95 < known / 20_000 < 0.99


def test_one_township():
    rows = city(50, region="230102001", columns=["ent.region", "ent.town_code"]).to_pylist()
    assert {row["ent.region"] for row in rows} - {None} == {"230102"}
    assert {row["ent.town_code"] for row in rows} - {None} == {"230102001"}


def test_where_the_table_has_no_townships_the_town_is_unknown():
    assert set(city(50, region="441900", columns=["ent.town_code"])["ent.town_code"].to_pylist()) == {None}


def test_whole_country():
    codes = set(city(3000, region="000000", columns=["ent.region"])["ent.region"].to_pylist()) - {None}
    assert len({code[:2] for code in codes}) >= 28
    assert all(api.find_region(code) for code in codes)


@pytest.mark.parametrize("region", ["440305", "441900", "110000", "440000"])
def test_any_region_can_be_populated(region):
    codes = set(city(200, region=region, columns=["ent.region"])["ent.region"].to_pylist()) - {None}
    assert codes and all(api.region_is_within(code, region) for code in codes)


def test_years_follow_the_date():
    names = api.sample_city_schema(as_of=date(2024, 5, 1)).names
    assert {"fin.revenue.2021", "fin.revenue.2022", "fin.revenue.2023"} <= set(names)
    assert "fin.revenue.2024" not in names


def test_columns_can_be_chosen():
    assert city(10, columns=["emp.total", "ent.size", "emp.total"]).column_names == [
        "subject",
        "name",
        "emp.total",
        "ent.size",
    ]
    with pytest.raises(api.UnknownFact):
        city(10, columns=["no.such"])


def test_refusals(tmp_path):
    with pytest.raises(api.UnknownRegion):
        api.generate_sample_city(10, seed=1, as_of=AS_OF, region="440399")
    with pytest.raises(api.InvalidMetric):
        api.generate_sample_city(-1, seed=1, as_of=AS_OF)
    with pytest.raises(api.UnsupportedFormat):
        api.write_sample_city(tmp_path / "city.txt", enterprises=1, seed=1, as_of=AS_OF)
    with pytest.raises(api.TooManyRows) as caught:
        api.write_sample_city(tmp_path / "city.xlsx", enterprises=1_048_576, seed=1, as_of=AS_OF)
    assert "1048575" in caught.value.message_zh
    assert list(tmp_path.iterdir()) == []


def test_an_empty_city_is_still_a_file(tmp_path):
    path = api.write_sample_city(tmp_path / "empty.parquet", enterprises=0, seed=1, as_of=AS_OF)
    assert pq.read_table(path).num_rows == 0


def test_parquet_is_written_in_row_groups_with_progress(tmp_path, monkeypatch):
    monkeypatch.setattr(sample_city, "BLOCK_ROWS", 400)
    seen: list[tuple[int, int]] = []
    path = api.write_sample_city(
        tmp_path / "city.parquet",
        enterprises=1000,
        seed=3,
        as_of=AS_OF,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(400, 1000), (800, 1000), (1000, 1000)]
    assert pq.ParquetFile(path).num_row_groups == 3
    assert pq.read_table(path).equals(city(1000, seed=3))
    assert [file.name for file in tmp_path.iterdir()] == ["city.parquet"]


def test_csv_and_workbook_hold_the_same_values(tmp_path):
    columns = [
        "ent.size",
        "emp.total",
        "fin.revenue.prev_year",
        "ent.established",
        "tax.is_small_profit",
        "ent.qualification",
        "loans",
    ]
    arguments = {"enterprises": 300, "seed": 3, "as_of": AS_OF, "columns": columns}
    rows = city(300, seed=3, columns=columns).to_pylist()
    with api.write_sample_city(tmp_path / "city.csv", **arguments).open(
        encoding="utf-8-sig", newline=""
    ) as file:
        written = list(csv.DictReader(file))
    sheet = openpyxl.load_workbook(
        api.write_sample_city(tmp_path / "city.xlsx", **arguments), read_only=True
    ).active
    header, *lines = sheet.iter_rows(values_only=True)
    assert list(header) == ["subject", "name", *columns]
    assert len(written) == len(lines) == 300
    for row, text, line in zip(rows, written, lines, strict=True):
        cells = dict(zip_longest(header, line))
        assert text["subject"] == cells["subject"] == row["subject"]
        assert text["ent.size"] == (row["ent.size"] or "")
        assert cells["emp.total"] == row["emp.total"]
        assert text["fin.revenue.prev_year"] == (
            "" if row["fin.revenue.prev_year"] is None else str(row["fin.revenue.prev_year"])
        )
        assert text["ent.established"] == (
            "" if row["ent.established"] is None else row["ent.established"].isoformat()
        )
        assert (
            text["tax.is_small_profit"]
            == {None: "", True: "true", False: "false"}[row["tax.is_small_profit"]]
        )
        for name in ("ent.qualification", "loans"):
            expected = None if row[name] is None else json.loads(json.dumps(row[name], default=str))
            assert (json.loads(text[name]) if text[name] else None) == expected
            assert (json.loads(cells[name]) if cells[name] else None) == expected
