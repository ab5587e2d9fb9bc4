"""Ask the desk of the region instead of the registered contact."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from .. import lifecycle
from ..selectors import BindingView, binding_view, own
from ._steps import load, move, put_before_desk


def ask_for_review(*, actor: Actor, request_id: int, statement: str, now: datetime) -> BindingView:
    """For who cannot get the code, or whose legal representative does not answer or is no more. `statement` tells the
    reviewer why. Raises BindingNotFound, NotPossibleNow."""
    with transaction.atomic():
        row = load(own(actor), request_id)
        lifecycle.require(row.state, "ask_for_review", "requester")
        row.statement = statement.strip()[:400]
        put_before_desk(row, now=now)
        move(row, action="ask_for_review", by="requester", to="in_review", actor=actor, now=now)
    return binding_view(row)
