"""The topics of appeals: `data/topics.yaml`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal

from yingshang.kernel.reference.api import agency_kinds, find_region

from ..errors import InvalidRules
from .parameters import read_data

Difficulty = Literal["simple", "complex", "hard"]
Urgency = Literal["normal", "urgent"]
DIFFICULTIES: tuple[Difficulty, ...] = ("simple", "complex", "hard")
"""From the shortest term to the longest."""


@dataclass(frozen=True, slots=True)
class TopicGroup:
    """A heading of a list of topics."""

    code: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Topic:
    """What an appeal can be about. The first of `kinds` leads; the others help, or stand in where there is none."""

    code: str
    name: str
    name_en: str
    group: str
    difficulty: Difficulty
    urgency: Urgency
    kinds: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matter:
    """A row of the responsibilities catalogue: a kind of agency has a matter by a law."""

    kind: str
    topic: str
    matter: str
    basis: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sign:
    """Words that raise the difficulty, or the urgency, whatever the topic."""

    to: str
    words: tuple[str, ...]


@cache
def topic_groups() -> MappingProxyType[str, TopicGroup]:
    """Code → heading, in the order of the file."""
    return MappingProxyType({each["code"]: TopicGroup(**each) for each in read_data("topics.yaml")["groups"]})


@cache
def topics() -> MappingProxyType[str, Topic]:
    """Code → topic, in the order of the file. Raises InvalidRules."""
    found: dict[str, Topic] = {}
    for row in read_data("topics.yaml")["topics"]:
        topic = Topic(**{**row, "kinds": tuple(row["kinds"]), "words": tuple(row["words"])})
        wrong = [kind for kind in topic.kinds if kind not in agency_kinds()]
        if (
            topic.code in found
            or wrong
            or not topic.kinds
            or topic.group not in topic_groups()
            or topic.difficulty not in DIFFICULTIES
            or topic.urgency not in ("normal", "urgent")
        ):
            raise InvalidRules(
                f"topics.yaml, {topic.code}: repeated, or its kinds, group, difficulty or urgency unknown {wrong}",
                message_zh=f"诉求分类“{topic.code}”重复，或机构类别、分组、难度、紧急程度不可识别",
                value=topic.code,
            )
        found[topic.code] = topic
    return MappingProxyType(found)


@cache
def matters() -> tuple[Matter, ...]:
    """The responsibilities catalogue. Raises InvalidRules for a topic or a kind there is not."""
    rows = []
    for row in read_data("responsibilities.yaml")["matters"]:
        matter = Matter(**{**row, "words": tuple(row["words"])})
        if matter.topic not in topics() or matter.kind not in topics()[matter.topic].kinds:
            raise InvalidRules(
                f"responsibilities.yaml, {matter.matter}: topic {matter.topic} has no kind {matter.kind}",
                message_zh=f"权责清单“{matter.matter}”的诉求分类或机构类别不可识别",
                value=matter.matter,
            )
        rows.append(matter)
    return tuple(rows)


@cache
def signs() -> Mapping[str, Sign]:
    """What raises difficulty and urgency: code → sign."""
    return {
        code: Sign(row["to"], tuple(row["words"])) for code, row in read_data("topics.yaml")["signs"].items()
    }


def kinds_within(topic: Topic, region_code: str) -> tuple[str, ...]:
    """Which kinds of a topic exist in a region or above it within its province, the one that leads first.

    A province's own kind (营商环境 in Heilongjiang) is passed over elsewhere. Whether an agency of the kind is set up
    in the place, the register of agencies says.
    """
    region = find_region(region_code)
    province = region.path[:2] if region is not None else ""
    return tuple(
        kind
        for kind in topic.kinds
        if not agency_kinds()[kind].provinces or province in agency_kinds()[kind].provinces
    )
