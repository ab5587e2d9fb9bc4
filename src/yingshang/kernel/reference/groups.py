"""Which group of a breakdown a value belongs to, as (key, label): by place, by industry section, by age, by itself."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from .industries import find_industry, get_industry, section_of
from .regions import code_of_path, find_region

UNKNOWN_GROUP: Final = ("", "未知")

_AGES: Final = ((1, "不满1年"), (3, "1—3年"), (5, "3—5年"), (10, "5—10年"), (20, "10—20年"))
_OLDEST: Final = "20年以上"


def region_group(value: Any, length: int | None = None) -> tuple[str, str]:
    """By the place, or by the one around it whose path is `length` digits; an unknown code stands for itself."""
    if value is None:
        return UNKNOWN_GROUP
    found = find_region(str(value))
    if found is None:
        return str(value), str(value)
    if length is not None:
        # Some counties hang directly on their province.
        found = find_region(code_of_path(found.path[:length])) or found
    return found.code, found.name


def industry_group(value: Any) -> tuple[str, str]:
    """By section 门类."""
    if value is None:
        return UNKNOWN_GROUP
    if find_industry(str(value)) is None:
        return str(value), str(value)
    section = section_of(str(value))
    code = section if isinstance(section, str) else section.code
    return code, f"{code} {get_industry(code).name}"


def age_group(value: Any, day: date) -> tuple[str, str]:
    """By full years between a date and a day."""
    if value is None:
        return UNKNOWN_GROUP
    years = day.year - value.year - ((day.month, day.day) < (value.month, value.day))
    for place, (limit, label) in enumerate(_AGES):
        if years < limit:
            return str(place), label
    return str(len(_AGES)), _OLDEST


def own_group(value: Any) -> tuple[str, str]:
    """Each value for itself."""
    return UNKNOWN_GROUP if value is None else (str(value), str(value))
