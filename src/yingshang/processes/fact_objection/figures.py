"""The figures of `data/figures.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from yingshang.kernel.reference.api import parse_yaml


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of the journey: kinds of agencies, the first that exists counts."""

    desk_kinds: tuple[str, ...]
    checked_by_if_no_agency: tuple[str, ...]


@cache
def figures() -> Figures:
    """The file, read once."""
    data = parse_yaml((files(__package__) / "data/figures.yaml").read_text(encoding="utf-8"))
    return Figures(tuple(data["desk_kinds"]), tuple(data["checked_by_if_no_agency"]))
