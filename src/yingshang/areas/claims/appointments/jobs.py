"""Appointments in the worker: a reminder the day before, and an end for claims nobody comes for."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Prefetch
from django.utils import timezone
from procrastinate.contrib.django import app

from ..actions._steps import PLATFORM, move, tell_enterprise
from ..models import Appointment, Claim, ItemTerms
from .parameters import appointment_rules
from .places import words_of, working_days_before


def remind_of_visits(*, now: datetime) -> int:
    """Remind of every visit of tomorrow, once each; how many there are."""
    day = timezone.localdate(now) + timedelta(days=1)
    zone = timezone.get_current_timezone()
    sharing = Appointment.objects.filter(state="booked").select_related("claim")
    rows = (
        Appointment.objects.filter(
            state="booked",
            beside__isnull=True,
            starts_at__range=(datetime.combine(day, time.min, zone), datetime.combine(day, time.max, zone)),
        )
        .select_related("claim__party__merged_into", "window")
        .prefetch_related(Prefetch("sharing", queryset=sharing))
    )
    asked = dict(ItemTerms.objects.filter(mode="once").values_list("item_code", "materials"))
    count = 0
    for row in rows.iterator(chunk_size=500):
        together = [row.claim, *(each.claim for each in row.sharing.all())]
        names = dict.fromkeys(
            str(each["name"]) for claim in together for each in asked.get(claim.item_code, ())
        )
        tell_enterprise(
            row.claim,
            "visit_near",
            now=now,
            once=f"claims.visit_near:{row.pk}",
            number="、".join(each.number for each in together),
            bring="、".join(names),
            **words_of(row),
        )
        count += 1
    return count


def end_unvisited(*, now: datetime) -> int:
    """End the claims that have waited for an appointment for too long; how many."""
    booked = Appointment.objects.filter(claim=OuterRef("pk"), state="booked")
    rows = (
        Claim.objects.filter(state="appointed")
        .filter(~Exists(booked))
        .annotate(since=Max("appointments__ended_at"))
        .values_list("pk", "since", "region_path")
    )
    today, ended = timezone.localdate(now), 0
    for number, since, region_path in list(rows):
        before = working_days_before(today, appointment_rules().rebook_working_days, region_path)
        if since is None or timezone.localdate(since) >= before:
            continue
        with transaction.atomic():
            claim = (
                Claim.objects.select_for_update(of=("self",))
                .select_related("party__merged_into")
                .filter(pk=number, state="appointed")
                .first()
            )
            if claim is None or claim.appointments.filter(state="booked").exists():
                continue
            move(claim, "unvisited", actor=PLATFORM, now=now)
            tell_enterprise(claim, "unvisited", now=now)
            ended += 1
    return ended


# At nine in the morning.
@app.periodic(cron="0 9 * * *")
@app.task(name="claims.remind_of_visits", queueing_lock="claims.remind_of_visits")
def remind_of_visits_job(timestamp: int = 0) -> None:
    """Who comes tomorrow; and whose claim nobody comes for any more."""
    now = timezone.now()
    remind_of_visits(now=now)
    end_unvisited(now=now)
