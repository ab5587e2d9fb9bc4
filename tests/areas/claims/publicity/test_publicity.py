"""Awards before the public: masked once, objected to by anybody, through when the period is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db.models import Sum

from tests.areas.claims.automatic.list_factories import Listed, offered_list
from tests.areas.claims.factories import YUAN, account_of
from tests.kernel.access.factories import NOW, SYSTEM, arranged, no_event, one_event
from yingshang.areas.claims.automatic.actions.answer_offer import confirm_offer
from yingshang.areas.claims.errors import (
    InvalidObjection,
    NothingToPublish,
    NotPossibleNow,
    ObjectionNotFound,
    PublicityNotFound,
    PublicityOver,
    TooManyObjections,
)
from yingshang.areas.claims.lifecycle import CLAIM
from yingshang.areas.claims.models import (
    Budget,
    Claim,
    ItemTerms,
    Publicity,
    PublicityEntry,
    PublicityObjection,
)
from yingshang.areas.claims.models.claims import ENDED_WITHOUT
from yingshang.areas.claims.publicity.actions.object_to_award import (
    decide_objection,
    object_to_award,
    read_objector,
)
from yingshang.areas.claims.publicity.actions.publish_awards import publish_awards
from yingshang.areas.claims.publicity.clearing import clear_published
from yingshang.areas.claims.publicity.filling import fill_publicity
from yingshang.areas.claims.publicity.parameters import shown
from yingshang.areas.claims.publicity.selectors import (
    get_publicity,
    public_awards,
    publicities,
    publicities_on_desk,
    publicity_objections,
    unpublished,
)
from yingshang.areas.claims.way import way_of
from yingshang.kernel.access.api import VISITOR, Actor, ConflictingDuties, NotAllowed
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.rules.errors import DomainError

AFTER = NOW + timedelta(days=8)


def confirmed(**more: Any) -> Listed:
    """Two awards that were confirmed and wait to be published."""
    found = offered_list(**{"staff": (12, 30), "publicity_working_days": 5, **more})
    for place in range(2):
        account = account_of(found.parties[place], found.people[place], number=f"62170000000000{place:05d}")
        confirm_offer(
            actor=found.people[place].actor(),
            claim_id=found.claim(place).pk,
            account_id=account,
            now=NOW,
        )
    return found


def published(**more: Any) -> tuple[Listed, int]:
    """Both of them before the public."""
    found = confirmed(**more)
    return found, publish_awards(actor=found.desk.reviewer.actor(), code="HIRING", now=NOW)


def objected(**more: Any) -> tuple[Listed, PublicityObjection]:
    """The first one, objected to."""
    found, number = published(**more)
    object_to_first(number)
    return found, PublicityObjection.objects.get()


def object_to_first(publicity_id: int, *, actor: Actor = VISITOR, now: datetime = NOW, **more: str) -> str:
    entry = PublicityEntry.objects.filter(publicity=publicity_id).order_by("pk").first()
    assert entry is not None
    words = {"name": "演示群众", "text": "该企业已停业", "address": "192.0.2.1", **more}
    return object_to_award(actor=actor, entry_id=entry.pk, now=now, **words)


def reserved() -> int:
    return int(Budget.objects.aggregate(all=Sum("reserved_fen"))["all"] or 0)


def test_what_everybody_reads_of_an_enterprise() -> None:
    assert shown("演示企业", "91230100MA1A2B3C4D") == ("演示企业", "912301********3C4D")
    name, code = shown("道里区张三小吃店", "92230102MA1A2B3C4D")
    assert (name, code) == ("道里区张**吃店", "9223**********3C4D")


@pytest.mark.django_db
def test_published_for_five_working_days_and_masked() -> None:
    found = confirmed()
    [waiting] = unpublished(actor=found.desk.reviewer.actor())
    assert (waiting.claims, waiting.amount_fen) == (2, 32_000 * YUAN)
    own: dict[str, Any] = {"actor": found.people[0].actor(), "claim_id": found.claim(0).pk, "now": NOW}
    assert way_of(**own)[-1].name == "待公示"
    with one_event("claims.published"):
        number = publish_awards(actor=found.desk.reviewer.actor(), code="HIRING", now=NOW)
    kept = get_publicity(publicity_id=number)
    # A Monday: the day it is published does not count.
    assert kept.closes_on == date(2026, 11, 30) and "5个工作日" in kept.derivation
    page = public_awards(publicity_id=number)
    assert page.total == 2 and {each.standing for each in page.rows} == {"open"}
    assert all("*" in each.credit_code for each in page.rows)
    assert found.claim(0).state == "publicity"
    # The enterprise is told who has it and until when, as long as that day is to come.
    assert (way_of(**own)[-1].event, way_of(**own)[-1].due_on) == ("publicity", kept.closes_on)
    assert way_of(**{**own, "now": AFTER})[-1].due_on is None
    assert [each.id for each in publicities().rows] == [number]
    assert publicities_on_desk(actor=found.desk.reviewer.actor()).total == 1
    with no_event(), pytest.raises(NothingToPublish):
        publish_awards(actor=found.desk.reviewer.actor(), code="HIRING", now=NOW)


@pytest.mark.django_db
def test_a_long_list_is_put_together_by_the_worker_and_opened_at_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dataclasses import replace

    from yingshang.areas.claims.publicity import filling
    from yingshang.areas.claims.publicity.actions import publish_awards as action
    from yingshang.areas.claims.publicity.parameters import publicity_rules

    found = confirmed()
    short = replace(publicity_rules(), at_once=1, chunk=1)
    monkeypatch.setattr(action, "publicity_rules", lambda: short)
    monkeypatch.setattr(filling, "publicity_rules", lambda: short)
    actor = found.desk.reviewer.actor()
    with one_event("claims.publicity_begun"):
        number = publish_awards(actor=actor, code="HIRING", now=NOW)
    with pytest.raises(PublicityNotFound):
        get_publicity(publicity_id=number)
    whole, calls = filling.put_on, []

    def dies(*arguments: Any, **more: Any) -> int:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(*arguments, **more)

    monkeypatch.setattr(filling, "put_on", dies)
    with pytest.raises(KeyboardInterrupt):
        fill_publicity(actor=actor, publicity_id=number, now=NOW)
    assert PublicityEntry.objects.count() == 1
    fill_publicity(actor=actor, publicity_id=number, now=NOW)
    assert public_awards(publicity_id=number).total == PublicityEntry.objects.count() == 2
    assert Publicity.objects.get().state == "open"


@pytest.mark.django_db
def test_after_the_last_day_it_goes_on_to_payment_once() -> None:
    found, number = published()
    assert clear_published(actor=SYSTEM, now=NOW + timedelta(days=7)) == 0
    assert clear_published(actor=SYSTEM, now=AFTER) == 2
    assert found.claim(0).state == found.claim(1).state == "payable"
    assert Publicity.objects.get(pk=number).state == "closed"
    assert clear_published(actor=SYSTEM, now=AFTER) == 0
    with no_event(), pytest.raises(PublicityOver):
        object_to_first(number, now=AFTER)


@pytest.mark.django_db
def test_items_without_publicity_are_cleared_by_the_job() -> None:
    found = confirmed()
    with arranged():
        ItemTerms.objects.update(publicity_working_days=0)
    with one_event("claims.cleared"):
        assert clear_published(actor=SYSTEM, now=NOW) == 2
    assert found.claim(0).state == "payable"


@pytest.mark.django_db
def test_an_objection_stops_the_one_award_and_no_other() -> None:
    found, number = published()
    with one_event("claims.objected"):
        object_to_first(number)
    assert (found.claim(0).state, found.claim(1).state) == ("objected", "publicity")
    assert clear_published(actor=SYSTEM, now=AFTER) == 1
    assert (found.claim(0).state, found.claim(1).state) == ("objected", "payable")
    [row] = publicity_objections(actor=found.desk.reviewer.actor()).rows
    assert row.shown_name == "演***" and row.text == "该企业已停业"
    stored = PublicityObjection.objects.extra(select={"raw": "text"}).values_list("raw", flat=True)  # type: ignore[attr-defined]
    assert "停业" not in stored[0]


@pytest.mark.django_db
def test_upheld_it_is_refused_and_its_budget_is_free() -> None:
    found, row = objected()
    object_to_first(row.entry.publicity_id, text="另一人的异议", name="另一人")
    decide_objection(
        actor=found.desk.reviewer.actor(), objection_id=row.pk, upheld=True, decision="经查属实", now=NOW
    )
    claim = found.claim(0)
    assert (claim.state, claim.reason) == ("refused", "经查属实") and reserved() == 20_000 * YUAN
    assert set(PublicityObjection.objects.values_list("state", flat=True)) == {"upheld"}
    assert public_awards(publicity_id=row.entry.publicity_id).rows[0].standing == "taken_off"
    assert AuditEvent.objects.filter(action="claims.objection_upheld").count() == 1


@pytest.mark.django_db
def test_rejected_its_period_goes_on_or_is_over() -> None:
    found, row = objected()
    second = object_to_first(row.entry.publicity_id, text="还有一项", contact="0451-12345")
    actor = found.desk.reviewer.actor()
    with one_event("claims.objection_rejected"):
        decide_objection(actor=actor, objection_id=row.pk, upheld=False, decision="不属实", now=NOW)
    assert found.claim(0).state == "objected"
    other = PublicityObjection.objects.get(number=second)
    state = decide_objection(actor=actor, objection_id=other.pk, upheld=False, decision="不属实", now=AFTER)
    # Its last day is past: nothing stands before the payment any more.
    assert state == "payable"


@pytest.mark.django_db
def test_who_may_decide_and_read_who_objected() -> None:
    found, row = objected()
    for stranger in (found.people[0], found.desk.treasurer):
        with no_event(), pytest.raises((NotAllowed, ObjectionNotFound)):
            decide_objection(
                actor=stranger.actor(), objection_id=row.pk, upheld=False, decision="不属实", now=NOW
            )
    with arranged():
        Claim.objects.filter(pk=row.claim_id).update(approved_by=f"user:{found.desk.reviewer.id}")
    actor = found.desk.reviewer.actor()
    with no_event(), pytest.raises(ConflictingDuties):
        decide_objection(actor=actor, objection_id=row.pk, upheld=False, decision="不属实", now=NOW)
    with one_event("claims.objector_read"):
        name, _ = read_objector(actor=actor, objection_id=row.pk, purpose="核实", now=NOW)
    assert name == "演示群众"


@pytest.mark.django_db
def test_so_often_from_one_address_and_never_without_a_name() -> None:
    found, number = published()
    with no_event(), pytest.raises(InvalidObjection):
        object_to_first(number, name="")
    with no_event(), pytest.raises(InvalidObjection):
        object_to_first(number, text=" ")
    for place in range(3):
        object_to_first(number, text=f"第 {place} 项")
    with no_event(), pytest.raises(TooManyObjections):
        object_to_first(number)
    object_to_first(number, address="192.0.2.2")
    assert not PublicityObjection.objects.filter(address_key__contains="192").exists()
    # Somebody with an account is named by it.
    object_to_first(number, actor=found.people[1].actor(), name="")


@pytest.mark.django_db
def test_two_people_behind_one_address_are_both_heard() -> None:
    _, number = published()
    first = object_to_first(number, text="人数不实")
    assert object_to_first(number, text="人数不实 ") == first
    second = object_to_first(number, text="人数不实", name="另一人")
    third = object_to_first(number, text="人数不实", name="另一人", contact="0451-12345")
    assert len({first, second, third}) == PublicityObjection.objects.count() == 3


EVENTS: dict[str, Callable[[Listed, Claim, int], Any]] = {
    "objected": lambda found, claim, entry: object_to_award(
        actor=VISITOR, entry_id=entry, text="有误", name="群众", now=NOW
    ),
    "objection_rejected": lambda found, claim, entry: _decided(found, upheld=False),
    "objection_upheld": lambda found, claim, entry: _decided(found, upheld=True),
}


def _decided(found: Listed, *, upheld: bool) -> None:
    with arranged():
        PublicityObjection.objects.update(state="open")
    decide_objection(
        actor=found.desk.reviewer.actor(),
        objection_id=PublicityObjection.objects.latest("pk").pk,
        upheld=upheld,
        decision="说明",
        now=NOW,
    )


@pytest.mark.django_db
def test_in_every_other_state_nothing_is_objected_to_or_decided() -> None:
    found, row = objected()
    claim = found.claim(0)
    for event, act in EVENTS.items():
        [way] = [each for each in CLAIM.transitions if each.event == event]
        # One more objection is taken while another is looked into.
        allowed = {*way.sources, *({"objected"} if event == "objected" else ())}
        # Of a claim that has ended meanwhile the objection is decided, and nothing follows.
        allowed |= set(ENDED_WITHOUT) if event.startswith("objection_") else set()
        for state in set(CLAIM.states) - allowed:
            with arranged():
                Claim.objects.filter(pk=claim.pk).update(state=state)
            before = AuditEvent.objects.filter(action__startswith="claims.").count()
            with pytest.raises((NotPossibleNow, PublicityOver, DomainError)):
                act(found, claim, row.entry_id)
            assert AuditEvent.objects.filter(action__startswith="claims.").count() == before
