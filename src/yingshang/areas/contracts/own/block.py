"""Something outside this area stands in the way of striking an obligation off, and later does not any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, officials_who_may, system_actor
from yingshang.kernel.ledger.api import record
from yingshang.kernel.notices.api import Recipient, send_where_possible

from ..errors import Blocked
from ..ladder._steps import target_of
from ..ladder._steps import told as told_of
from ..models import Block, Obligation
from ..reach import REGISTER, SUPERVISE, load_obligation
from ..registering.actions._steps import shown_title

_PLATFORM = system_actor("contracts")


@transaction.atomic
def block_obligation(
    *, obligation_id: int, kind: str, reference: str, label: str, actor: Actor, now: datetime
) -> bool:
    """Nobody strikes the obligation off until `unblock_obligation`; False where it was blocked by this already. What
    blocked it before and did so no more blocks it again. For the platform, and who supervises.

    Raises NotAllowed, ObligationNotFound.
    """
    obligation = load_obligation(actor, obligation_id, SUPERVISE)
    row = Block.objects.filter(obligation=obligation, kind=kind, reference=reference).first()
    if row is not None and row.until is None:
        return False
    if row is None:
        row = Block(obligation=obligation, kind=kind, reference=reference)
    row.label, row.since, row.until = label[:120], now, None
    row.save()
    _note(obligation, "blocked", row, actor=actor, now=now)
    return True


@transaction.atomic
def unblock_obligation(*, obligation_id: int, kind: str, reference: str, actor: Actor, now: datetime) -> bool:
    """It does not stand in the way any more; False where it did not. Raises NotAllowed, ObligationNotFound."""
    obligation = load_obligation(actor, obligation_id, SUPERVISE)
    row = Block.objects.filter(
        obligation=obligation, kind=kind, reference=reference, until__isnull=True
    ).first()
    if row is None:
        return False
    row.until = now
    row.save(update_fields=["until"])
    _note(obligation, "unblocked", row, actor=actor, now=now)
    return True


def blocked_obligations(*, kind: str, reference: str) -> tuple[int, ...]:
    """The obligations that something blocks now. For processes that keep blocks as they should be."""
    rows = Block.objects.filter(kind=kind, reference=reference, until__isnull=True).order_by("obligation")
    return tuple(rows.values_list("obligation", flat=True))


def blocks_of(obligation_ids: Sequence[int]) -> dict[int, tuple[Block, ...]]:
    """The open blocks of some obligations, the oldest first. One query."""
    found: dict[int, tuple[Block, ...]] = {}
    rows = Block.objects.filter(obligation__in=list(obligation_ids), until__isnull=True).order_by("pk")
    for row in rows:
        found[row.obligation_id] = (*found.get(row.obligation_id, ()), row)
    return found


def ensure_unblocked(obligation: Obligation) -> None:
    """That nothing stands in the way of striking it off. Raises Blocked."""
    open_ones = blocks_of([obligation.pk]).get(obligation.pk, ())
    if not open_ones:
        return
    labels = [each.label for each in open_ones]
    raise Blocked(
        f"{', '.join(labels)} stands in the way; it can be struck off once that has ended",
        message_zh=f"相对方反映的情况尚未办结（{'、'.join(labels)}），办结之前不能销号",
        field="obligation",
        blocks=labels,
    )


def _note(obligation: Obligation, what: str, row: Block, *, actor: Actor, now: datetime) -> None:
    record(
        actor=actor,
        action=f"contracts.{what}",
        target=target_of(obligation),
        now=now,
        after={"by": row.kind, "reference": row.reference, "label": row.label},
    )
    titles = told_of(obligation)
    told = officials_who_may(REGISTER, agency_id=obligation.agency_id, today=timezone.localdate(now))
    send_where_possible(
        actor=_PLATFORM,
        to=[Recipient(user_id=each) for each in told],
        template=f"contracts.{what}",
        context={
            "number": obligation.contract.number,
            "title": shown_title(obligation.contract),
            "what": titles["title"],
            "label": row.label,
        },
        link=f"/desk/contracts/{obligation.contract_id}/",
        now=now,
    )
