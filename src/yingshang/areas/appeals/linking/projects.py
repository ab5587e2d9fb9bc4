"""The code of an investment project 项目代码, by which an appeal is linked to one: `data/projects.yaml`."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.reference.api import parse_yaml

from ..errors import InvalidAppeal


def read_project_code(text: str) -> str:
    """The code as GB/T 40058-2021 writes it, in groups with hyphens, from what somebody typed: full-width, with spaces,
    with other dashes or none. Its check character is not verified. Raises InvalidAppeal (field `project`).
    """
    rules = _rules()
    code = "".join(each for each in unicodedata.normalize("NFKC", text).upper() if each.isalnum())
    signs, last_signs = set(rules["signs"]), set(rules["last_signs"])
    digits, joints = sum(rules["groups"]), len(rules["groups"]) - 1
    if len(code) != digits or not set(code[:-1]) <= signs or code[-1] not in last_signs:
        shown = text.strip()[:40]
        raise InvalidAppeal(
            f"{shown!r} is no code of an investment project; these have {digits} digits in "
            f"{joints + 1} groups, as in {rules['example']}",
            message_zh=f"“{shown}”不是投资项目代码：项目代码共{digits + joints}位（含{joints}个短横线），例如 "
            f"{rules['example']}",
            field="project",
            value=shown,
        )
    groups, start = [], 0
    for length in rules["groups"]:
        groups.append(code[start : start + length])
        start += length
    return str(rules["joint"]).join(groups)


def is_project_code(text: str) -> bool:
    """Whether it is one, written as in the standard."""
    try:
        return read_project_code(text) == text
    except InvalidAppeal:
        return False


@cache
def _rules() -> dict[str, Any]:
    text = files("yingshang.areas.appeals").joinpath("data", "projects.yaml").read_text("utf-8")
    found: dict[str, Any] = parse_yaml(text)
    return found
