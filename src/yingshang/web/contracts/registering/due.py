"""On the home of the workbench: what of one's unit falls due or is late, contracts and supplements to be reviewed, and
drafts that were sent back.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.areas.contracts.api import ContractRow, contracts, own_units, waiting_supplements
from yingshang.kernel.access.api import Actor
from yingshang.web.desk.due import LIMIT, Delivered, DueItem, Provider, register

REGISTER, REVIEW = "contracts.register", "contracts.review"
SOON_DAYS = 10
"""As the ladder's first reminder."""


def due_soon(actor: Actor, now: datetime) -> Delivered:
    """Contracts of which something falls due within some days, or is late."""
    rows, total = _of_units(
        actor, now, REGISTER, states=("in_force", "suspended"), due=SOON_DAYS, order="next_due_on"
    )
    items = [
        DueItem(
            kind="contract_due",
            title=_("履约到期：%(title)s") % {"title": each.title},
            url=reverse("contracts_desk:contract", args=[each.id]),
            since=each.signed_on,
            due_on=each.next_due_on,
            detail=each.counterparty_name,
            agency_id=each.agency_id,
            agency_name=each.agency_name,
        )
        for each in rows
    ]
    return Delivered(items, total)


def to_review(actor: Actor, now: datetime) -> Delivered:
    """Contracts that somebody of the unit has written down, and supplements."""
    rows, total = _of_units(actor, now, REVIEW, states=("submitted",))
    supplements = waiting_supplements(actor=actor, limit=LIMIT)
    items = [_item(each, _("审核合同：%(title)s"), "contract_review") for each in rows]
    items += [
        DueItem(
            kind="contract_review",
            title=_("审核补充协议：%(title)s") % {"title": each.title},
            url=reverse("contracts_desk:contract", args=[each.contract_id]),
            since=timezone.localdate(each.proposed_at),
            detail=each.contract_title,
            agency_id=each.agency_id,
            agency_name=each.agency_name,
        )
        for each in supplements.rows
    ]
    return Delivered(items[:LIMIT], total + supplements.total)


def to_submit(actor: Actor, now: datetime) -> Delivered:
    """Drafts: begun, or sent back."""
    rows, total = _of_units(actor, now, REGISTER, states=("draft",))
    return Delivered([_item(each, _("提交合同：%(title)s"), "contract_draft") for each in rows], total)


def _of_units(actor: Actor, now: datetime, permission: str, **asked: Any) -> tuple[list[ContractRow], int]:
    """Contracts of the units in which somebody holds the permission, of which there is one as a rule."""
    rows: list[ContractRow] = []
    total = 0
    for unit in own_units(actor=actor, permission=permission):
        found = contracts(actor=actor, agency=unit.id, limit=LIMIT - len(rows), now=now, **asked)
        rows += found.rows
        total += found.total
    return rows, total


def _item(row: ContractRow, title: str, kind: str) -> DueItem:
    return DueItem(
        kind=kind,
        title=title % {"title": row.title},
        url=reverse("contracts_desk:contract", args=[row.id]),
        since=timezone.localdate(row.registered_at),
        detail=row.counterparty_name,
        agency_id=row.agency_id,
        agency_name=row.agency_name,
    )


def register_due() -> None:
    """Called when Django starts."""
    register(Provider("contract_due", gettext_lazy("合同履约到期"), (REGISTER,), due_soon))
    register(Provider("contract_review", gettext_lazy("合同审核"), (REVIEW,), to_review))
    register(Provider("contract_draft", gettext_lazy("待提交的合同"), (REGISTER,), to_submit))
