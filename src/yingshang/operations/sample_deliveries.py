"""A year of deliveries for the sample city: the same population, told piece by piece, as sources tell it.

A real platform does not receive a finished city. It starts from a stock-taking, hears of newly registered
enterprises every month, of insured employees every quarter, of the year's taxes in spring. Here a finished sample
city is cut into such files, so that histories, freshness and lists show what they would show after a year. The files
are then imported like anybody's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from yingshang.kernel.reference.api import get_fact

MONTHS = 12
_IDENTITY = ("subject", "name")
_REGISTRY, _SOCIAL_INSURANCE, _TAX = "市场监管局", "人社局", "税务局"
_INSURED = "emp.insured_count"
_SHARE_TOLD_EACH_QUARTER = 0.15
_LAST_TOLD = {
    "供电公司": 1,
    "税务局": 2,
    "商务局": 4,
    "统计局": 5,
    "文旅局": 6,
    "科技局": 8,
    "生态环境局": 10,
}
"""How many months ago these sources told something last. What they told is as old, and some of it is stale."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One file of one source. `source` is None for a file of several: then each fact is its own agency's."""

    path: Path
    title: str
    source: str | None
    as_of: date
    received_at: datetime


def cut_into_deliveries(
    city: Path, folder: Path, *, as_of: date, seed: int, zone: ZoneInfo
) -> tuple[Delivery, ...]:
    """Write the deliveries of the year before `as_of` below `folder`, oldest first.

    `city` is a Parquet file of `reference.write_sample_city` made for the same `as_of`. Together the deliveries tell
    all it holds, not all of it as of the same day: some sources have been silent for months. The same arguments write
    the same files. A file that is there already is left as it is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table = pq.read_table(city)
    random = np.random.default_rng([seed, as_of.toordinal()])
    begin = months_before(as_of, MONTHS)
    last_year = str(as_of.year - 1)
    told_in_spring = [
        name
        for name in table.column_names
        if name not in _IDENTITY and (last_year in name or _is_of_last_year(name))
    ]
    deliveries: list[Delivery] = []

    def deliver(rows: pa.Table, *, title: str, source: str | None, day: date) -> None:
        path = folder / f"{day:%Y%m%d}-{len(deliveries):02}.parquet"
        if not path.exists():
            partial = path.with_suffix(".partial")
            pq.write_table(rows, partial)
            partial.replace(path)
        # What was counted on a day arrives some days later.
        received = datetime.combine(min(day + timedelta(days=3), as_of), time(9), tzinfo=zone)
        deliveries.append(Delivery(path, title, source, day, received))

    stock = _established(table, until=begin)
    deliver(
        _with_earlier_headcount(stock.drop_columns(told_in_spring), random),
        title="存量主体底册",
        source=None,
        day=begin,
    )
    spring = date(as_of.year, 4, 30)
    previous = begin
    told_last: dict[str, date] = {}
    for months_left in range(MONTHS - 1, -1, -1):
        day = months_before(as_of, months_left)
        if previous < spring <= day:
            deliver(
                _columns_of(_established(table, until=spring), _TAX),
                title=f"{last_year}年度汇算清缴",
                source=_TAX,
                day=spring,
            )
        new = _established(table, after=previous, until=day)
        if new.num_rows:
            deliver(_columns_of(new, _REGISTRY), title="新设主体登记", source=_REGISTRY, day=day)
        if months_left % 3 == 0:
            chosen = random.random(table.num_rows) < _SHARE_TOLD_EACH_QUARTER
            rows = _established(table.filter(pa.array(chosen)), until=day).select([*_IDENTITY, _INSURED])
            rows = rows if months_left == 0 else _with_earlier_headcount(rows, random)
            deliver(rows, title="参保人数季报", source=_SOCIAL_INSURANCE, day=day)
        for agency in (each for each, months in _LAST_TOLD.items() if months == months_left):
            rows = _columns_of(_established(table, until=day), agency)
            if day < spring:
                rows = rows.drop_columns([name for name in told_in_spring if name in rows.column_names])
            if told := [name for name in rows.column_names if name not in _IDENTITY]:
                told_last |= dict.fromkeys(told, day)
                deliver(rows, title=f"{agency}数据更新", source=agency, day=day)
        previous = day
    deliver(_without(table, told_last), title="全市主体汇总", source=None, day=as_of)
    return tuple(deliveries)


def months_before(day: date, months: int) -> date:
    """The same day of the month so many months earlier, or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for number in range(day.day, 27, -1):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue
    return date(year, month + 1, day.day)


def _established(table: pa.Table, *, until: date, after: date | None = None) -> pa.Table:
    """Enterprises registered by a day. Where the day is unknown they count as old."""
    column = table["ent.established"]
    condition = pc.fill_null(pc.less_equal(column, pa.scalar(until)), after is None)
    if after is not None:
        condition = pc.and_(condition, pc.fill_null(pc.greater(column, pa.scalar(after)), False))
    return table.filter(condition)


def _columns_of(table: pa.Table, agency: str) -> pa.Table:
    names: Sequence[str] = [
        name for name in table.column_names if name in _IDENTITY or get_fact(name).agency == agency
    ]
    return table.select(names)


def _without(table: pa.Table, told_last: Mapping[str, date]) -> pa.Table:
    """The table without the columns of silent sources, except for enterprises registered after their last word."""
    for name, day in told_last.items():
        newer = pc.fill_null(pc.greater(table["ent.established"], pa.scalar(day)), False)
        left = pc.if_else(newer, table[name], pa.scalar(None, table[name].type))
        table = table.set_column(table.column_names.index(name), name, left)
    return table


def _is_of_last_year(name: str) -> bool:
    return get_fact(name).year_offset == -1 or name.endswith((".prev_year", ".prev_year_end"))


def _with_earlier_headcount(table: pa.Table, random: np.random.Generator) -> pa.Table:
    """Insured employees as they were some months earlier: about as many as today, rarely just as many."""
    today = table[_INSURED].to_numpy(zero_copy_only=False).astype(float)
    earlier = np.maximum(np.rint(today * random.normal(0.95, 0.1, len(today))), 0)
    known = ~np.isnan(earlier)
    values = np.where(known, earlier, 0).astype(np.int64)
    column = pa.array(values, mask=~known, type=pa.int64())
    return table.set_column(table.column_names.index(_INSURED), _INSURED, column)
