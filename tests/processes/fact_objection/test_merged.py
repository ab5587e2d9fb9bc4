"""The party an objection was filed for is merged into another while it is open, in every state; and separated again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.kernel.access.factories import NOW, SYSTEM, Person, clerk_of, legal_representative_of
from tests.kernel.parties.factories import a_party
from tests.processes.fact_objection.factories import (
    COLUMN,
    POWERS,
    SOURCE,
    City,
    a_city,
    accepted_objection,
    again,
    answered_objection,
    answers,
    checked_objection,
    done,
    open_task,
    submitted_objection,
)
from yingshang.kernel.access.api import contacts_of_parties, contacts_of_party, personal_views
from yingshang.kernel.clock.api import sweep
from yingshang.kernel.documents.api import extract_text, open_document
from yingshang.kernel.flow import api as flow
from yingshang.kernel.forms import api as forms
from yingshang.kernel.notices.models import Message
from yingshang.kernel.parties.api import merge_parties, portrait, undo_merge
from yingshang.kernel.parties.models import Party
from yingshang.processes.fact_objection.api import (
    FORM,
    SUBJECT_PREFIX,
    AlreadyObjected,
    ObjectionNotFound,
    fact_to_object,
    get_objection,
    objection_on_desk,
    objections,
    open_objections,
    progress,
    resubmit_objection,
    withdraw_objection,
)
from yingshang.processes.fact_objection.models import Objection
from yingshang.web.desk.objections import panel

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


@dataclass(frozen=True)
class Two:
    """The city's enterprise, and the entry that is kept when it turns out to be the same one."""

    city: City
    kept: Party
    clerk: Person
    stranger: Person

    @property
    def duplicate(self) -> Party:
        return self.city.party

    def merge(self, now: datetime = NOW) -> int:
        return merge_parties(
            actor=SYSTEM, kept_id=self.kept.pk, duplicate_id=self.duplicate.pk, reason="同一企业", now=now
        )


@pytest.fixture
def two() -> Two:
    city = a_city()
    kept = a_party("演示保留的主体", facts={COLUMN: "12"}, source=SOURCE)
    return Two(city, kept, clerk_of(kept, POWERS), clerk_of(a_party(), POWERS))


def returned_objection(city: City) -> Objection:
    row = submitted_objection(city)
    task = open_task(city.window, row)
    flow.claim_task(actor=city.window.actor(), task_id=task.id, now=NOW)
    flow.return_case(
        actor=city.window.actor(), task_id=task.id, what=["缴费凭证"], note_to_applicant="请补充", now=NOW
    )
    return again(row)


def late_objection(city: City) -> Objection:
    row = accepted_objection(city)
    sweep(actor=SYSTEM, now=NOW + timedelta(days=60))
    return again(row)


STATES: dict[str, Callable[[City], Objection]] = {
    "fresh": submitted_objection,
    "accepted": accepted_objection,
    "returned": returned_objection,
    "checked": checked_objection,
    "late": late_objection,
    "answered": answered_objection,
}
OPEN = sorted(set(STATES) - {"answered"})


def told(who: Person, template: str) -> int:
    return Message.objects.filter(
        recipient=who.user, template=f"fact_objection.{template}", channel="in_app"
    ).count()


def value_of(party: Party) -> object:
    held = portrait(actor=SYSTEM, party_id=party.pk, now=LATER).facts
    return next(each.value for each in held if each.column == COLUMN)


@pytest.mark.parametrize("state", STATES)
def test_both_clerks_see_it_as_one_of_the_enterprise_that_is_kept(two: Two, state: str) -> None:
    row = STATES[state](two.city)
    with pytest.raises(ObjectionNotFound):
        get_objection(actor=two.clerk.actor(), objection_id=row.pk)
    merge_id = two.merge()
    for who in (two.clerk, two.city.clerk):
        actor = who.actor()
        found = get_objection(actor=actor, objection_id=row.pk)
        assert (found.party_id, found.entry_id) == (two.kept.pk, two.duplicate.pk)
        assert found.enterprise == two.kept.name and found.credit_code == two.kept.credit_code
        assert [each.id for each in objections(actor=actor, party_id=two.kept.pk)] == [row.pk]
        assert progress(actor=actor, objection_id=row.pk, now=NOW) is not None
        assert forms.get_submission(actor=actor, submission_id=row.submission_id).values["claimed_value"]
        assert [each.id for each in forms.submissions(actor=actor, party_id=two.kept.pk)]
        if row.reply_id is not None:
            assert open_document(actor=actor, document_id=row.reply_id, now=NOW)
    with pytest.raises(ObjectionNotFound):
        get_objection(actor=two.stranger.actor(), objection_id=row.pk)
    assert open_objections(party_id=two.kept.pk) == ({COLUMN: row.pk} if state in OPEN else {})

    undo_merge(actor=SYSTEM, merge_id=merge_id, now=LATER)
    with pytest.raises(ObjectionNotFound):
        get_objection(actor=two.clerk.actor(), objection_id=row.pk)
    found = get_objection(actor=two.city.clerk.actor(), objection_id=row.pk)
    assert (found.party_id, found.entry_id) == (two.duplicate.pk, two.duplicate.pk)
    assert found.enterprise == two.duplicate.name
    assert objections(actor=two.city.clerk.actor(), party_id=two.kept.pk) == ()
    assert again(row) == row and again(row).party_id == row.party_id


@pytest.mark.parametrize("state", STATES)
def test_officials_see_what_they_saw_and_the_enterprise_that_is_kept(two: Two, state: str) -> None:
    row = STATES[state](two.city)
    two.merge()
    for who in (two.city.window, two.city.source, two.city.supervisor):
        assert objection_on_desk(actor=who.actor(), objection_id=row.pk).enterprise == two.kept.name
    shown = panel(two.city.window.actor(), str(row.pk))
    assert shown["rows"] and shown["history"]
    supervisor = two.city.supervisor.actor()
    for party in (two.kept, two.duplicate):
        (case,) = flow.cases(actor=supervisor, now=NOW, party_id=party.pk).rows
        assert (case.case.party_id, case.case.party_name) == (two.kept.pk, two.kept.name)
    for name in (two.kept.name, two.duplicate.name):
        assert flow.cases(actor=supervisor, now=NOW, text=name).total == 1


@pytest.mark.parametrize(("state", "who"), [("fresh", "clerk"), *((each, "kept clerk") for each in OPEN)])
def test_it_can_be_withdrawn(two: Two, state: str, who: str) -> None:
    row = STATES[state](two.city)
    two.merge()
    person = two.clerk if who == "kept clerk" else two.city.clerk
    withdraw_objection(actor=person.actor(), objection_id=row.pk, reason="", now=LATER)
    assert again(row).state == "withdrawn"
    assert open_objections(party_id=two.kept.pk) == {}


@pytest.mark.parametrize("who", ["clerk", "kept clerk"])
def test_what_was_asked_for_is_handed_in_after_the_merge(two: Two, who: str) -> None:
    row = returned_objection(two.city)
    two.merge()
    actor = (two.clerk if who == "kept clerk" else two.city.clerk).actor()
    entry = get_objection(actor=actor, objection_id=row.pk).entry_id
    submission = forms.submit(
        actor=actor,
        form_code=FORM,
        party_id=entry,
        subject=f"{SUBJECT_PREFIX}{COLUMN}",
        data=answers(claimed_value="16"),
        now=LATER,
    )
    resubmit_objection(actor=actor, objection_id=row.pk, submission_id=submission.id, now=LATER)
    assert (again(row).state, again(row).claimed_value) == ("accepting", "16")


def test_what_happens_to_it_reaches_whoever_acts_for_the_enterprise_now(two: Two) -> None:
    row = submitted_objection(two.city)
    two.merge()
    done(two.city.window, row, "refused", opinion="所附材料与本企业无关。")
    assert told(two.clerk, "refused") == told(two.city.clerk, "refused") == 1
    assert told(two.stranger, "refused") == 0
    message = Message.objects.filter(recipient=two.clerk.user, template="fact_objection.refused").first()
    assert message is not None and get_objection(actor=two.clerk.actor(), objection_id=row.pk)


def test_after_the_merge_is_undone_only_its_own_are_told(two: Two) -> None:
    row = submitted_objection(two.city)
    undo_merge(actor=SYSTEM, merge_id=two.merge(), now=LATER)
    done(two.city.window, row, "refused", opinion="所附材料与本企业无关。", now=LATER)
    assert (told(two.clerk, "refused"), told(two.city.clerk, "refused")) == (0, 1)


def test_what_is_upheld_holds_of_the_enterprise_that_is_kept_and_returns_with_its_entry(two: Two) -> None:
    row = accepted_objection(two.city)
    merge_id = two.merge()
    assert value_of(two.kept) == 12
    done(two.city.source, row, "upheld", opinion="属实。", now=LATER)
    done(two.city.window, row, "replied", now=LATER)
    assert value_of(two.kept) == 15 and Party.objects.get(pk=two.kept.pk).name == two.kept.name
    assert two.kept.portrait.values[COLUMN] == "15"
    reply = open_document(actor=two.clerk.actor(), document_id=again(row).reply_id or 0, now=NOW)
    text = extract_text(reply.file.read(), "application/pdf").replace("\n", "")
    assert two.kept.name in text and (two.kept.credit_code or "") in text
    undo_merge(actor=SYSTEM, merge_id=merge_id, now=LATER)
    assert (value_of(two.kept), value_of(two.duplicate)) == (12, 15)


def test_one_open_objection_to_a_fact_whichever_entry_it_was_filed_for(two: Two) -> None:
    submitted_objection(two.city)
    merge_id = two.merge()
    for party in (two.kept, two.duplicate):
        with pytest.raises(AlreadyObjected):
            fact_to_object(actor=two.clerk.actor(), party_id=party.pk, column=COLUMN)
    undo_merge(actor=SYSTEM, merge_id=merge_id, now=LATER)
    assert fact_to_object(actor=two.clerk.actor(), party_id=two.kept.pk, column=COLUMN).text


def test_a_draft_is_found_again_and_nothing_is_typed_twice(two: Two) -> None:
    subject, who = f"{SUBJECT_PREFIX}{COLUMN}", two.city.clerk
    kept = forms.save_draft(
        actor=who.actor(),
        form_code=FORM,
        subject=subject,
        party_id=two.duplicate.pk,
        data={"reason": "写到一半"},
        now=NOW,
    )
    two.merge()
    actor = who.actor()
    found = forms.get_draft(actor=actor, form_code=FORM, subject=subject, party_id=two.kept.pk)
    assert found is not None and (found.key, found.data["reason"]) == (kept.key, "写到一半")
    forms.save_draft(
        actor=actor, form_code=FORM, subject=subject, party_id=two.kept.pk, data={"reason": "写完"}, now=LATER
    )
    (only,) = forms.drafts(actor=actor, party_id=two.kept.pk)
    assert (only.key, only.data["reason"]) == (kept.key, "写完")
    assert forms.drafts(actor=two.clerk.actor()) == ()
    forms.submit(
        actor=actor, form_code=FORM, party_id=two.kept.pk, subject=subject, data=answers(), now=LATER
    )
    assert forms.drafts(actor=actor) == ()


def test_who_is_reached_for_a_party(two: Two) -> None:
    def reached(party: Party) -> set[int]:
        found = {each.user_id for each in contacts_of_party(party_id=party.pk, today=NOW.date())}
        at_once = contacts_of_parties(party_ids=[party.pk], today=NOW.date()).get(party.pk, ())
        assert {each.user_id for each in at_once} == found
        return found

    both = {two.clerk.id, two.city.clerk.id}
    assert (reached(two.kept), reached(two.duplicate)) == ({two.clerk.id}, {two.city.clerk.id})
    merge_id = two.merge()
    assert (reached(two.kept), reached(two.duplicate)) == (both, both)
    undo_merge(actor=SYSTEM, merge_id=merge_id, now=LATER)
    assert (reached(two.kept), reached(two.duplicate)) == ({two.clerk.id}, {two.city.clerk.id})


def test_who_looked_at_what_is_seen_by_the_enterprise_that_is_kept(two: Two) -> None:
    row = submitted_objection(two.city)
    two.merge()
    panel(two.city.window.actor(), str(row.pk))
    (seen,) = personal_views(actor=two.clerk.actor(), party_id=two.kept.pk)
    assert seen.party_id == two.duplicate.pk
    assert personal_views(actor=two.stranger.actor(), party_id=two.kept.pk) == ()


def test_lists_take_no_more_queries_than_without_a_merge(two: Two) -> None:
    submitted_objection(two.city)

    def queries() -> list[int]:
        clerk, supervisor = two.city.clerk.actor(), two.city.supervisor.actor()
        party_id = clerk.mandates[0].party_id
        counted = []
        for read in (
            lambda: two.city.clerk.actor(),
            lambda: objections(actor=clerk, party_id=party_id),
            lambda: open_objections(party_id=party_id),
            lambda: forms.drafts(actor=clerk, party_id=party_id),
            lambda: forms.submissions(actor=clerk, party_id=party_id),
            lambda: flow.cases(actor=supervisor, now=NOW, party_id=party_id),
            lambda: flow.tasks(actor=supervisor, now=NOW, party_id=party_id),
        ):
            with CaptureQueriesContext(
                connection,
            ) as seen:
                assert read() is not None
            counted.append(len(seen))
        return counted

    before = queries()
    assert before[:5] == [2, 1, 1, 1, 1]
    two.merge()
    assert queries() == before


def test_a_legal_representative_left_behind_keeps_what_was_theirs(two: Two) -> None:
    row = submitted_objection(two.city)
    legal_representative_of(two.kept)
    left = legal_representative_of(two.duplicate)
    two.merge()
    assert get_objection(actor=left.actor(), objection_id=row.pk).party_id == two.kept.pk
    assert left.actor().scope("parties.view_own").parties == {two.duplicate.pk}
