"""What an enterprise says of itself, where the catalogue leaves it to the enterprise to say."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ..batches import lock_writes
from ..errors import InvalidFact, party_not_found
from ..facts import definition_of, value_from_text
from ..models import FactRecord, Party
from ._portray import portray_anew

BY_THE_PARTY = "企业填报"
"""The agency of the catalogue for facts that the party itself answers for."""

SOURCE = "企业申报"
"""The source of what it says."""


def may_declare(column: str) -> bool:
    """Whether an enterprise tells this fact itself."""
    found = definition_of(column)
    return found is not None and found[0].agency == BY_THE_PARTY and not found[0].type.startswith("list")


@transaction.atomic
def declare_fact(
    *, actor: Actor, party_id: int, column: str, text: str, now: datetime, as_of: date | None = None
) -> int:
    """Record what an enterprise says of a fact that is its own to say; the number of the record.

    `text` is the value as people write it. Needs `parties.declare_own`. Raises PartyNotFound, and InvalidFact for a
    fact that an agency answers for (an objection is the way there) or a value that is none.
    """
    scope = actor.require("parties.declare_own")
    party_id = actor.kept_entry(party_id, "parties.declare_own")
    found = definition_of(column)
    if found is None or not may_declare(column) or found[0].about != "party":
        raise InvalidFact(
            f"{column} is not for the enterprise to declare; its source tells it, or an objection",
            message_zh="该项数据由来源部门提供，企业不能自行填报；如有缺漏或错误，请提出异议",
            field="column",
            value=column,
        )
    value = value_from_text(found[0], text)
    lock_writes()
    party = (
        scope.filter(Party.objects.select_related("region"), region="region__path", party="id")
        .select_for_update(of=("self",))
        .filter(pk=party_id)
        .first()
    )
    if party is None:
        raise party_not_found(party_id)
    made = FactRecord.objects.create(
        party=party,
        as_of=as_of or timezone.localdate(now),
        received_at=now,
        values={SOURCE: {column: value}},
    )
    portray_anew([party], now)
    record(
        actor=actor,
        action="parties.fact_declared",
        target=Target(
            "party",
            str(party.pk),
            party.name,
            region_path=party.region.path if party.region else "",
            party_id=party.pk,
        ),
        now=now,
        after={
            "column": column,
            "source": SOURCE,
            "value": None if found[0].sensitivity == "personal" else value,
        },
    )
    return int(made.pk)
