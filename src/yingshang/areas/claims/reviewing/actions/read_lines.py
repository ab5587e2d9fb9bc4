"""Who reviews a claim reads its line items with names and numbers of people, and leaves a trace."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor, note_personal_view
from yingshang.kernel.ledger.api import record

from ...actions._steps import target_of
from ...reach import load
from ..lines import LineItems, line_items


@transaction.atomic
def read_lines(*, actor: Actor, claim_id: int, purpose: str, now: datetime) -> LineItems:
    """The line items of a claim in the clear. Needs `claims.review` and `parties.view_personal`; the enterprise sees
    that it was done. Raises ClaimNotFound, NotAllowed.
    """
    actor.require("parties.view_personal")
    claim = load(actor, claim_id, "claims.review")
    found = line_items(claim, clear=True)
    record(
        actor=actor,
        action="claims.lines_read",
        target=target_of(claim),
        now=now,
        after={"columns": list(found.personal), "lines": len(found.rows)},
        reason=purpose.strip()[:400],
    )
    note_personal_view(
        actor=actor,
        party_id=claim.enterprise.pk,
        fields=found.personal or (found.name,),
        purpose=purpose.strip() or claim.number,
        now=now,
    )
    return found
