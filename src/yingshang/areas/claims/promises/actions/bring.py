"""An enterprise brings what it promised."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import Owner, store

from ...actions.add_material import OWNER
from ...lifecycle import PROMISE
from ...parameters import limits
from ...reach import OWN
from ..steps import load_promise, note


@transaction.atomic
def bring_promised(*, actor: Actor, promise_id: int, content: Any, name: str, now: datetime) -> int:
    """The file that was promised, until the promise is checked; another one replaces it. Its number as a document.

    Needs `claims.apply_own`. Raises PromiseNotFound, NotPossibleNow, RefusedFile.
    """
    row, claim = load_promise(actor, promise_id, OWN)
    PROMISE.after(row.state, "brought", before=row.state)
    allowed = limits()["material"]
    document = store(
        actor=actor,
        content=content,
        name=name,
        owner=Owner(OWNER, str(claim.pk)),
        party_id=claim.party_id,
        region_path=claim.region_path,
        agency_id=claim.agency_id,
        allowed=allowed["kinds"],
        largest=int(allowed["largest_bytes"]),
        now=now,
    )
    row.document_id, row.document_name, row.brought_at = document.id, document.name[:200], now
    row.event_id = note(row, claim, "brought", actor=actor, now=now, after={"document": document.name})
    row.save()
    return document.id
