"""Where something can be said: the regions in which an agency takes appeals in."""

from __future__ import annotations

from dataclasses import dataclass

from yingshang.kernel.parties.api import agencies_at

from ..rules import rules_of


@dataclass(frozen=True, slots=True)
class ServedRegion:
    """A region with its whole name."""

    code: str
    full_name: str


def served_regions() -> tuple[ServedRegion, ...]:
    """The regions with a desk of their own; what is said below them goes to the desk above. One query."""
    rows = agencies_at(kinds=rules_of("").desk_kinds)
    found = {row.region_code: row.region_full_name for row in rows}
    return tuple(ServedRegion(code, found[code]) for code in sorted(found))
