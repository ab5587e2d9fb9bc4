"""Ladders: what is refused, and drafts that become versions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kernel.access.factories import (
    DAOLI,
    HEILONGJIANG,
    NOW,
    SYSTEM,
    administrator,
    no_event,
    official,
    one_event,
)
from tests.kernel.clock.factories import at, ensure_ladders
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.clock import api
from yingshang.kernel.clock.ladders import default_ladders, read_rungs

RUNG = {
    "code": "remind",
    "name": "提醒",
    "name_en": "Remind",
    "offset": {"working_days": -1},
    "action": "remind",
    "to": ["holder"],
}


def ladder(code: str = "own", **fields: Any) -> dict[str, Any]:
    return {"code": code, "name": "自定", "name_en": "Own", "rungs": [RUNG], **fields}


def test_the_ladders_of_the_file_can_be_used():
    assert {each.code for each in default_ladders()} >= {"standard", "case", "contract"}
    contract = next(each for each in default_ladders() if each.code == "contract")
    assert [(rung.amount, rung.action) for rung in contract.rungs] == [
        (-10, "remind"),
        (-5, "warn"),
        (0, "escalate"),
        (1, "supervise"),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code": "Has Space"}, "its code is small Latin letters"),
        ({"name": ""}, "its name is missing"),
        ({"name_en": "x" * 81}, "its name_en is missing, or longer"),
        ({"offset": {"weeks": 1}}, "its offset is one unit"),
        ({"offset": {"days": 0.5}}, "its offset is one unit"),
        ({"offset": {"days": 1, "hours": 1}}, "its offset is one unit"),
        ({"offset": {"working_days": -5000}}, "its offset is one unit"),
        ({"offset": None}, "its offset is one unit"),
        ({"at": "25:00"}, 'its time of day is written "09:00"'),
        ({"offset": {"hours": 2}, "at": "09:00"}, "an offset in hours has no time of day"),
        ({"action": "dismiss"}, "its action is one of"),
        ({"to": []}, "it is for some of"),
        ({"to": ["everybody"]}, "it is for some of"),
        ({"to": ["holder", "holder"]}, "it is for some of"),
        ({"colour": "red"}, "there is no field 'colour'"),
    ],
)
def test_a_rung_that_cannot_be_used_is_named(change: dict[str, Any], said: str):
    with pytest.raises(api.InvalidLadder) as refused:
        read_rungs([RUNG | {"code": "first"}, RUNG | change])
    [mistake] = refused.value.mistakes
    assert mistake.where.startswith("rung 2") and mistake.message.startswith(said)
    assert mistake.message_zh


@pytest.mark.parametrize("rungs", [None, [], "remind", {}, [RUNG] * 2, [RUNG] * 21, ["remind"]])
def test_rungs_that_are_none_are_refused(rungs: Any):
    with pytest.raises(api.InvalidLadder):
        read_rungs(rungs)


def test_everything_wrong_with_a_ladder_is_said_at_once():
    with pytest.raises(api.InvalidLadder) as refused:
        api.read_ladder({"code": "X", "rungs": [RUNG | {"action": ""}]})
    assert [each.where for each in refused.value.mistakes] == ["code", "name", "name_en", "rung 1 (remind)"]


def test_rungs_have_their_moments_around_the_due_date():
    rungs = read_rungs(
        [
            RUNG | {"code": "day", "offset": {"working_days": -5}, "at": "08:30"},
            RUNG | {"code": "hours", "offset": {"hours": -4}},
            RUNG | {"code": "due", "offset": {"days": 0}},
            RUNG | {"code": "after", "offset": {"working_days": 1}},
        ]
    )
    due = api.due_at(at("2026-09-28"), api.Term(7, "working_days"), api.national())
    steps = {step.rung.code: step.at for step in api.schedule(rungs, due.due_at, api.national())}
    assert steps == {
        "day": at("2026-09-30 08:30"),  # 12, 10 (make-up), 9, 8 October, then 30 September
        "due": at("2026-10-13 09:00"),
        "hours": due.due_at.replace(hour=19),
        "after": at("2026-10-14 09:00"),
    }
    # A due moment in the night: what stands on its day does not come after it, what stands behind it not before.
    night = api.due_at(at("2026-11-23 03:00"), api.Term(24, "hours"), api.national())
    steps = {step.rung.code: step.at for step in api.schedule(rungs, night.due_at, api.national())}
    assert steps["due"] == night.due_at == at("2026-11-24 03:00")
    assert steps["after"] == at("2026-11-25 09:00")


@given(
    st.integers(-200, 200),
    st.sampled_from(api.OFFSET_UNITS),
    st.datetimes().map(lambda moment: moment.time()),
)
def test_a_rung_is_written_as_it_is_read(amount: int, unit: str, time: Any):
    written = RUNG | {"offset": {unit: amount}} | ({} if unit == "hours" else {"at": f"{time:%H:%M}"})
    [rung] = read_rungs([written])
    assert rung.as_dict() == written


@pytest.mark.django_db
def test_defaults_are_loaded_once_and_never_overwrite():
    ensure_ladders()
    api.save_ladder_draft(actor=SYSTEM, document=ladder("standard"), now=NOW)
    api.publish_ladder(actor=SYSTEM, code="standard", now=NOW)
    with no_event():
        assert api.load_defaults(actor=SYSTEM, region_path="23", now=NOW) == 0
    published = api.get_ladder(actor=SYSTEM, code="standard").published
    assert published is not None and (published.number, published.name) == (2, "自定")


@pytest.mark.django_db
def test_a_draft_becomes_a_version_that_is_never_changed():
    with one_event("clock.ladder_drafted"):
        draft = api.save_ladder_draft(actor=SYSTEM, document=ladder(), region_path="23", now=NOW)
    assert (draft.number, draft.state) == (1, "draft")
    with pytest.raises(api.LadderNotFound):
        start_with("own")
    with one_event("clock.ladder_drafted"):
        api.save_ladder_draft(actor=SYSTEM, document=ladder(name="改名"), now=NOW)
    with one_event("clock.ladder_published"):
        api.publish_ladder(actor=SYSTEM, code="own", now=NOW)
    api.save_ladder_draft(actor=SYSTEM, document=ladder(name="再改"), now=NOW)
    view = api.get_ladder(actor=SYSTEM, code="own")
    assert view.published is not None and view.draft is not None
    assert (view.published.number, view.published.name, view.draft.number) == (1, "改名", 2)
    with one_event("clock.ladder_discarded"):
        api.discard_ladder_draft(actor=SYSTEM, code="own", now=NOW)
    with no_event(), pytest.raises(api.NothingToPublish):
        api.publish_ladder(actor=SYSTEM, code="own", now=NOW)
    assert [each.code for each in api.published_ladders()] == ["own"]


@pytest.mark.django_db
def test_a_ladder_that_was_never_published_goes_with_its_draft():
    api.save_ladder_draft(actor=SYSTEM, document=ladder(), region_path="23", now=NOW)
    api.discard_ladder_draft(actor=SYSTEM, code="own", now=NOW)
    with pytest.raises(api.LadderNotFound):
        api.get_ladder(actor=SYSTEM, code="own")


def start_with(code: str) -> None:
    from tests.kernel.clock.factories import deadline, heard

    with heard():
        deadline(ladder=code)


@pytest.mark.django_db
def test_who_manages_ladders_and_where():
    ensure_ladders()  # they belong to the province
    above = administrator(HEILONGJIANG).actor()
    district = administrator(DAOLI).actor()
    assert len(api.ladders(actor=above)) == len(default_ladders())
    assert api.ladders(actor=district) == ()
    with no_event(), pytest.raises(api.LadderNotFound):
        api.save_ladder_draft(actor=district, document=ladder("standard"), now=NOW)
    with no_event(), pytest.raises(api.LadderNotFound):
        api.save_ladder_draft(actor=district, document=ladder("own"), region_path="23", now=NOW)
    api.save_ladder_draft(actor=district, document=ladder("own"), region_path="230102", now=NOW)
    api.publish_ladder(actor=above, code="own", now=NOW)
    for role in ("window_official", "supervisor", "leader", "auditor"):
        actor = official(role).actor()
        for refused in (
            lambda actor=actor: api.ladders(actor=actor),
            lambda actor=actor: api.get_ladder(actor=actor, code="own"),
            lambda actor=actor: api.save_ladder_draft(actor=actor, document=ladder(), now=NOW),
            lambda actor=actor: api.publish_ladder(actor=actor, code="own", now=NOW),
            lambda actor=actor: api.discard_ladder_draft(actor=actor, code="own", now=NOW),
        ):
            with no_event(), pytest.raises(NotAllowed):
                refused()
