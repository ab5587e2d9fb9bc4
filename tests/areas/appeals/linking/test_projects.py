"""An appeal about an investment project, named by the code the project has from its approval on."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.areas.appeals.factories import dispatched_appeal, one_appeal_event
from tests.kernel.access.factories import DAOLI, NOW, no_event
from yingshang.areas.appeals import api
from yingshang.areas.appeals.linking.kinds import PROJECT
from yingshang.areas.appeals.models import Appeal

LATER = NOW + timedelta(hours=1)
CODE = "2108-230102-04-01-123456"


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        "210823010204 01123456",
        "２１０８—２３０１０２—０４—０１—１２３４５６",
        f" {CODE}\n",
        CODE.replace("-", "－"),
    ],
)
def test_a_code_is_read_however_it_was_typed(typed: str) -> None:
    assert api.read_project_code(typed) == CODE


def test_the_last_sign_may_be_a_letter() -> None:
    assert api.read_project_code("210823010204011234 5x") == "2108-230102-04-01-12345X"


@pytest.mark.parametrize(
    "typed", ["", "无", "123", CODE[:-1], CODE + "1", "X" + CODE[1:], CODE[:-1] + "Y", "²" * 24]
)
def test_what_is_none_is_told_apart(typed: str) -> None:
    with pytest.raises(api.InvalidAppeal) as found:
        api.read_project_code(typed)
    assert found.value.details["field"] == "project" and "24位" in found.value.message_zh


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_or_refused(typed: str) -> None:
    try:
        code = api.read_project_code(typed)
    except api.InvalidAppeal:
        return
    assert re.fullmatch(r"\d{4}-\d{6}-\d\d-\d\d-\d{5}[\dX]", code, re.ASCII)
    assert api.read_project_code(code) == code


@pytest.mark.django_db
def test_what_was_said_about_a_project_is_found_by_its_code() -> None:
    said = dispatched_appeal()
    handler = said.people.handler.actor(LATER)
    with no_event(), pytest.raises(api.InvalidAppeal):
        api.link_appeal(actor=handler, appeal_id=said.id, kind=PROJECT, identifier="12", now=LATER)
    with one_appeal_event("appeals.linked"):
        api.link_appeal(actor=handler, appeal_id=said.id, kind=PROJECT, identifier=CODE, now=LATER)
    done = api.submit_appeal(
        actor=said.who.actor(LATER),
        title="开工许可没有答复",
        body="施工许可申请交了一个月，没有人告诉我们缺什么。",
        region_code=DAOLI,
        party_id=said.party.pk,
        links=[api.Link(PROJECT, CODE)],
        now=LATER,
    )
    assert api.my_appeal(actor=said.who.actor(LATER), appeal_id=done.id, now=LATER).links[0].address == ""
    supervisor = said.people.supervisor.actor(LATER)
    [shown] = api.desk_appeal(actor=supervisor, appeal_id=said.id, now=LATER).links
    assert shown.address == f"/desk/appeals/?about=project:{CODE}"
    listed = api.desk_appeals(actor=supervisor, linked_to=(PROJECT, CODE), now=LATER)
    assert {each.id for each in listed.rows} == {said.id, done.id}
    # A project leads to whose it is, so that what was said anonymously is not found by it.
    Appeal.objects.filter(pk=done.id).update(anonymous=True)
    listed = api.desk_appeals(actor=supervisor, linked_to=(PROJECT, CODE), now=LATER)
    assert [each.id for each in listed.rows] == [said.id]
