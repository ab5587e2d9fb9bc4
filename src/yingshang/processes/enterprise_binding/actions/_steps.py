"""Steps that several actions share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.notices.api import Recipient, send_where_possible

from .. import lifecycle
from ..desks import PLATFORM, desk_for
from ..models import BindingRequest
from ..selectors import not_found


def one_at_a_time(credit_code: str) -> None:
    """What is done about one enterprise is done one after the other, so that two do not both become the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"binding:{credit_code}"])


def load(rows: QuerySet[BindingRequest], request_id: int) -> BindingRequest:
    """The request among these, locked. Raises BindingNotFound."""
    code = rows.filter(pk=request_id).values_list("credit_code", flat=True).first()
    if code is None:
        raise not_found(request_id)
    # Always the enterprise first and the request then: who locks in another order waits for one another for ever.
    one_at_a_time(code)
    return rows.select_for_update(of=("self",)).select_related("party", "user").get(pk=request_id)


def move(
    row: BindingRequest,
    *,
    action: str,
    by: lifecycle.Party,
    to: str,
    actor: Actor,
    now: datetime,
    reason: str = "",
    after: Mapping[str, Any] | None = None,
) -> None:
    """Save the request in its new state, with the event. Raises NotPossibleNow."""
    before = row.state
    if row.pk is not None:
        lifecycle.require(before, action, by, to=to)
    row.state, row.changed_at = to, now
    if to != "code_sent":
        row.code_hash = row.code_salt = ""
        row.code_expires_at, row.attempts_left = None, 0
    row.save()
    note(
        row,
        action,
        actor=actor,
        now=now,
        before={"state": before} if before else None,
        after={"state": to, **(after or {})},
        reason=reason,
    )


_PAST = {
    "request": "requested",
    "send_code": "code_sent",
    "confirm": "confirmed",
    "ask_for_review": "review_asked_for",
    "withdraw": "withdrawn",
    "approve": "approved",
    "refuse": "refused",
    "lapse": "lapsed",
    "refuse_code": "code_refused",
}


def note(
    row: BindingRequest,
    action: str,
    *,
    actor: Actor,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    """The event of an action on a request."""
    record(
        actor=actor,
        action=f"enterprise_binding.{_PAST[action]}",
        target=Target(
            "binding",
            str(row.pk),
            row.credit_code,
            region_path=row.desk_path,
            agency_id=row.agency_id,
            party_id=row.party_id,
        ),
        now=now,
        before=dict(before) if before else None,
        after=dict(after) if after else None,
        reason=reason,
    )


def put_before_desk(row: BindingRequest, *, now: datetime) -> None:
    """Fill in who reviews the request, and until when."""
    desk = desk_for(credit_code=row.credit_code, party_id=row.party_id, now=now)
    row.agency_id, row.desk_path = desk.agency_id, desk.path
    row.due_on, row.derivation, row.review_began_at = desk.due_on, desk.derivation, now


def tell(row: BindingRequest, user_id: int, template: str, *, now: datetime, **context: Any) -> None:
    """A message to somebody with an account. That one cannot be reached does not stop the action."""
    enterprise = row.party.name if row.party else row.credit_code
    send_where_possible(
        actor=PLATFORM,
        to=[Recipient(user_id=user_id)],
        template=f"enterprise_binding.{template}",
        context={"enterprise": enterprise, **context},
        now=now,
    )
