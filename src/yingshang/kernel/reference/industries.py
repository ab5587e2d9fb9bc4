"""Industries by GB/T 4754-2017 国民经济行业分类.

Four levels: section (a letter, `C`), division (`39`), group (`391`) and class (`3911`). A code below the
sections begins with the code of its parent; the section of a division is a column of the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType
from typing import Literal, get_args

from .errors import UnknownIndustry
from .reference_data import load_json

IndustryLevel = Literal["section", "division", "group", "class"]


@dataclass(frozen=True, slots=True)
class Industry:
    """One row of GB/T 4754-2017."""

    code: str
    name: str
    level: IndustryLevel
    section: str

    @property
    def parent_code(self) -> str | None:
        """The code one level up; a section has none."""
        if self.level == "section":
            return None
        return self.section if self.level == "division" else self.code[:-1]


@dataclass(frozen=True, slots=True)
class IndustryGroup:
    """A group of industries that policies name without listing it (工业, 六大高耗能行业), as code prefixes."""

    name: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    status: str
    source: str

    def contains(self, code: str) -> bool:
        """Whether the industry `code` lies in the group."""
        return any(is_within(code, part) for part in self.include) and not any(
            is_within(code, part) for part in self.exclude
        )


@cache
def industries() -> MappingProxyType[str, Industry]:
    """The whole table, code → industry, in the order of the standard."""
    levels = get_args(IndustryLevel)
    return MappingProxyType(
        {
            row["code"]: Industry(row["code"], row["name"], levels[row["level"] - 1], row["section"])
            for row in load_json("industries.json")["industries"]
        }
    )


def find_industry(code: str) -> Industry | None:
    """The industry with this code, or None."""
    return industries().get(code)


def get_industry(code: str) -> Industry:
    """The industry with this code. Raises UnknownIndustry, with suggestions."""
    industry = industries().get(code)
    if industry is not None:
        return industry
    near = suggest_industries(code)
    hint = "、".join(f"{item.code} {item.name}" for item in near)
    raise UnknownIndustry(
        f"no industry {code!r} in GB/T 4754-2017" + (f"; did you mean {hint}?" if near else ""),
        message_zh=f"GB/T 4754-2017 中没有行业代码“{code}”" + (f"，是否为：{hint}？" if near else ""),
        value=code,
        suggestions=[item.code for item in near],
    )


def section_of(code: str) -> str:
    """The section letter of any code: `3911` → `C`. Raises UnknownIndustry."""
    return get_industry(code).section


def is_within(code: str, ancestor: str) -> bool:
    """Whether `code` is `ancestor` or lies below it: `3911` is within `39` and within `C`.

    Both must be codes of the standard; raises UnknownIndustry, since a mistyped code must not answer "no".
    """
    industry, above = get_industry(code), get_industry(ancestor)
    if above.level == "section":
        return industry.section == above.code
    return industry.level != "section" and code.startswith(ancestor)


def suggest_industries(text: str, limit: int = 5) -> list[Industry]:
    """Industries near a mistyped code or a piece of a name, best first, at most `limit`."""
    table = industries()
    text = text.strip().upper()
    if not text:
        return []
    if not text.isascii():
        named = [item for item in table.values() if text in item.name]
        named.sort(key=lambda item: (item.name != text, len(item.name), item.code))
        return named[:limit]
    # A longer prefix in common says more than the same digits in another place.
    near: dict[str, Industry] = {}
    for length in range(len(text) - 1, 1, -1):
        siblings = [item for item in table.values() if item.code.startswith(text[:length])]
        siblings.sort(key=lambda item: (abs(len(item.code) - len(text)), item.code))
        near.update((item.code, item) for item in siblings)
    if near:
        return list(near.values())[:limit]
    return [table[code] for code in get_close_matches(text, table, n=limit)]


@cache
def industry_groups() -> MappingProxyType[str, IndustryGroup]:
    """The named groups policies use, name → group."""
    return MappingProxyType(
        {
            row["name"]: IndustryGroup(
                row["name"], tuple(row["include"]), tuple(row["exclude"]), row["status"], row["source"]
            )
            for row in load_json("industry_groups.json")["groups"]
        }
    )


def in_industry_group(code: str, group: str) -> bool:
    """Whether industry `code` lies in the named group (`in_industry_group("2511", "六大高耗能行业")`).

    Raises UnknownIndustry for an unknown code, and for a group name the table does not hold.
    """
    found = industry_groups().get(group)
    if found is None:
        near = get_close_matches(group, industry_groups(), n=3, cutoff=0.3)
        raise UnknownIndustry(
            f"no industry group {group!r}; known near it: {near}",
            message_zh=f"没有行业口径“{group}”，相近的有：{'、'.join(near)}",
            value=group,
            suggestions=near,
        )
    return found.contains(code)
