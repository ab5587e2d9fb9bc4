"""Close what nobody will answer any more."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from yingshang.kernel.access.api import Actor, NotAllowed

from ..figures import figures
from ..models import BindingRequest
from ._steps import move


def lapse_bindings(*, actor: Actor, now: datetime) -> int:
    """Close requests whose code was never entered, and those the legal representative never answered; how many."""
    if actor.kind != "system":
        raise NotAllowed("requests lapse by themselves", message_zh="申请到期自动失效")
    late = Q(state="code_sent", changed_at__lte=now - figures().code_lapses_after) | Q(
        state="awaiting_representative", changed_at__lte=now - figures().approval_lapses_after
    )
    closed = 0
    for request_id in BindingRequest.objects.filter(late).values_list("pk", flat=True):
        with transaction.atomic():
            row = (
                BindingRequest.objects.select_for_update(skip_locked=True).filter(late, pk=request_id).first()
            )
            if row is not None:
                move(row, action="lapse", by="platform", to="lapsed", actor=actor, now=now)
                closed += 1
    return closed
