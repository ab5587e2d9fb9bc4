"""The ways a message can take, behind a registry."""

from __future__ import annotations

# In the order in which people are offered them.
from . import in_app  # noqa: F401  (each registers itself)  # isort: skip
from . import email  # noqa: F401  # isort: skip
from . import http_gateways, webhook  # noqa: F401  # isort: skip
from .registry import (
    Channel,
    Envelope,
    PermanentFailure,
    TemporaryFailure,
    channel_codes,
    channels,
    get_channel,
    register,
)

__all__ = [
    "Channel",
    "Envelope",
    "PermanentFailure",
    "TemporaryFailure",
    "channel_codes",
    "channels",
    "get_channel",
    "register",
]
