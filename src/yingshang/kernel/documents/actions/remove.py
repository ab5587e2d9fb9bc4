"""A document is taken out of use. Its row stays; its bytes go with the next sweep, unless another document has them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ..models import Document
from ..selectors import not_found


@transaction.atomic
def remove_document(*, actor: Actor, document_id: int, reason: str = "", now: datetime) -> None:
    """Remove a document. May this actor? is the owner's question, asked before. Raises DocumentNotFound."""
    document = Document.objects.select_for_update().filter(pk=document_id, removed_at__isnull=True).first()
    if document is None:
        raise not_found(document_id)
    document.removed_at = now
    document.save(update_fields=["removed_at"])
    record(
        actor=actor,
        action="documents.removed",
        target=Target(
            "document",
            str(document.pk),
            document.name,
            region_path=document.region_path,
            agency_id=document.agency_id,
            party_id=document.party_id,
        ),
        before={"sha256": document.sha256, "owner": f"{document.owner_kind}:{document.owner_id}"},
        reason=reason,
        now=now,
    )
