"""Who opens what came with an appeal, and the reply: not everybody who sees that there is one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.areas.appeals.factories import (
    Said,
    another_person,
    answered_appeal,
    handled_appeal,
    submitted_appeal,
)
from tests.kernel.access.factories import DAOLI, NOW, Person, official
from yingshang.areas.appeals import api
from yingshang.areas.appeals.models import Appeal, Part
from yingshang.kernel.documents.api import DocumentNotFound, get_document

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def _opens(who: Person, document: int) -> bool:
    try:
        return get_document(actor=who.actor(LATER), document_id=document).id == document
    except DocumentNotFound:
        return False


def _openers(said: Said, document: int) -> set[str]:
    people = said.people
    everybody = {
        name: getattr(people, name)
        for name in (
            "dispatcher", "city_dispatcher", "handler", "approver", "helper", "supervisor", "leader"
        )
    } | {
        "reporter": said.who,
        "colleague": official("department_official", DAOLI, "commerce"),
        "stranger": another_person(),
    }  # fmt: skip
    return {name for name, who in everybody.items() if _opens(who, document)}


def test_what_came_with_it_is_for_those_who_deal_with_it() -> None:
    said = handled_appeal()
    document = api.add_file(
        actor=said.who.actor(LATER), appeal_id=said.id, content=b"notice", name="a.txt", now=LATER
    )
    always = {"dispatcher", "city_dispatcher", "handler", "approver", "supervisor", "reporter"}
    assert _openers(said, document) == always
    api.ask_for_part(
        actor=said.people.handler.actor(LATER),
        appeal_id=said.id,
        agency_id=said.people.housing,
        question="请核实",
        now=LATER,
    )
    assert _openers(said, document) == always | {"helper"}
    shown = [api.desk_appeal(actor=who.actor(LATER), appeal_id=said.id, now=LATER).files
             for who in (said.people.helper, said.people.leader)]  # fmt: skip
    assert [len(each) for each in shown] == [1, 0]
    Part.objects.update(state="given")
    assert _openers(said, document) == always


def test_the_reply_names_whom_it_is_to_and_is_not_for_those_who_joined() -> None:
    said = answered_appeal()
    voice = submitted_appeal(people=said.people, now=NOW - timedelta(hours=2))
    Appeal.objects.filter(pk=voice.id).update(state="joined", main=said.id)
    [own] = api.my_appeal(actor=said.who.actor(LATER), appeal_id=said.id, now=LATER).replies
    [told] = api.my_appeal(actor=voice.who.actor(LATER), appeal_id=voice.id, now=LATER).replies
    assert own.document_id is not None and (told.text, told.document_id) == (own.text, None)
    assert _opens(said.who, own.document_id) and not _opens(voice.who, own.document_id)
    assert _opens(said.people.leader, own.document_id)
