"""What a check of a credit code shows: its places by part, what is wrong with it, and whether it is registered."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yingshang.kernel.parties.api import PublicEntry, public_entry
from yingshang.kernel.reference.api import check_credit_code, find_region, parse_credit_code, region_path


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the places of a code, and what they say. `positions` counts from 1, both ends in it."""

    positions: tuple[int, int]
    characters: str
    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding in the reader's language."""

    severity: str
    position: int
    message: str


@dataclass(frozen=True, slots=True)
class Result:
    """Everything the page shows of one code."""

    code: str
    is_valid: bool
    problems: tuple[Problem, ...]
    parts: tuple[Part, ...]
    entry: PublicEntry | None


def check(text: str) -> Result:
    """Check one code, and look it up when it can be one."""
    report = check_credit_code(text)
    english = (get_language() or "").startswith("en")
    return Result(
        code=report.value,
        is_valid=report.is_valid,
        problems=tuple(
            Problem(each.severity, each.position, each.message if english else each.message_zh)
            for each in report.findings
        ),
        parts=_parts(report.value) if report.is_valid else (),
        entry=public_entry(credit_code=report.value) if report.is_valid else None,
    )


def _parts(code: str) -> tuple[Part, ...]:
    parts = parse_credit_code(code)
    division = region_path(parts.division) if find_region(parts.division) else _("不在现行行政区划之中")
    return (
        Part((1, 1), parts.department, _("登记管理部门"), parts.department_name),
        Part((2, 2), parts.category, _("机构类别"), parts.category_name),
        Part((3, 8), parts.division, _("登记管理机关所在行政区划"), division),
        Part((9, 17), parts.organisation, _("主体标识码（组织机构代码）"), _("第17位是其校验码，正确")),
        Part((18, 18), parts.check_character, _("校验码"), _("按前17位算出，正确")),
    )
