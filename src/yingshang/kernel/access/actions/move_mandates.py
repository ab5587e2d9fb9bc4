"""Mandates follow a party that is merged into another, and return. Part of those actions, which record the event."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from ..models import Mandate


def move_mandates(*, from_party: int, to_party: int, now: datetime) -> tuple[list[int], list[int]]:
    """Move what is in force from one party to another: the numbers of those moved, and of those left where they are.

    Left is the mandate of somebody who has one of the other party already, and of a legal representative where the
    other party has one. What has run out is neither moved nor in the way. Must run in the transaction of an action
    that records its event.
    """
    present = list(_in_force(Mandate.objects.filter(party_id=to_party), now))
    users = {each.user_id for each in present}
    represented = any(each.legal_representative for each in present)
    moved, left = [], []
    for mandate in _in_force(Mandate.objects.select_for_update().filter(party_id=from_party), now):
        if mandate.user_id in users or (mandate.legal_representative and represented):
            left.append(mandate.pk)
        else:
            moved.append(mandate)
    _close_expired(to_party, [each.user_id for each in moved], now)
    numbers = [each.pk for each in moved]
    Mandate.objects.filter(pk__in=numbers).update(party_id=to_party)
    return numbers, left


def move_mandates_back(
    *, mandates: Collection[int], from_party: int, to_party: int, since: datetime, now: datetime
) -> list[int]:
    """Undo `move_mandates` of `since`; the numbers of what the other party has again.

    A mandate goes with the authority it rests on. Those that were moved go back, unless they were revoked, with those
    that who came with them has given since. What somebody of one party changed for somebody of the other is as it was.
    """
    moved = list(Mandate.objects.select_for_update().filter(pk__in=mandates))
    rows = Mandate.objects.select_for_update().filter(party_id=from_party, revoked_at__isnull=True)
    sides = _Sides(moved, from_party, since)
    back = {each.pk for each in moved if each.party_id == from_party and each.revoked_at is None}
    stayed = set(_in_force(Mandate.objects.filter(party_id=to_party), now).values_list("user_id", flat=True))
    ended, again = [], []
    # Whoever gives holds a mandate already: by number, the giver is known before the receiver.
    for given in rows.filter(granted_at__gte=since).exclude(pk__in=back).order_by("pk"):
        theirs = sides.of_user(given)
        rests = sides.last_of_their_own(given, theirs)
        if rests is None:
            rests, theirs = given, sides.behind(given)
        if rests.pk != given.pk:
            # A legal representative that the platform found since remains one.
            if not given.legal_representative:
                ended.append(given.pk)
            again.append(rests.pk)
        if theirs and not rests.legal_representative:
            # Who has one of the other party still has that.
            (ended.append if rests.user_id in stayed else back.add)(rests.pk)
    Mandate.objects.filter(pk__in=ended).update(revoked_at=now)
    returning = Mandate.objects.filter(pk__in=back)
    _close_expired(to_party, list(returning.values_list("user_id", flat=True)), now)
    returning.update(party_id=to_party)
    Mandate.objects.filter(pk__in=again).update(revoked_at=None)
    return sorted(back)


class _Sides:
    """Which of two parties that were merged `since` somebody acted for; True is the duplicate."""

    def __init__(self, moved: Iterable[Mandate], kept: int, since: datetime) -> None:
        self._since = since
        self._users = {each.user_id: True for each in moved}
        before = Mandate.objects.filter(party_id=kept, granted_at__lt=since).filter(
            Q(revoked_at__isnull=True) | Q(revoked_at__gte=since)
        )
        for user_id in before.values_list("user_id", flat=True):
            self._users.setdefault(user_id, False)

    def of_user(self, mandate: Mandate) -> bool:
        """Of whom it is for; somebody new belongs to whoever authorised them."""
        return self._users.setdefault(mandate.user_id, self.behind(mandate))

    def behind(self, mandate: Mandate) -> bool:
        """Of who gave it. What the platform found out is found of the party that was kept."""
        return mandate.granted_by_id is not None and self._users.get(mandate.granted_by_id, False)

    def last_of_their_own(self, mandate: Mandate, side: bool) -> Mandate | None:
        """It, or the latest of those it has replaced one by one, that rests on an authority of this side."""
        found: Mandate | None = mandate
        while found is not None and found.granted_at >= self._since and self.behind(found) != side:
            # What is replaced ends at the very moment at which the other begins.
            found = Mandate.objects.filter(
                user_id=found.user_id, revoked_at=found.granted_at, pk__lt=found.pk
            ).first()
        return found


def _in_force(rows: QuerySet[Mandate], now: datetime) -> QuerySet[Mandate]:
    today = timezone.localdate(now)
    return rows.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=today), revoked_at__isnull=True)


def _close_expired(party_id: int, users: Collection[int], now: datetime) -> None:
    """What has run out leaves room for another mandate of the same person; it ended when its last day did."""
    rows = Mandate.objects.select_for_update().filter(
        party_id=party_id, user_id__in=users, revoked_at__isnull=True, valid_until__lt=timezone.localdate(now)
    )
    for each in rows:
        assert each.valid_until is not None
        each.revoked_at = timezone.make_aware(
            datetime.combine(each.valid_until + timedelta(days=1), time.min)
        )
        each.save(update_fields=["revoked_at"])
