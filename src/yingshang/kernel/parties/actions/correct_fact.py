"""One fact of one party put right, after its source has found that what it had told is wrong."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ..batches import lock_writes
from ..errors import InvalidFact, PartyNotFound
from ..facts import definition_of, value_from_text
from ..history import current
from ..models import FactRecord, Party
from ..portraits import records_of
from ._portray import portray_anew


@transaction.atomic
def correct_fact(
    *,
    actor: Actor,
    party_id: int,
    column: str,
    text: str,
    source: str,
    as_of: date,
    reason: str,
    now: datetime,
) -> int:
    """Record what `source` says of a fact as of a day, and bring the portrait up to date; the number of the record.

    `text` is the value as people write it (see `value_from_text`). What was said before stays in the history. A
    correction of a day on which the source had said something wins over that, since it was received later. What is
    said of a duplicate stays with it, and holds of the party it was merged into as long as it is.
    Needs `parties.import`. Raises PartyNotFound outside the actor's scope, and InvalidFact.
    """
    scope = actor.require("parties.import")
    found = definition_of(column)
    if found is None:
        raise InvalidFact(
            f"no fact {column!r}", message_zh=f"没有事实“{column}”", field="column", value=column
        )
    value = value_from_text(found[0], text)
    lock_writes()
    party = (
        scope.filter(Party.objects.select_related("region", "merged_into"), region="region__path", party="id")
        .select_for_update(of=("self",))
        .filter(pk=party_id)
        .first()
    )
    if party is None:
        raise PartyNotFound(f"no party {party_id}", message_zh="没有这个主体", value=party_id)
    kept = party.merged_into or party
    held = current(records_of(kept)).get(column)
    made = FactRecord.objects.create(
        party=party, as_of=as_of, received_at=now, values={source: {column: value}}
    )
    portray_anew(dict.fromkeys((party, kept)), now)
    record(
        actor=actor,
        action="parties.fact_corrected",
        target=Target(
            "party",
            str(party.pk),
            party.name,
            region_path=party.region.path if party.region else "",
            party_id=party.pk,
        ),
        now=now,
        before={
            "column": column,
            "as_of": held.record.as_of if held else None,
            "value": _shown(found[0], held),
        },
        after={"column": column, "as_of": as_of, "source": source, "value": _shown(found[0], value)},
        reason=reason,
    )
    return int(made.pk)


def _shown(definition: Any, held: Any) -> Any:
    """A value for the event: personal ones stay out of it."""
    if held is None or definition.sensitivity == "personal":
        return None
    return getattr(held, "value", held)
