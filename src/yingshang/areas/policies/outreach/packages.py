"""What an enterprise was told, for its own people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from yingshang.kernel.access.api import Actor, entries_of

from ..errors import PackageNotFound
from ..matching.live import OWN
from ..models import PolicyPackage, PolicyTold
from .links import token_of


@dataclass(frozen=True, slots=True)
class PackagedItem:
    """An item as an enterprise was told of it; `entitled` says whether it still was when matched last."""

    code: str
    name: str
    issuer: str
    certain_fen: int | None
    entitled: bool
    token: str


@dataclass(frozen=True, slots=True)
class PackageView:
    """A policy package of one day with all its items."""

    party_id: int
    day: date
    items: tuple[PackagedItem, ...]


@dataclass(frozen=True, slots=True)
class PackageLine:
    """One package in the list of them."""

    day: date
    items: int
    read_at: datetime | None


def get_package(*, actor: Actor, party_id: int, day: date) -> PackageView:
    """What an enterprise of one's own was told on a day. Needs `policies.match_own`; raises PackageNotFound."""
    scope = actor.require(OWN)
    party_id = actor.kept_entry(party_id, OWN)
    rows = scope.filter(PolicyPackage.objects.all(), party="party")
    package = rows.filter(party__in=entries_of(party_id), day=day).first()
    if package is None:
        raise PackageNotFound(
            f"no policy package of {day}", message_zh="没有这一天的政策包，或者您不能查看", value=day
        )
    told = (
        PolicyTold.objects.filter(package=package)
        .select_related("item", "version")
        .defer("version__source")
        .order_by("item__code")
    )
    items = [
        PackagedItem(
            row.item.code,
            row.version.name,
            row.version.issuer,
            row.certain_fen,
            row.left_at is None and row.version.state == "published",
            token_of(row.party_id, row.item_id),
        )
        for row in told
    ]
    items.sort(key=lambda each: (-(each.certain_fen or 0), each.code))
    return PackageView(party_id, day, tuple(items))
