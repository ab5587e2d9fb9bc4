"""Take a role back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.ledger.api import record

from ..actors import Actor
from ..errors import AppointmentNotFound
from ..models import Appointment
from ._steps import require_administers, user_target


def end_appointment(*, actor: Actor, appointment_id: int, reason: str, now: datetime) -> None:
    """End an appointment at once. Raises AppointmentNotFound outside the scope, NotAllowed for roles out of reach."""
    scope = actor.require("access.manage_users")
    with transaction.atomic():
        rows = scope.filter(Appointment.objects.all(), region="agency__region__path", agency="agency")
        appointment = (
            rows.select_for_update(of=("self",))
            .select_related("user", "role", "agency__region")
            .filter(pk=appointment_id, ended_at__isnull=True)
            .first()
        )
        if appointment is None:
            raise AppointmentNotFound(
                f"no appointment {appointment_id} in force",
                message_zh="没有这项任职，或者它已经终止",
                value=appointment_id,
            )
        require_administers(actor, appointment.role, appointment.agency, "access.manage_users")
        appointment.ended_at = now
        appointment.save(update_fields=["ended_at"])
        record(
            actor=actor,
            action="access.appointment_ended",
            target=user_target(appointment.user, appointment.agency),
            now=now,
            before={"appointment": appointment.pk, "role": appointment.role.code},
            after={"ended_at": now},
            reason=reason,
        )
