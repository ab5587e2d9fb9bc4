"""Take a request back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from ..selectors import own
from ._steps import load, move


def withdraw_binding(*, actor: Actor, request_id: int, now: datetime) -> None:
    """Take back a request of one's own that nobody has decided. Raises BindingNotFound, NotPossibleNow."""
    with transaction.atomic():
        row = load(own(actor), request_id)
        move(row, action="withdraw", by="requester", to="withdrawn", actor=actor, now=now)
