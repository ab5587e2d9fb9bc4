"""What an appeal is about, elsewhere on the platform: a policy item, a claim, a contract, a project.

This area does not know those rooms. Each registers its kind (`register_link_kind`): what somebody may name, what it is
called, who may open it and where. A kind nobody registered is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from yingshang.kernel.access.api import Actor

from .errors import InvalidAppeal

MOST = 10
_LABEL = 120


@dataclass(frozen=True, slots=True)
class Link:
    """One thing an appeal is about. `label` is what its room calls it, whatever was sent."""

    kind: str
    id: str
    label: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class LinkKind:
    """A kind of thing that appeals can be about.

    `named`: what it is called, where the actor may name it for this enterprise; None where not. `opened`: those of
    some the actor may open. `offered`: what the actor may choose from for some enterprises, newest first, in as many
    queries however many they are; the newest alone. `portal` and
    `desk` are addresses with `{id}`; empty where there is no page. `private`: it leads to whose it is.
    """

    code: str
    name: str
    name_en: str
    named: Callable[[Actor, str, int | None, date], str | None]
    opened: Callable[[Actor, Collection[str]], Collection[str]]
    offered: Callable[[Actor, Collection[int]], Sequence[tuple[str, str]]] | None = None
    portal: str = ""
    desk: str = ""
    private: bool = True


_kinds: dict[str, LinkKind] = {}


def register_link_kind(kind: LinkKind) -> None:
    """Make a kind known; when Django starts. The same code again replaces it."""
    _kinds[kind.code] = kind


def link_kinds() -> dict[str, LinkKind]:
    """The kinds there are, by code."""
    return dict(_kinds)


def checked_links(
    links: Sequence[Link], *, actor: Actor, party_id: int | None, today: date
) -> tuple[Link, ...]:
    """Links the actor may name for this enterprise, each once, with the label of their room. Raises InvalidAppeal."""
    if len(links) > MOST:
        raise InvalidAppeal(
            f"at most {MOST} links", message_zh=f"最多关联 {MOST} 项", field="links", value=len(links)
        )
    return tuple({(each.kind, each.id): _checked(each, actor, party_id, today) for each in links}.values())


def _checked(link: Link, actor: Actor, party_id: int | None, today: date) -> Link:
    kind = _kinds.get(link.kind)
    if kind is None or not can_be(link.id):
        raise InvalidAppeal(
            f"{link.kind!r} is no kind of link; write one of {', '.join(sorted(_kinds))}",
            message_zh="关联的事项无法识别，请重新选择",
            field="links",
            value=link.kind,
        )
    label = kind.named(actor, link.id, party_id, today)
    if label is None:
        raise InvalidAppeal(
            f"there is no {kind.name_en} {link.id} that can be named here; choose another, or leave it out",
            message_zh=f"不能关联这项“{kind.name}”：它不存在，或者不属于所代表的企业。请重新选择，或者不关联",
            field="links",
            value=link.id,
        )
    return Link(link.kind, link.id, label.strip()[:_LABEL])


def can_be(identifier: str) -> bool:
    """Whether something can be called that: none without a sign, or with one that nobody sees or a database takes."""
    return 0 < len(identifier) <= 80 and identifier.isprintable()


def is_private(kind: str) -> bool:
    """Whether what is linked leads to whose it is; of a kind that is not known any more it might."""
    found = _kinds.get(kind)
    return found is None or found.private


def addresses_of(links: Sequence[dict[str, Any]], *, actor: Actor, desk: bool) -> dict[tuple[str, str], str]:
    """Where the reader may open some of these links, by kind and number; a query a kind at most."""
    found: dict[tuple[str, str], str] = {}
    by_kind: dict[str, list[str]] = {}
    for each in links:
        by_kind.setdefault(each["kind"], []).append(each["id"])
    for code, numbers in by_kind.items():
        kind = _kinds.get(code)
        address = (kind.desk if desk else kind.portal) if kind is not None else ""
        if kind is None or not address:
            continue
        for number in kind.opened(actor, numbers):
            found[(code, number)] = address.replace("{id}", number)
    return found
