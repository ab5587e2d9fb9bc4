"""What an item asks for: conditions and how they are combined, ready to be evaluated by rows or by columns.

Every leaf is a resolved FEEL tree: parameters are literals, definitions are written out, and each free name is the
column of a fact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from yingshang.rules.feel.syntax import Node


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition. Its outcome is true, false, unknown or error; anything but a boolean is an error."""

    id: str
    tree: Node


@dataclass(frozen=True, slots=True)
class All:
    """Every part must hold. False if one part is false; else unknown if one is; else error if one is; else true."""

    id: str
    parts: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """At least `count` parts must hold (1 is "any of").

    True if that many are true; false if the true, unknown and error ones together are fewer; else unknown if one part
    is unknown; else error.
    """

    id: str
    count: int
    parts: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part must not hold (an exclusion)."""

    id: str
    part: Requirement


Requirement = Condition | All | AtLeast | Not


def conditions_of(requirement: Requirement) -> Iterator[Condition]:
    """Every condition below a requirement, in order."""
    if isinstance(requirement, Condition):
        yield requirement
    elif isinstance(requirement, Not):
        yield from conditions_of(requirement.part)
    else:
        for part in requirement.parts:
            yield from conditions_of(part)
