"""Requests for binding in each state, with everybody who has to do with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from tests.kernel.access.factories import (
    DAOLI,
    NOW,
    Person,
    enterprise,
    legal_representative_of,
    official,
    person,
)
from yingshang.kernel.notices.models import Delivery
from yingshang.kernel.parties.models import Party
from yingshang.processes.enterprise_binding.api import (
    BindingView,
    ask_for_review,
    confirm_binding,
    decide_clerk,
    lapse_bindings,
    request_binding,
    withdraw_binding,
)
from yingshang.processes.enterprise_binding.desks import PLATFORM

EMAIL = "office@enterprise.example"


@dataclass
class Situation:
    """A request, and the people around it."""

    party: Party
    requester: Person
    representative: Person | None
    reviewer: Person
    request: BindingView


def last_code() -> str:
    """The code that is on its way, as the registered contact will read it."""
    body = Delivery.objects.filter(message__template="enterprise_binding.code").latest("pk").secret_body
    found = re.search(r"(?<!\d)\d{6}(?!\d)", body)
    assert found is not None
    return found.group()


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def asked(*, email: str = EMAIL, phone: str = "", represented: bool = True, region: str = DAOLI) -> Situation:
    """Somebody has asked to act for an enterprise."""
    party = enterprise(region, email=email, phone=phone)
    reviewer = official("window_official", region)
    representative = legal_representative_of(party) if represented else None
    requester = person()
    request = request_binding(actor=requester.actor(), credit_code=party.credit_code or "", now=NOW)
    return Situation(party, requester, representative, reviewer, request)


def in_state(state: str) -> Situation:
    """A request in this state."""
    found = asked()
    actor, number = found.requester.actor(), found.request.id
    if state in ("awaiting_representative", "approved", "refused"):
        confirm_binding(actor=actor, request_id=number, code=last_code(), now=NOW)
    if state in ("approved", "refused"):
        assert found.representative is not None
        decide_clerk(
            actor=found.representative.actor(),
            request_id=number,
            approve=state == "approved",
            reason="不认识此人",
            now=NOW,
        )
    if state == "in_review":
        ask_for_review(actor=actor, request_id=number, statement="联系人已离职", now=NOW)
    if state == "withdrawn":
        withdraw_binding(actor=actor, request_id=number, now=NOW)
    if state == "lapsed":
        lapse_bindings(actor=PLATFORM, now=NOW + timedelta(days=2))
    return found
