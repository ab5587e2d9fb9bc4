"""The ways a message can take, behind a registry."""

from __future__ import annotations

from . import email, in_app, sms, webhook  # noqa: F401  (each registers itself)
from .registry import (
    Channel,
    Envelope,
    PermanentFailure,
    TemporaryFailure,
    channel_codes,
    get_channel,
    register,
)

__all__ = [
    "Channel",
    "Envelope",
    "PermanentFailure",
    "TemporaryFailure",
    "channel_codes",
    "get_channel",
    "register",
]
