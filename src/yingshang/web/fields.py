"""Form fields that several faces share, each with the browser's own picker."""

from __future__ import annotations

from typing import Any

from django import forms


class TimeField(forms.TimeField):
    """A time of the day, to the minute."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), **kwargs)


class MomentField(forms.DateTimeField):
    """A day and a time, in the platform's zone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
            **kwargs,
        )
