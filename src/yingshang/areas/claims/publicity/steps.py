"""Steps that the actions over public lists share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ..errors import PublicityNotFound
from ..models import Publicity


def note_publicity(
    row: Publicity,
    what: str,
    *,
    actor: Actor,
    now: datetime,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> int:
    """The audit event `claims.<what>` about a public list; its number."""
    return record(
        actor=actor,
        action=f"claims.{what}",
        target=Target(
            "publicity",
            str(row.pk),
            f"{row.number} {row.item_name}",
            region_path=row.region_path,
            agency_id=row.agency_id,
        ),
        now=now,
        after={"state": row.state, **(after or {})},
        reason=reason[:400],
    )


def no_publicity(publicity_id: object) -> PublicityNotFound:
    """The refusal for a public list that is not there, or not published yet."""
    return PublicityNotFound(f"no publicity {publicity_id}", message_zh="没有这份公示", value=publicity_id)
