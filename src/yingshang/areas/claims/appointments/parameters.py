"""Numbers of appointments that are data, not code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from yingshang.kernel.reference.api import parse_yaml


@dataclass(frozen=True, slots=True)
class AppointmentRules:
    """`data/appointments.yaml`."""

    ahead_working_days: int
    notice_minutes: int
    rebook_working_days: int


@cache
def appointment_rules() -> AppointmentRules:
    """`data/appointments.yaml`, read once."""
    text = (files("yingshang.areas.claims") / "data/appointments.yaml").read_text(encoding="utf-8")
    data = parse_yaml(text)
    return AppointmentRules(
        int(data["ahead_working_days"]), int(data["notice_minutes"]), int(data["rebook_working_days"])
    )
