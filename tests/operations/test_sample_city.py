"""The sample city goes in by the doors, once, however often it is loaded."""

from __future__ import annotations

import stat
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import authenticate
from django.test import RequestFactory
from django.utils import timezone

from yingshang.kernel.access import api as access
from yingshang.kernel.flow import api as flow
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices import api as notices
from yingshang.kernel.parties import api as parties
from yingshang.operations.errors import UnknownCity
from yingshang.operations.sample_city import (
    ACTOR,
    Demonstration,
    described,
    load_city,
    load_people,
)
from yingshang.operations.setup import set_up
from yingshang.processes.enterprise_binding import api as enterprise_binding
from yingshang.processes.fact_objection import api as fact_objection

ZONE = ZoneInfo("Asia/Shanghai")
AS_OF = date(2026, 11, 21)


def _nothing(title: str, done: int, total: int | None) -> None:
    pass


def _load(directory: Path) -> tuple[Any, ...]:
    demonstration = Demonstration.of(directory, city="tiny", today=AS_OF)
    now = timezone.now()
    set_up(region="230000", now=now)
    load_city(demonstration, directory, zone=ZONE, progress=_nothing)
    return demonstration, load_people(demonstration, now=now)


def test_what_was_decided_first_stays(tmp_path: Path) -> None:
    first = Demonstration.of(tmp_path, city="tiny", today=AS_OF)
    assert Demonstration.of(tmp_path, city="tiny", today=date(2027, 1, 1)) == first
    assert stat.S_IMODE((tmp_path / "demonstration.json").stat().st_mode) == 0o600
    larger = Demonstration.of(tmp_path, city="small", today=date(2027, 1, 1))
    assert (larger.city, larger.as_of, larger.password) == ("small", AS_OF, first.password)
    with pytest.raises(UnknownCity, match="tiny, small, large"):
        Demonstration.of(tmp_path, city="metropolis", today=AS_OF)


@pytest.mark.django_db(transaction=True)
def test_the_city_is_loaded_once_with_a_year_of_history(tmp_path: Path) -> None:
    demonstration, accounts = _load(tmp_path)
    assert parties.search_parties(actor=ACTOR).total == 304
    events = AuditEvent.objects.count()
    assert _load(tmp_path)[1] == accounts
    assert AuditEvent.objects.count() == events, "loading it again writes nothing"

    shown = {account.what for account in accounts if account.shown}
    assert {role.name for role in access.roles()} <= shown, "one account for each role is printed"
    assert all(account.name.startswith("演示") for account in accounts)
    for account in accounts:
        request = RequestFactory().post("/account/login/")
        assert authenticate(request, username=account.username, password=demonstration.password), account

    # A file with wrong rows, and enterprises that are there twice: something to look at and to decide.
    assert [each.rejected for each in parties.imports(actor=ACTOR).rows if each.rejected] == [6]
    assert parties.duplicate_candidates(actor=ACTOR).total == 4

    # Requests before the window: some decided, some late, some to be decided today.
    window = next(account for account in accounts if account.username == "window")
    reviewer = access.find_account(actor=ACTOR, username=window.username)[0]
    due = enterprise_binding.due_bindings(
        actor=access.actor_by_reference(f"user:{reviewer}"), now=timezone.now()
    )
    assert len(due) == 6
    assert len({item.status for item in due}) > 1

    # What people find who act for an enterprise: messages, and who looked at their data.
    boss = access.actor_by_reference(f"user:{access.find_account(actor=ACTOR, username='boss')[0]}")
    told = [each.template for each in notices.inbox(actor=boss, per_page=100).rows]
    assert told.count("notices.announcement") == 3
    (enterprise,) = access.mandates_of_user(
        actor=ACTOR, user_id=int(boss.identifier), today=timezone.localdate()
    )
    looks = access.personal_views(actor=boss, party_id=enterprise.party_id)
    assert len(looks) == 2
    assert all(each.fields and each.purpose for each in looks)

    # Objections: answered ones with their reply, open ones, late ones, one that was returned.
    made = fact_objection.objections(actor=boss, party_id=enterprise.party_id)
    assert {each.state for each in made} == {"upheld", "verifying", "returned", "accepting"}
    assert all((each.reply_id is not None) == (each.state == "upheld") for each in made)
    late = flow.cases(actor=ACTOR, late=True, now=timezone.now()).rows
    assert late and "fact_objection.received" in told

    # Some sources have been silent for so long that what they told is stale.
    mine = parties.portrait(actor=boss, party_id=enterprise.party_id, now=timezone.now())
    assert len({fact.as_of for fact in mine.facts}) > 3

    # There is a year of history, and nothing before it.
    some = parties.search_parties(actor=ACTOR, per_page=100).rows
    now = timezone.now()
    histories = [
        parties.fact_history(actor=ACTOR, party_id=each.id, column="emp.insured_count") for each in some
    ]
    assert any(len({value.as_of for value in history}) > 1 for history in histories)
    early = [
        parties.portrait(actor=ACTOR, party_id=each.id, now=now, as_known_at=now.replace(year=now.year - 5))
        for each in some[:5]
    ]
    assert all(not portrait.facts for portrait in early)


def test_nobody_has_two_roles_that_conflict() -> None:
    """The file could ask for what the platform refuses; better to see that here than at somebody's first start."""
    held: dict[str, list[str]] = {}
    for person in described()["staff"]:
        held.setdefault(person["username"], []).append(person["role"])
    assert all(len(roles) == 1 for roles in held.values())
