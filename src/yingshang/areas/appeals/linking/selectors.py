"""The appeals about something, for the pages of that thing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from yingshang.kernel.access.api import Actor

from ..links import Link, can_be, link_kinds
from ..reach import VIEW, own_appeals
from ..selectors.desk import COUNTED, about, rows_in_reach
from ..selectors.own import OwnAppeal, summary_of_own

_MOST = 5


def count_about(*, actor: Actor, kind: str, identifier: str, now: datetime) -> int:
    """How many appeals of an official's reach are about something; none for who may not see appeals. What was said
    anonymously about something that leads to whose it is is not among them. Two queries at most: what an
    official's agency was asked about elsewhere is looked up first.
    """
    if not actor.may(VIEW):
        return 0
    rows = about(rows_in_reach(actor, now), kind, identifier)
    return int(rows.order_by()[:COUNTED].count())


def my_appeals_about(*, actor: Actor, kind: str, identifier: str) -> tuple[OwnAppeal, ...]:
    """One's own appeals about something, newest first, five at most. One query."""
    rows = own_appeals(actor).filter(links__contains=[{"kind": kind, "id": identifier}])
    found = rows.select_related("party", "agency", "desk").defer("body", "words").order_by("-id")
    return tuple(summary_of_own(row) for row in found[:_MOST])


def nameable(*, actor: Actor, party_ids: Sequence[int]) -> tuple[tuple[str, str, str], ...]:
    """What somebody may choose from as what their appeal is about, of their enterprises: kind, number, name. As many
    queries however many enterprises these are.
    """
    return tuple(
        (kind.code, number, name)
        for kind in link_kinds().values()
        if kind.offered is not None
        for number, name in kind.offered(actor, party_ids)
    )


def named_link(
    *, actor: Actor, kind: str, identifier: str, party_ids: Sequence[int], today: date
) -> tuple[Link, int | None] | None:
    """What an address names, with the enterprise of the actor it belongs to; None where the actor may not name it."""
    found = link_kinds().get(kind)
    if found is None or not can_be(identifier):
        return None
    # What they may not open at all is looked for in none of their enterprises.
    if found.private and not found.opened(actor, [identifier]):
        return None
    for party_id in party_ids if found.private else (None,):
        label = found.named(actor, identifier, party_id, today)
        if label is not None:
            return Link(kind, identifier, label), party_id
    return None
