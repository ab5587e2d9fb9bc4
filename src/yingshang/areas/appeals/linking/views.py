"""What an appeal is about, as pages show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from yingshang.kernel.access.api import Actor

from ..links import addresses_of


@dataclass(frozen=True, slots=True)
class LinkView:
    """What it is about, elsewhere on the platform. `address` is empty where the reader may not open it."""

    kind: str
    id: str
    label: str
    address: str = ""


def links_for(links: Sequence[dict[str, Any]], *, actor: Actor, desk: bool) -> tuple[LinkView, ...]:
    """Some links with the addresses the reader may open. A query for each kind that has to be asked."""
    found = addresses_of(links, actor=actor, desk=desk) if links else {}
    return tuple(
        LinkView(each["kind"], each["id"], each.get("label", ""), found.get((each["kind"], each["id"]), ""))
        for each in links
    )
