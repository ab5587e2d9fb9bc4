"""Windows where claims are handed in once 最多跑一次, when they are open, and who comes when."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from ..lifecycle import APPOINTMENT
from .claims import Claim


class ServiceWindow(models.Model):
    """A window 服务窗口 of an agency: where it is, and how many are served in each stretch of time.

    On days off by the platform's calendar it is closed, and on the days in `closed_on` (ISO dates).
    """

    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=12)
    name = models.CharField("窗口", max_length=80)
    address = models.CharField("地址", max_length=200)
    phone = models.CharField("电话", max_length=40, blank=True)
    minutes = models.PositiveSmallIntegerField("每个时段（分钟）", default=30)
    places = models.PositiveSmallIntegerField("每个时段可预约人数", default=2)
    closed_on = models.JSONField("另外停办的日期", default=list)
    active = models.BooleanField("可预约", default=True)
    changed_at = models.DateTimeField()
    changed_by_name = models.CharField(max_length=120)

    class Meta:
        ordering = ("name", "id")
        constraints = [
            models.UniqueConstraint(name="claims_window_once", fields=["agency", "name"]),
            models.CheckConstraint(
                name="claims_window_size",
                condition=Q(minutes__range=(10, 240), places__range=(1, 50)),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class WindowHours(models.Model):
    """When a window is open on one day of the week, Monday being 1; mornings and afternoons are two rows."""

    window = models.ForeignKey(ServiceWindow, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField("星期")
    opens_at = models.TimeField("开始")
    closes_at = models.TimeField("结束")

    class Meta:
        ordering = ("weekday", "opens_at")
        constraints = [
            models.UniqueConstraint(name="claims_hours_once", fields=["window", "weekday", "opens_at"]),
            models.CheckConstraint(
                name="claims_hours_sound",
                condition=Q(weekday__range=(1, 7), closes_at__gt=F("opens_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens_at:%H:%M}–{self.closes_at:%H:%M}"


class Appointment(models.Model):
    """One place at a window at one time 预约. Places of a stretch are numbered, and no number is given twice: that is
    what keeps two people from the last one. Claims that were handed in together and come with one visit share a place:
    one of them holds it, the others are `beside` it.
    """

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="appointments")
    window = models.ForeignKey(ServiceWindow, on_delete=models.PROTECT, related_name="appointments")
    starts_at = models.DateTimeField("开始")
    ends_at = models.DateTimeField("结束")
    place = models.PositiveSmallIntegerField()
    beside = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="sharing")
    state = models.CharField("状态", max_length=12, default="booked")
    made_at = models.DateTimeField()
    made_by_name = models.CharField(max_length=120)
    ended_at = models.DateTimeField(null=True)
    ended_by_name = models.CharField(max_length=120, blank=True)
    # What was missing, told once and in full 一次性告知.
    missing = models.JSONField(default=list)
    note = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ("starts_at", "place", "id")
        constraints = [
            models.UniqueConstraint(
                name="claims_place_once",
                fields=["window", "starts_at", "place"],
                condition=Q(state__in=["booked", "came", "incomplete"], beside__isnull=True),
            ),
            models.UniqueConstraint(
                name="claims_one_appointment", fields=["claim"], condition=Q(state="booked")
            ),
            models.CheckConstraint(
                name="claims_appointment_state", condition=Q(state__in=list(APPOINTMENT.states))
            ),
            models.CheckConstraint(
                name="claims_appointment_time", condition=Q(ends_at__gt=F("starts_at"), place__gte=1)
            ),
        ]
        indexes = [models.Index(name="claims_appointments_at", fields=["window", "starts_at"])]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.starts_at:%Y-%m-%d %H:%M}"
