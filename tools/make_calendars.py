"""Make data/calendars.json of kernel/clock: the days from chinesecalendar, the notices from data/notices.yaml.

Neither package below is a dependency; they are read in an environment of their own. With a new edition of
chinesecalendar (once the State Council has arranged another year), add the notice to notices.yaml, and:

    python3 -m venv /tmp/calendars
    /tmp/calendars/bin/pip install --no-deps chinesecalendar==1.11.0 lunar-python==1.4.8
    .venv/bin/python tools/make_calendars.py /tmp/calendars/lib/python3.11/site-packages

Years after the last arranged one get the days of the law alone, computed from the lunar calendar (lunar-python, MIT).
The same computation is held against every year that is arranged: a statutory day that no notice gives stops the tool.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from importlib import import_module
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).resolve().parents[1] / "src/yingshang/kernel/clock/data"
LAST_YEAR = 2036
VERSION = "2026.1"
NAMES = {"元旦": "元旦", "清明": "清明节", "端午": "端午节", "中秋": "中秋节"}
ENGLISH = {
    "元旦": "New Year's Day",
    "春节": "Spring Festival",
    "清明节": "Tomb-sweeping Day",
    "劳动节": "Labour Day",
    "端午节": "Dragon Boat Festival",
    "中秋节": "Mid-autumn Festival",
    "国庆节": "National Day",
    "中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日": "70th Anniversary of Victory Day",
    "壮族三月三": "Sanyuesan of the Zhuang",
}


def main(arguments: list[str]) -> int:
    """Read the packages in the folder given, and write calendars.json."""
    if len(arguments) != 1:
        print("usage: make_calendars.py FOLDER_OF_SITE_PACKAGES", file=sys.stderr)
        return 2
    sys.path.append(arguments[0])
    constants = import_module("chinese_calendar.constants")
    versions = {each.name.lower().replace("_", "-"): each.version for each in distributions(path=arguments)}
    notices = yaml.safe_load((DATA / "notices.yaml").read_text(encoding="utf-8"))
    chinese = {item.value: item.chinese for item in constants.Holiday}
    holidays = {day: _name(chinese[name]) for day, name in constants.holidays.items()}
    makeup_days = {day: _name(chinese[name]) for day, name in constants.workdays.items()}
    last = max(day.year for day in holidays)
    for year in range(2008, last + 1):
        for day, name in statutory_days(year).items():
            if day not in holidays and (day in makeup_days or day.weekday() < 5):
                raise ValueError(f"{day}: the law gives {name}, the arrangement does not")
            # A festival on a weekend is free anyway, and missing in the package now and then (2012-06-23).
            holidays.setdefault(day, name)
    years = [_year(year, holidays, makeup_days, provisional=False) for year in range(2004, last + 1)]
    years += [
        _year(year, statutory_days(year), {}, provisional=True) for year in range(last + 1, LAST_YEAR + 1)
    ]
    document = {
        "metadata": {
            "title": "工作日历",
            "version": VERSION,
            "date": "2026-11-21",
            "law": notices["metadata"]["law"],
            "status": f"2004-{last}: days as arranged by the notices of each year; from {last + 1} on no notice had "
            "been issued: weekends and the days of the law alone, without days moved or made up",
            "sources": [
                f"PyPI chinesecalendar {versions['chinesecalendar']} (https://github.com/LKI/chinese-calendar): days",
                f"PyPI lunar_python {versions['lunar-python']} (https://github.com/6tail/lunar-python): later years",
                "notices.yaml beside this file: notices and regional festivals, each with its source",
            ],
            "licence": "both packages MIT; the days are facts",
            "made_by": "tools/make_calendars.py",
            "corroborated": "2018-2026 day by day by holidays 0.109, chinese-days 1.5.7 (npm) and 0.0.2 (PyPI)",
        },
        "names": ENGLISH,
        "calendars": [
            {"code": "cn", "name": "中国内地工作日历", "region": "000000", "base": None, "years": years},
            *(_regional(row, LAST_YEAR) for row in notices["regional"]),
        ],
        "notices": [_notice(row) for row in notices["notices"]],
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    (DATA / "calendars.json").write_text(text + "\n", encoding="utf-8")
    print(f"{len(years)} years to {LAST_YEAR}, arranged to {last}; {len(document['notices'])} notices")
    return 0


def statutory_days(year: int) -> dict[date, str]:
    """The days the law gives everyone, by 全国年节及纪念日放假办法 as in force in that year (from 2008 on)."""
    lunar = import_module("lunar_python").Lunar

    def solar(month: int, day: int) -> date:
        return date.fromisoformat(lunar.fromYmd(year, month, day).getSolar().toYmd())

    new_year = solar(1, 1)
    qingming = date.fromisoformat(lunar.fromYmd(year, 1, 1).getJieQiTable()["清明"].toYmd())
    # 2008-2013 the eve and two days, 2014-2024 the first three days, since 2025 the eve and three days.
    spring = range(-1, 2) if year <= 2013 else range(3) if year <= 2024 else range(-1, 3)
    days = {date(year, 1, 1): "元旦"}
    days |= {new_year + timedelta(days=step): "春节" for step in spring}
    days[qingming] = "清明节"
    days |= {date(year, 5, day): "劳动节" for day in ((1, 2) if year >= 2025 else (1,))}
    days[solar(5, 5)] = "端午节"
    days[solar(8, 15)] = "中秋节"
    # Where Mid-autumn falls on National Day, the name of the longer holiday stays.
    return days | {date(year, 10, day): "国庆节" for day in (1, 2, 3)}


def _name(chinese: str) -> str:
    return NAMES.get(chinese, chinese)


def _year(
    year: int, holidays: Mapping[date, str], makeup_days: Mapping[date, str], *, provisional: bool
) -> dict[str, Any]:
    return {
        "year": year,
        "provisional": provisional,
        "holidays": _by_name({day: name for day, name in holidays.items() if day.year == year}),
        "makeup_days": _by_name({day: name for day, name in makeup_days.items() if day.year == year}),
    }


def _regional(row: Mapping[str, Any], last: int) -> dict[str, Any]:
    years = []
    for year in range(row["first_year"], last + 1):
        known = row["years"].get(year)
        if known is None:
            years.append({"year": year, "provisional": True, "holidays": {}, "makeup_days": {}})
            continue
        kept = {key: known[key] for key in ("title", "source", "checked")}
        holidays = {name: _texts(days) for name, days in known["holidays"].items()}
        makeup_days = {name: _texts(days) for name, days in known.get("makeup_days", {}).items()}
        years.append(
            {
                "year": year,
                "provisional": False,
                "holidays": holidays,
                "makeup_days": makeup_days,
                "notice": kept,
            }
        )
    kept = {key: row[key] for key in ("code", "name", "region", "law", "note")}
    return {**kept, "base": "cn", "years": years}


def _notice(row: Mapping[str, Any]) -> dict[str, Any]:
    title = row.get("title") or f"国务院办公厅关于{row['year']}年部分节假日安排的通知"
    return {
        "year": row["year"],
        "number": row["number"],
        "title": title,
        "issued": row["issued"],
        "amends": row.get("amends", False),
        "checked": row["checked"],
        "source": row["source"],
    }


def _by_name(days: Mapping[date, str]) -> dict[str, list[str]]:
    names = dict.fromkeys(days[day] for day in sorted(days))
    return {name: _texts(day for day in sorted(days) if days[day] == name) for name in names}


def _texts(days: Iterable[date]) -> list[str]:
    return [day.isoformat() for day in days]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
