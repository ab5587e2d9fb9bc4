"""The documents of supervision notices, set after they were issued, and who may read them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import Owner, generate, number_words
from yingshang.kernel.ledger.api import get_event, receipt_code

from ..models import Obligation, SupervisionNotice, Transfer
from ..reach import VIEW, obligations_on_desk
from .notices import NOTICES

logger = structlog.get_logger(__name__)

TEMPLATE = "contract_supervision_notice"
AT_ONCE = 50
"""How many a job sets: some seconds, in which it has one of the worker's few places."""
LEFT_TO_THEIR_JOBS = timedelta(minutes=10)
"""For so long a notice is left to the job that was queued as it was issued."""
UNKNOWN = "未知"


def set_waiting(*, actor: Actor, now: datetime, only: Collection[int] | None = None) -> int:
    """Set the documents of notices that have none, or only those of some; how many. Each in a transaction of its own,
    once; one that cannot be set stops no other and is tried again by the next run.
    """
    rows = SupervisionNotice.objects.filter(document_id__isnull=True)
    if only is not None:
        rows = rows.filter(pk__in=only)
    return sum(_set(number, actor, now) for number in list(rows.order_by("pk").values_list("pk", flat=True)))


def waiting(*, now: datetime, after: int = 0) -> list[int]:
    """The next that have no document although their jobs have had their time; at most as many as are set at once."""
    rows = SupervisionNotice.objects.filter(
        document_id__isnull=True, issued_at__lte=now - LEFT_TO_THEIR_JOBS, pk__gt=after
    )
    return list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


def _set(number: int, actor: Actor, now: datetime) -> bool:
    try:
        with transaction.atomic():
            row = (
                SupervisionNotice.objects.select_for_update(of=("self",), skip_locked=True)
                .select_related("agency", "issued_by_agency", "obligation__contract")
                .filter(pk=number, document_id__isnull=True)
                .first()
            )
            if row is None:
                # Another worker is setting it, or has.
                return False
            _generate(row, actor=actor, now=now)
    except Exception:
        logger.exception("a supervision notice could not be set as a document", notice_id=number)
        return False
    return True


def _generate(row: SupervisionNotice, *, actor: Actor, now: datetime) -> None:
    """By what it said when it was issued: that may be a while ago, and something was paid since. Its event kept it."""
    assert row.receipt_event is not None
    issued = get_event(row.receipt_event, within=Q())
    assert issued is not None and issued.event.after is not None
    said = issued.event.after
    number = number_words(row.number)
    issued_on = timezone.localdate(row.issued_at)
    due = date.fromisoformat(said["due"])
    document = generate(
        actor=actor,
        template=TEMPLATE,
        context={
            "issuer": row.issued_by_agency.name,
            "number": number,
            "agency": row.agency.name,
            "contract": row.obligation.contract.number,
            "contract_title": row.obligation.contract.title,
            "counterparty": row.obligation.contract.counterparty_name,
            "obligation": row.obligation.title,
            "due": due,
            "late": (issued_on - due).days,
            "owed": yuan(said["owed_fen"]),
            "interest": yuan(said["interest_fen"]),
            "law": law_of(row.obligation),
            "demand": row.demand,
            "answer_by": date.fromisoformat(said["answer_by"]),
            "date": issued_on,
        },
        owner=Owner(NOTICES, str(row.pk)),
        party_id=None,
        region_path=row.region_path,
        agency_id=row.agency_id,
        receipt_code=receipt_code(row.receipt_event),
        name=number,
        now=now,
    )
    row.document_id = document.id
    row.save(update_fields=["document_id"])


def yuan(fen: int | None) -> str:
    """An amount as documents say it; what is missing is unknown, not zero."""
    return UNKNOWN if fen is None else f"{Decimal(fen) / 100:,.2f}元"


def law_of(obligation: Obligation) -> str:
    """What the date rests on: the agreement, and the law's last day where it set one."""
    if obligation.law_due_on is None:
        return "合同约定"
    day = obligation.law_due_on
    return f"合同约定；法定付款期限至{day.year}年{day.month}月{day.day}日"


def may_read_notice(actor: Actor, identifier: str) -> bool:
    """A supervision notice is between officials of its reach."""
    return _reached(actor, SupervisionNotice.objects.filter, identifier, "obligation")


def may_read_transfer(actor: Actor, identifier: str) -> bool:
    """A transferred file: officials of its reach, and the agency it was sent to."""
    from .transfers import received_by

    if identifier.isdigit() and received_by(actor).filter(pk=int(identifier)).exists():
        return True
    return _reached(actor, Transfer.objects.filter, identifier, "case__obligation")


def _reached(actor: Actor, rows: Any, identifier: str, path: str) -> bool:
    if not identifier.isdigit() or not actor.may(VIEW):
        return False
    return bool(rows(**{"pk": int(identifier), f"{path}__in": obligations_on_desk(actor)}).exists())
