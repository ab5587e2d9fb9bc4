"""Stewards: who has whom, visits that become appeals, and who is reminded."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.areas.appeals.factories import City, city, one_appeal_event
from tests.kernel.access.factories import (
    DAOLI,
    NOW,
    QIQIHAR,
    SYSTEM,
    Person,
    agency,
    enterprise,
    no_event,
    official,
)
from tests.kernel.parties.factories import region_tree
from yingshang.areas.appeals.models import Appeal, Stewardship, Visit
from yingshang.areas.appeals.stewards.actions.keep_stewards import (
    agree_on_services,
    assign_steward,
    end_stewardship,
)
from yingshang.areas.appeals.stewards.actions.record_visit import AskedFor, record_visit
from yingshang.areas.appeals.stewards.jobs import remind_stewards
from yingshang.kernel.notices.models import Message
from yingshang.kernel.parties.models import Party
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db

PLACE = "commerce"


def looked_after(people: City, *, tier: str = "key") -> tuple[int, Party, Person]:
    """An enterprise with a steward; the number, the enterprise and the steward."""
    who = official("department_official", DAOLI, PLACE)
    party = enterprise(DAOLI)
    number = assign_steward(
        actor=people.supervisor.actor(),
        party_id=party.pk,
        steward_id=who.id,
        agency_id=agency(DAOLI, PLACE).pk,
        tier=tier,
        services=["tax", "talents"],
        now=NOW,
    )
    return number, party, who


def test_an_enterprise_has_one_steward_and_who_takes_over_is_kept() -> None:
    people = city()
    number, party, first = looked_after(people)
    second = official("department_official", DAOLI, PLACE)
    with one_appeal_event("appeals.steward_assigned"):
        assign_steward(
            actor=people.supervisor.actor(),
            party_id=party.pk,
            steward_id=second.id,
            agency_id=agency(DAOLI, PLACE).pk,
            tier="regular",
            now=NOW + timedelta(days=1),
        )
    rows = list(Stewardship.objects.order_by("pk"))
    assert [row.steward_id for row in rows] == [first.id, second.id]
    assert rows[0].until is not None and rows[1].visit_due_on == date(2027, 2, 21)
    with no_event(), pytest.raises(DomainError):
        agree_on_services(actor=first.actor(), stewardship_id=number, services=["tax"], now=NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tier": "golden"},
        {"services": ["moon"]},
        {"steward": "nobody"},
        {"region": QIQIHAR},
        {"by": "steward"},
        {"agency": QIQIHAR},
        {"agency": ""},
    ],
)
def test_who_may_not_and_what_is_not(wrong: dict[str, object]) -> None:
    people = city()
    if wrong.get("agency"):
        region_tree(QIQIHAR)
    place = str(wrong.get("agency") or DAOLI)
    who = official("department_official", place, PLACE)
    party = enterprise(str(wrong.get("region") or DAOLI))
    by = who if wrong.get("by") else people.supervisor
    with no_event(), pytest.raises(DomainError) as found:
        assign_steward(
            actor=by.actor(),
            party_id=party.pk,
            steward_id=people.leader.id if wrong.get("steward") else who.id,
            agency_id=0 if wrong.get("agency") == "" else agency(place, PLACE).pk,
            tier=str(wrong.get("tier") or "key"),
            services=wrong.get("services") or (),  # type: ignore[arg-type]
            now=NOW,
        )
    assert found.value.message_zh and not Stewardship.objects.exists()


def test_what_is_said_at_a_visit_becomes_an_appeal_once_or_nothing_is_kept() -> None:
    people = city()
    number, party, steward = looked_after(people)
    later = NOW + timedelta(days=3)
    words = AskedFor("用工难", "急需二十名焊工，招聘会上招不到人，请人社部门帮助对接。")
    for refused in (
        {"way": "pigeon"},
        {"at": later + timedelta(days=1)},
        {"level": 9},
        {"said": " "},
        {"asked_for": [words, AskedFor("", "")]},
    ):
        values = {"way": "visit", "at": later, "said": "生产正常", "asked_for": [words], **refused}
        with no_event(), pytest.raises(DomainError):
            record_visit(actor=steward.actor(), stewardship_id=number, now=later, **values)  # type: ignore[arg-type]
    assert not Visit.objects.exists() and not Appeal.objects.exists()
    done = record_visit(
        actor=steward.actor(later),
        stewardship_id=number,
        way="visit",
        at=later - timedelta(hours=2),
        met="负责人",
        said="生产正常，用工紧张",
        level=4,
        asked_for=[words],
        now=later,
    )
    appeal = Appeal.objects.get()
    assert done.appeals == (appeal.number,) and appeal.channel == "visit" and appeal.party_id == party.pk
    assert Stewardship.objects.get().visit_due_on == date(2026, 12, 26)
    with no_event(), pytest.raises(DomainError):
        record_visit(
            actor=people.handler.actor(),
            stewardship_id=number,
            way="visit",
            at=later,
            said="别人的企业",
            now=later,
        )


def test_who_has_not_visited_is_reminded_before_and_again_after() -> None:
    people = city()
    _, _, steward = looked_after(people)
    reminded = [day for day in range(0, 60) if remind_stewards(actor=SYSTEM, now=NOW + timedelta(days=day))]
    # Due after thirty days: a week before, the day after, and each week from then on.
    assert reminded == [23, 31, 38, 45, 52, 59]
    told = Message.objects.filter(template="appeals.visit_due", recipient_id=steward.id)
    assert told.values("once").distinct().count() == 6
    number = Stewardship.objects.get().pk
    end_stewardship(actor=people.supervisor.actor(), stewardship_id=number, reason="企业迁出", now=NOW)
    assert remind_stewards(actor=SYSTEM, now=NOW + timedelta(days=90)) == 0
