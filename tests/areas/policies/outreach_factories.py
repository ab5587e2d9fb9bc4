"""Situations of outreach: enterprises somebody acts for, matched and told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.kept import kept
from tests.kernel.access.factories import DAOLI, NOW, SYSTEM, Person, legal_representative_of
from tests.kernel.parties.factories import AS_OF, a_party, told
from yingshang.areas.policies.api import follow_link, rematch, send_packages
from yingshang.areas.policies.models import PolicyItem
from yingshang.areas.policies.outreach.links import token_of
from yingshang.kernel.notices.api import inbox, mark_read
from yingshang.kernel.parties.api import update_snapshot
from yingshang.kernel.parties.models import Party


def matched(now: datetime = NOW) -> None:
    """Everybody as the register has them now."""
    update_snapshot(actor=SYSTEM, now=now)
    rematch(actor=SYSTEM, now=now)


@kept
def an_enterprise(staff: int = 20, *, region: str = DAOLI, **facts: Any) -> tuple[Party, Person]:
    """One with so many insured, and its legal representative."""
    party = a_party(region_code=region, facts={"emp.insured_count": staff, **facts})
    return party, legal_representative_of(party)


def insured(party: Party, count: int, days: int) -> None:
    """So many insured, as of so many days after what was known first."""
    told([{"subject": party.credit_code, "emp.insured_count": count}], as_of=AS_OF + timedelta(days=days))


def sent(now: datetime = NOW) -> None:
    """Everybody matched and told."""
    matched(now)
    send_packages(actor=SYSTEM, now=now)


def reads(who: Person) -> None:
    """Somebody reads the newest message."""
    message = inbox(actor=who.actor(), page=1, per_page=10).rows[0]
    mark_read(actor=who.actor(), message_id=message.id, now=NOW)


def clicks(party: Party, code: str = "HIRING") -> None:
    """Somebody follows the link of an enterprise."""
    item = PolicyItem.objects.get(code=code)
    follow_link(token=token_of(party.pk, item.pk), now=NOW)
