"""On the home of the workbench: notices a head has to answer and promises to keep, and what waits for who supervises:
answers, cancellations, supplements and transfers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yingshang.areas.contracts import api
from yingshang.kernel.access.api import Actor
from yingshang.web.desk.due import LIMIT, Delivered, DueItem, Provider, register

HEAD, SUPERVISE, RECEIVE = "contracts.head", "contracts.supervise", "contracts.receive"


def _provider(
    kind: str, name: Promise, permission: str, page: str, read: Callable[..., api.StepPage], **asked: Any
) -> Provider:
    def fetch(actor: Actor, now: datetime) -> Delivered:
        found = read(actor=actor, now=now, limit=LIMIT, **asked)
        items = [
            DueItem(
                kind=kind,
                title=f"{name}：{each.number or each.title}",
                url=reverse(f"contracts_desk:{page}", args=[each.id]),
                since=timezone.localdate(each.since),
                # Whoever reads an answer waits for what it promises, not for the answer.
                due_on=each.promised_on if each.state == "answered" else each.due_on,
                detail=each.title,
                agency_name=each.agency,
            )
            for each in found.rows
        ]
        return Delivered(items, found.total)

    return Provider(kind, name, (permission,), fetch)


def register_due() -> None:
    """Called when Django starts."""
    for each in (
        _provider(
            "contract_notice", _("待反馈的督办"), HEAD, "notice", api.supervision_notices, state="sent"
        ),
        _provider(
            "contract_promise",
            _("待兑现的履行承诺"),
            HEAD,
            "notice",
            api.supervision_notices,
            state="promised",
        ),
        _provider(
            "contract_answer",
            _("待核实的反馈"),
            SUPERVISE,
            "notice",
            api.supervision_notices,
            state="answered",
        ),
        _provider(
            "contract_cancellation",
            _("待核实的销号"),
            SUPERVISE,
            "cancellation",
            api.cancellations,
            decidable=True,
        ),
        _provider(
            "contract_agreement",
            _("待决定的补充协议"),
            SUPERVISE,
            "agreement",
            api.agreements,
            decidable=True,
        ),
        _provider(
            "contract_transfer",
            _("待接收的移送"),
            RECEIVE,
            "transfer",
            api.transfers,
            received=True,
            state="sent",
        ),
    ):
        register(each)
