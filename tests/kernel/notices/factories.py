"""Situations of messages: people with addresses, enterprises that can be reached, a mass message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import count
from typing import Any

from allauth.account.models import EmailAddress
from django.test import override_settings

from tests.kernel.access.factories import (
    DAOLI,
    NOW,
    SYSTEM,
    Person,
    agency,
    arranged,
    clerk_of,
    enterprise,
    official,
    person,
)
from yingshang.kernel.access.api import appoint
from yingshang.kernel.notices.api import CampaignContent, create_campaign
from yingshang.kernel.parties.models import Party

_numbers = count(1)

QUIET = NOW.replace(hour=15)
"""Eleven in the evening in China."""
MORNING = NOW.replace(day=24, hour=0)
"""Eight the next morning."""

TEXTS = {"zh-hans": ("申报提醒", "{{ enterprise }}：研发补贴开始申报。")}


def reachable(**values: Any) -> Person:
    """Somebody with a telephone."""
    who = person(**values)
    with arranged():
        who.user.phone = f"138{next(_numbers):08d}"
        who.user.save()
        for address in EmailAddress.objects.filter(user=who.user):
            address.verified = True
            address.save()
    return who


def enterprise_with_clerk(region_code: str = DAOLI, **values: Any) -> tuple[Party, Person]:
    """An enterprise somebody acts for."""
    party = enterprise(region_code, **values)
    return party, clerk_of(party)


def sender(region_code: str = DAOLI) -> Person:
    """Who may send mass messages in a region."""
    return official("department_official", region_code)


def also_appointed(who: Person, role: str, region_code: str) -> None:
    """Somebody with a second role, elsewhere."""
    appoint(
        actor=SYSTEM,
        user_id=who.id,
        role=role,
        agency_id=agency(region_code).pk,
        valid_from=date(2020, 1, 1),
        now=NOW,
    )


def draft(who: Person, **values: Any) -> int:
    """A mass message that has not been submitted."""
    given: dict[str, Any] = {
        "title": "研发补贴",
        "kind": "policy",
        "channels": ["in_app"],
        "texts": TEXTS,
        **values,
    }
    return create_campaign(actor=who.actor(), content=CampaignContent(**given), now=NOW)


@contextmanager
def gateways(url: str, *channels: str, secret: str = "callback") -> Iterator[None]:
    """The platform set to use a gateway for these channels."""
    with override_settings(
        MESSAGE_GATEWAYS={
            channel: {"url": url, "secret": "outgoing", "callback_secret": secret}
            for channel in channels or ("sms",)
        }
    ):
        yield
