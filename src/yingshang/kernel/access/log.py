"""The verifiable log, as far as somebody may see and steer it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from yingshang.kernel.ledger import api as log

from .actors import Actor
from .audit import get_audit_event
from .directory import ensure_topmost


def event_receipt(*, actor: Actor, event_id: int) -> dict[str, Any] | None:
    """The receipt of an event within the actor's scope; None while it waits. Raises EventNotFound, NotAllowed."""
    get_audit_event(actor=actor, event_id=event_id)
    return log.receipt(event_id)


def add_cosigner(*, actor: Actor, key: str, description: str, now: datetime) -> int:
    """Take somebody's public key as a cosigner's. Raises NotAllowed, InvalidCosigner."""
    ensure_topmost(actor, "access.manage_log", today=timezone.localdate(now))
    return log.add_cosigner(actor=actor, key=key, description=description, now=now)


def retire_cosigner(*, actor: Actor, cosigner_id: int, now: datetime) -> None:
    """Expect nothing more from a cosigner. Raises NotAllowed, LogNotFound."""
    ensure_topmost(actor, "access.manage_log", today=timezone.localdate(now))
    log.retire_cosigner(actor=actor, cosigner_id=cosigner_id, now=now)
