"""What an appeal is about: named by who may name it, called what its room calls it, opened by who may open it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.areas.appeals.factories import another_person, city, dispatched_appeal, one_appeal_event
from tests.areas.appeals.linking.about import BODY, claimed_appeal
from tests.areas.policies.factories import published_item
from tests.kernel.access.factories import DAOLI, HARBIN, NOW, Person, arranged, no_event, official
from yingshang.areas.appeals import api
from yingshang.areas.appeals.models import Appeal
from yingshang.kernel.access.api import Actor
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def _say(actor: Actor, link: api.Link, party_id: int | None, **more: object) -> Appeal:
    done = api.submit_appeal(
        actor=actor,
        title="",
        body=BODY,
        region_code=DAOLI,
        party_id=party_id,
        links=[link],
        now=NOW,
        **more,  # type: ignore[arg-type]
    )
    return Appeal.objects.get(pk=done.id)


def test_a_link_is_called_what_its_room_calls_it_and_each_side_leads_to_the_other() -> None:
    claim, said = claimed_appeal()
    [stored] = said.row.links
    assert stored["label"].endswith(claim.row.number) and "随便" not in stored["label"]
    own = api.my_appeal(actor=claim.who.actor(LATER), appeal_id=said.id, now=LATER)
    assert [each.address for each in own.links] == [f"/claims/{claim.id}/"]
    about = api.my_appeals_about(actor=claim.who.actor(LATER), kind="claim", identifier=str(claim.id))
    assert [each.id for each in about] == [said.id]
    assert not api.my_appeals_about(
        actor=another_person().actor(LATER), kind="claim", identifier=str(claim.id)
    )
    watcher = official("supervisor", HARBIN).actor(LATER)
    [shown] = api.desk_appeal(actor=watcher, appeal_id=said.id, now=LATER).links
    assert shown.address == f"/desk/claims/{claim.id}/"
    # Each official opens it where they see claims there.
    supervisor = said.people.supervisor.actor(LATER)
    [shown] = api.desk_appeal(actor=supervisor, appeal_id=said.id, now=LATER).links
    opens = bool(shown.address)
    assert shown.address in {"", f"/desk/claims/{claim.id}/"} and opens is (
        supervisor.may("claims.view")
        and supervisor.scope("claims.view").covers("agency", agency_id=0, region_path=claim.row.region_path)
    )
    assert api.count_about(actor=supervisor, kind="claim", identifier=str(claim.id), now=LATER) == 1
    listed = api.desk_appeals(actor=supervisor, linked_to=("claim", str(claim.id)), now=LATER)
    assert [each.id for each in listed.rows] == [said.id]
    assert not api.desk_appeals(actor=supervisor, linked_to=("claim", "0"), now=LATER).rows
    # Elsewhere, and for who may not see appeals, there is none.
    for other in (official("supervisor", "230103", "service-center"), official("operator", DAOLI)):
        assert not api.count_about(
            actor=other.actor(LATER), kind="claim", identifier=str(claim.id), now=LATER
        )


def test_nobody_names_what_is_not_theirs() -> None:
    claim, said = claimed_appeal()
    stranger = dispatched_appeal(people=said.people)
    refused: list[tuple[Person, api.Link, int | None]] = [
        (stranger.who, api.Link("claim", str(claim.id)), stranger.party.pk),
        (claim.who, api.Link("claim", str(claim.id)), None),
        (claim.who, api.Link("claim", "99999999"), claim.party.pk),
        (claim.who, api.Link("claim", "1; drop"), claim.party.pk),
        (claim.who, api.Link("claim", "²"), claim.party.pk),
        (claim.who, api.Link("claim", "9" * 30), claim.party.pk),
        (claim.who, api.Link("policy_item", "\0"), claim.party.pk),
        (claim.who, api.Link("policy_item", "NO-SUCH"), claim.party.pk),
        (claim.who, api.Link("contract", "1", "合同"), claim.party.pk),
        (claim.who, api.Link("policy_item", ""), claim.party.pk),
    ]
    for who, link, party in refused:
        with no_event(), pytest.raises(api.InvalidAppeal) as found:
            _say(who.actor(NOW), link, party)
        assert found.value.details["field"] == "links" and found.value.message_zh
    assert not api.nameable(actor=stranger.who.actor(NOW), party_ids=[stranger.party.pk])
    assert [each[1] for each in api.nameable(actor=claim.who.actor(NOW), party_ids=[claim.party.pk])] == [
        str(claim.id)
    ]


def test_everybody_names_a_policy_item_and_a_later_room_registers_its_kind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    city()
    code = published_item()
    visitor = another_person().actor(NOW)
    row = _say(visitor, api.Link("policy_item", code), None, channel="phone_page")
    assert row.links[0]["label"] and row.links[0]["kind"] == "policy_item"
    monkeypatch.setattr("yingshang.areas.appeals.links._kinds", dict(api.link_kinds()))
    api.register_link_kind(
        api.LinkKind(
            "contract",
            "合同",
            "contract",
            named=lambda _actor, number, _party, _today: "演示合同" if number == "7" else None,
            opened=lambda _actor, numbers: numbers,
            desk="/desk/contracts/{id}/",
        )
    )
    link = api.named_link(actor=visitor, kind="contract", identifier="7", party_ids=[5], today=NOW.date())
    assert link is not None and link == (api.Link("contract", "7", "演示合同"), 5)
    assert (
        api.named_link(actor=visitor, kind="contract", identifier="8", party_ids=[5], today=NOW.date())
        is None
    )


def test_officials_link_afterwards_what_belongs_to_who_said_it() -> None:
    claim, said = claimed_appeal()
    code = claim.row.item_code
    people = said.people
    for who in (people.helper, people.leader, people.supervisor):
        with no_event(), pytest.raises(DomainError):
            api.link_appeal(
                actor=who.actor(LATER), appeal_id=said.id, kind="policy_item", identifier=code, now=LATER
            )
    with one_appeal_event("appeals.linked"):
        api.link_appeal(
            actor=people.handler.actor(LATER),
            appeal_id=said.id,
            kind="policy_item",
            identifier=code,
            now=LATER,
        )
    with no_event(), pytest.raises(api.InvalidStep):
        api.link_appeal(
            actor=people.handler.actor(LATER),
            appeal_id=said.id,
            kind="policy_item",
            identifier=code,
            now=LATER,
        )
    assert [each["kind"] for each in said.row.links] == ["claim", "policy_item"]
    with one_appeal_event("appeals.unlinked"):
        api.unlink_appeal(
            actor=people.handler.actor(LATER),
            appeal_id=said.id,
            kind="policy_item",
            identifier=code,
            now=LATER,
        )
    with no_event(), pytest.raises(api.InvalidStep):
        api.unlink_appeal(
            actor=people.handler.actor(LATER),
            appeal_id=said.id,
            kind="policy_item",
            identifier=code,
            now=LATER,
        )
    # Another enterprise's claim is not linked to it, whoever sees both.
    other = dispatched_appeal(people=people)
    with no_event(), pytest.raises(DomainError):
        api.link_appeal(
            actor=people.handler.actor(LATER),
            appeal_id=other.id,
            kind="claim",
            identifier=str(claim.id),
            now=LATER,
        )


def test_of_an_anonymous_one_no_link_leads_to_whose_it_is() -> None:
    claim, said = claimed_appeal()
    with arranged():
        Appeal.objects.filter(pk=said.id).update(anonymous=True)
    people = said.people
    handler = people.handler.actor(LATER)
    assert not api.desk_appeal(actor=handler, appeal_id=said.id, now=LATER).links
    for actor in (handler, people.supervisor.actor(LATER)):
        assert not api.count_about(actor=actor, kind="claim", identifier=str(claim.id), now=LATER)
        assert not api.desk_appeals(actor=actor, linked_to=("claim", str(claim.id)), now=LATER).rows
    for act in (api.link_appeal, api.unlink_appeal):
        with no_event(), pytest.raises(api.NotYours):
            act(actor=handler, appeal_id=said.id, kind="claim", identifier=str(claim.id), now=LATER)


@pytest.mark.parametrize("number", ["²", "\0", "9" * 30, ""])
def test_what_no_claim_can_be_called_is_no_claim(number: str) -> None:
    claim, said = claimed_appeal()
    who, day = claim.who.actor(LATER), LATER.date()
    for kind in ("claim", "policy_item"):
        assert not api.named_link(
            actor=who, kind=kind, identifier=number, party_ids=[claim.party.pk], today=day
        )
        supervisor = said.people.supervisor.actor(LATER)
        assert not api.count_about(actor=supervisor, kind=kind, identifier=number, now=LATER)


def test_counting_takes_two_queries_at_most_and_a_list_three(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    claim, said = claimed_appeal()
    # Whose agency may have been asked for parts and to consultations elsewhere.
    actor = said.people.handler.actor(LATER)
    with django_assert_num_queries(2):
        api.count_about(actor=actor, kind="claim", identifier=str(claim.id), now=LATER)
    with django_assert_num_queries(3):
        api.desk_appeals(actor=actor, linked_to=("claim", str(claim.id)), now=LATER)


def test_what_can_be_named_is_the_newest_of_all_enterprises_in_two_queries_and_one_a_kind(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    claim, _said = claimed_appeal()
    actor = claim.who.actor(LATER)
    many = [claim.party.pk, *range(900_000, 900_150)]
    with django_assert_num_queries(4):
        offered = api.nameable(actor=actor, party_ids=many)
    assert [each[1] for each in offered] == [str(claim.id)]
