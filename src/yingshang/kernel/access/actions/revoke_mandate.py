"""End what somebody may do for an enterprise."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.ledger.api import Target, record

from ..actors import Actor
from ..errors import MandateNotFound, NotAllowed
from ..models import Mandate


def revoke_mandate(*, actor: Actor, mandate_id: int, now: datetime, reason: str = "") -> None:
    """Revoke a mandate at once.

    Who may authorise clerks of the enterprise may revoke those of clerks; everybody may lay down their own. A legal
    representative is never removed from inside: there must always be one who answers for the enterprise, so only the
    platform revokes that mandate, when a review has found another one. Raises MandateNotFound, NotAllowed.
    """
    with transaction.atomic():
        mandate = (
            Mandate.objects.select_for_update(of=("self",))
            .select_related("user", "party__region")
            .filter(pk=mandate_id, revoked_at__isnull=True)
            .first()
        )
        own = mandate is not None and actor.kind == "user" and actor.identifier == str(mandate.user_id)
        if mandate is None or not (own or _may(actor, mandate.party_id)):
            raise MandateNotFound(
                f"no mandate {mandate_id} in force",
                message_zh="没有这项授权，或者它已经撤销",
                value=mandate_id,
            )
        if mandate.legal_representative and actor.kind != "system":
            raise NotAllowed(
                "a legal representative is changed by a review, not revoked",
                message_zh="法定代表人的授权不能撤销，变更请到窗口办理",
            )
        mandate.revoked_at = now
        mandate.save(update_fields=["revoked_at"])
        party = mandate.party
        record(
            actor=actor,
            action="access.mandate_revoked",
            target=Target(
                "mandate",
                str(mandate.pk),
                str(mandate),
                region_path=party.region.path if party.region else "",
                party_id=party.pk,
            ),
            now=now,
            before={"user_id": mandate.user_id, "powers": mandate.powers},
            reason=reason,
        )


def _may(actor: Actor, party_id: int) -> bool:
    return actor.kind == "system" or party_id in actor.scope("mandates.grant").parties
