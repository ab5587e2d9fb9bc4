"""Portraits worked out anew, after single records or what belongs together have changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ..batches import next_revision, refresh_registration, refresh_search
from ..changes import tell_portraits_changed
from ..history import current
from ..models import Party, Portrait
from ..portraits import records_of


def portray_anew(parties: Iterable[Party], now: datetime) -> None:
    """Portraits, register and search of these parties, from their records. The caller holds the lock of writes."""
    revision = next_revision()
    parties = list(parties)
    for party in parties:
        records = records_of(party)
        values = {column: held.value for column, held in current(records).items()}
        as_of = max((each.as_of for each in records), default=None)
        if as_of is None:
            Portrait.objects.filter(party=party).update(revision=revision)
        else:
            Portrait.objects.update_or_create(
                party=party, defaults={"values": values, "as_of": as_of, "revision": revision}
            )
            refresh_registration(party.pk, values, now)
    refresh_search([party.pk for party in parties])
    tell_portraits_changed(now)
