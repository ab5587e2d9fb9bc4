"""A platform for real use: regions, agencies, roles and its first administrator, once."""

from __future__ import annotations

import pytest
from django.utils import timezone

from yingshang.kernel.access import api as access
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.parties import api as parties
from yingshang.operations.errors import UnknownAgency
from yingshang.operations.setup import set_up

ACTOR = access.system_actor("test")


@pytest.mark.django_db
def test_a_city_is_set_up_once() -> None:
    def run() -> object:
        return set_up(
            region="230102",
            now=timezone.now(),
            administrator="admin",
            email="admin@example.org",
            agency="230102-government",
        )

    first = run()
    assert first.administrator_created and first.agencies and first.regions and first.roles  # type: ignore[attr-defined]
    assert parties.agencies(actor=ACTOR, region="230102001").total > 0, "what lies below is set up too"
    user_id = access.find_account(actor=ACTOR, username="admin")[0]
    administrator = access.actor_by_reference(f"user:{user_id}")
    assert administrator.may("access.manage_users")
    events = AuditEvent.objects.count()
    assert run().as_dict() == {"regions": 0, "agencies": 0, "roles": (), "administrator_created": False}  # type: ignore[attr-defined]
    assert AuditEvent.objects.count() == events


@pytest.mark.django_db
def test_an_agency_that_is_not_there_is_named() -> None:
    with pytest.raises(UnknownAgency, match="230102-goverment"):
        set_up(
            region=None,
            now=timezone.now(),
            administrator="admin",
            email="admin@example.org",
            agency="230102-goverment",
        )
