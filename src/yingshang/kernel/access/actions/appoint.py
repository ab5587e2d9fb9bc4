"""Give somebody a role in an agency."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from yingshang.kernel.ledger.api import record

from ..actors import Actor
from ..errors import AlreadyHeld, ConflictingDuties, InvalidPeriod
from ..models import Appointment, Role, User
from ._steps import load_agency, load_role, load_user, refuse_oneself, require_administers, user_target


def appoint(
    *,
    actor: Actor,
    user_id: int,
    role: str,
    agency_id: int,
    now: datetime,
    valid_from: date | None = None,
    valid_until: date | None = None,
) -> int:
    """Appoint a user, from today unless `valid_from` says otherwise; the number of the appointment.

    The actor gives only roles that theirs administers, only within their own reach, and never to themself. Raises
    ConflictingDuties when the user holds a role that conflicts at the same time.
    """
    scope = actor.require("access.manage_users")
    refuse_oneself(actor, user_id)
    begin = valid_from or timezone.localdate(now)
    if valid_until is not None and valid_until < begin:
        raise InvalidPeriod(
            f"it would end on {valid_until}, before it begins on {begin}",
            message_zh=f"终止日期{valid_until}早于起始日期{begin}",
            field="valid_until",
        )
    with transaction.atomic():
        # The lock on the user makes two appointments of one person wait for each other.
        user = load_user(user_id, scope=scope)
        agency = load_agency(agency_id, scope=scope)
        given = load_role(role)
        require_administers(actor, given, agency, "access.manage_users")
        _refuse_conflicts(user, given, agency_id, begin, valid_until)
        appointment = Appointment.objects.create(
            user=user,
            role=given,
            agency=agency,
            valid_from=begin,
            valid_until=valid_until,
            appointed_by=actor.name,
            appointed_at=now,
        )
        record(
            actor=actor,
            action="access.appointed",
            target=user_target(user, agency),
            now=now,
            after={
                "appointment": appointment.pk,
                "role": role,
                "agency_id": agency_id,
                "valid_from": begin,
                "valid_until": valid_until,
            },
        )
    return appointment.pk


def _refuse_conflicts(user: User, given: Role, agency_id: int, begin: date, end: date | None) -> None:
    at_the_time = Appointment.objects.filter(user=user, ended_at__isnull=True).filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=begin)
    )
    if end is not None:
        at_the_time = at_the_time.filter(valid_from__lte=end)
    for held in at_the_time.select_related("role"):
        if held.role_id == given.pk and held.agency_id == agency_id:
            raise AlreadyHeld(
                f"{user} holds {given.code} there already",
                message_zh=f"{user}在该机构已担任“{given.name}”",
                appointment=held.pk,
            )
        if given.code in held.role.conflicts or held.role.code in given.conflicts:
            raise ConflictingDuties(
                f"{user} holds {held.role.code}; one person may not hold {given.code} too",
                message_zh=f"{user}已担任“{held.role.name}”，与“{given.name}”不相容，不能由同一人担任",
                held=held.role.code,
                role=given.code,
            )
