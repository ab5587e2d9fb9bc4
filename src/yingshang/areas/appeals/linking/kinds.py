"""The kinds of links of the areas below: policy items, which everybody may name, and claims, which are somebody's; and
investment projects by their national code, which whoever knows it may name.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from urllib.parse import quote

from yingshang.areas.claims.api import claims_by_id, newest_claims
from yingshang.areas.policies.api import public_items
from yingshang.kernel.access.api import Actor, entries_of

from ..links import LinkKind, register_link_kind
from .projects import is_project_code

PROJECT = "project"

_OFFERED = 20


def register_kinds() -> None:
    """When Django starts."""
    register_link_kind(
        LinkKind(
            "policy_item",
            "政策事项",
            "policy item",
            named=_item,
            opened=lambda _actor, codes: [code for code in codes if quote(code, safe="") == code],
            portal="/policies/items/{id}/",
            desk="/policies/items/{id}/",
            private=False,
        )
    )
    register_link_kind(
        LinkKind(
            "claim",
            "兑现申请",
            "claim",
            named=_claim,
            opened=_opened_claims,
            offered=_offered_claims,
            portal="/claims/{id}/",
            desk="/desk/claims/{id}/",
        )
    )
    register_link_kind(
        LinkKind(
            PROJECT,
            "投资项目",
            "investment project",
            named=lambda _actor, code, _party_id, _today: code if is_project_code(code) else None,
            opened=lambda _actor, codes: codes,
            # The platform has no page of a project; officials see what else was said about it.
            desk="/desk/appeals/?about=project:{id}",
        )
    )


def _item(_actor: Actor, code: str, _party_id: int | None, today: date) -> str | None:
    found = public_items(codes=[code], day=today)
    return found[0].item.name if found else None


def _claim(actor: Actor, number: str, party_id: int | None, _today: date) -> str | None:
    if party_id is None or not _is_number(number):
        return None
    row = claims_by_id(actor=actor, claim_ids=[int(number)]).get(int(number))
    if row is None or not entries_of(row.party_id).filter(pk=party_id).exists():
        return None
    return f"{row.item_name} {row.number}"


def _opened_claims(actor: Actor, numbers: Collection[str]) -> list[str]:
    found = claims_by_id(actor=actor, claim_ids=[int(each) for each in numbers if _is_number(each)])
    return [str(each) for each in found]


def _offered_claims(actor: Actor, party_ids: Collection[int]) -> Sequence[tuple[str, str]]:
    rows = newest_claims(actor=actor, party_ids=party_ids, limit=_OFFERED)
    return [(str(row.id), f"{row.item_name} {row.number}") for row in rows]


def _is_number(text: str) -> bool:
    """Whether it is one of the database: "²" is a digit to Python, and no number of a claim."""
    return text.isascii() and text.isdecimal() and len(text) < 19
