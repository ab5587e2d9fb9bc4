"""The settings of `data/dispatching.yaml`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.reference.api import parse_yaml


@dataclass(frozen=True, slots=True)
class CatalogueSettings:
    """How words of the catalogue are weighed."""

    name: float
    words: float
    matter: float
    inside: float
    saturation: float
    length: float
    temperature: float


@dataclass(frozen=True, slots=True)
class LearnedSettings:
    """How closed cases are learned from, and when what was learned is taken into use."""

    most_boxes: int
    hidden: float
    rate: float
    decay: float
    batch: int
    rounds: int
    most_rounds: int
    least_steps: int
    half_weights: tuple[float, ...]
    temperatures: tuple[float, ...]
    usual_half: float
    steady: float
    held_out: float
    calibration: float
    least_cases: int
    most_cases: int
    worse_by: float
    least_measured: int
    kept: int


@dataclass(frozen=True, slots=True)
class Settings:
    """All of them."""

    longest_read: int
    topics_kept: int
    reasons_kept: int
    common_words: frozenset[str]
    catalogue: CatalogueSettings
    learned: LearnedSettings


@cache
def settings() -> Settings:
    """What the file says."""
    data = read_data("dispatching.yaml")
    learned = data["learned"]
    return Settings(
        longest_read=data["longest_read"],
        topics_kept=data["topics_kept"],
        reasons_kept=data["reasons_kept"],
        common_words=frozenset(data["common_words"].split()),
        catalogue=CatalogueSettings(**data["catalogue"]),
        learned=LearnedSettings(
            **{
                **learned,
                "half_weights": tuple(float(each) for each in learned["half_weights"]),
                "temperatures": tuple(float(each) for each in learned["temperatures"]),
            }
        ),
    )


def read_data(name: str) -> dict[str, Any]:
    """One data file of this area."""
    found: dict[str, Any] = parse_yaml(
        (files("yingshang.areas.appeals") / "data" / name).read_text(encoding="utf-8")
    )
    return found
