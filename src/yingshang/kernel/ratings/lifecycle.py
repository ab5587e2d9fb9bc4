"""Which way the follow-up of a bad rating may go: `data/lifecycle.yaml`."""

from __future__ import annotations

from yingshang.kernel.reference.api import Lifecycle

from .errors import NotPossibleNow

FOLLOW_UP = Lifecycle(
    "yingshang.kernel.ratings",
    table="follow_up",
    thing="follow-up",
    thing_zh="该差评整改",
    refusal=NotPossibleNow,
)
