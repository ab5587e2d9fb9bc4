"""An enterprise objects to a fact: through form, flow, clocks, notices, correction and reply."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NANGANG,
    NOW,
    SYSTEM,
    Person,
    clerk_of,
    no_event,
    official,
)
from tests.kernel.documents.factories import PNG
from tests.kernel.parties.factories import a_party
from tests.processes.fact_objection.factories import (
    COLUMN,
    POWERS,
    City,
    a_city,
    accepted_objection,
    again,
    answered_objection,
    answers,
    checked_objection,
    done,
    filled_in,
    open_task,
    submitted_objection,
)
from yingshang.kernel.access.api import Actor, deactivate_user
from yingshang.kernel.access.models import Appointment, PersonalDataView
from yingshang.kernel.clock.api import sweep
from yingshang.kernel.documents.api import DocumentNotFound, Owner, documents_of, extract_text, open_document
from yingshang.kernel.flow import api as flow
from yingshang.kernel.forms.api import SubmissionNotFound, get_submission, submit
from yingshang.kernel.ledger.api import receipt_code
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.models import Message
from yingshang.kernel.parties.api import PartyNotFound, deactivate_agency, fact_history, portrait
from yingshang.processes.fact_objection.api import (
    FORM,
    HIDDEN,
    SUBJECT,
    AlreadyObjected,
    NoSuchFact,
    NotPossibleNow,
    ObjectionNotFound,
    fact_to_object,
    file_objection,
    get_objection,
    objection_on_desk,
    objections,
    open_objections,
    progress,
    resubmit_objection,
    withdraw_objection,
)
from yingshang.processes.fact_objection.lifecycle import OBJECTION
from yingshang.processes.fact_objection.models import Objection
from yingshang.rules.errors import DomainError
from yingshang.web.desk.objections import panel

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> City:
    return a_city()


def value_of(city: City) -> object:
    held = portrait(actor=SYSTEM, party_id=city.party.pk, now=NOW).facts
    return next(each.value for each in held if each.column == COLUMN)


def told(city_member: object, template: str) -> int:
    return Message.objects.filter(
        recipient=city_member.user,  # type: ignore[attr-defined]
        template=f"fact_objection.{template}",
        channel="in_app",
    ).count()


def test_upheld_the_fact_is_corrected_and_the_reply_says_so(city: City) -> None:
    row = answered_objection(city)
    assert (row.state, row.upheld, row.corrected_value) == ("upheld", True, "15")
    assert value_of(city) == 15
    history = fact_history(actor=SYSTEM, party_id=city.party.pk, column=COLUMN, now=NOW)
    assert [(each.value, each.source) for each in history] == [(15, "人社局"), (12, "人社局")]
    assert row.reply_id is not None
    reply = open_document(actor=city.clerk.actor(), document_id=row.reply_id, now=NOW)
    text = extract_text(reply.file.read(), "application/pdf")
    for word in (row.number, city.party.name, "参保人数", "异议成立", "15 人", "经核对参保台账"):
        assert word in text.replace("\n", ""), word
    assert row.ended_event is not None
    assert receipt_code(row.ended_event).replace("-", "") in text.replace("\n", "").replace("-", "")
    assert told(city.clerk, "received") == told(city.clerk, "upheld") == 1
    assert told(city.window, "task_ready") == 2
    assert told(city.source, "task_ready") == 1


def test_the_source_may_find_another_value(city: City) -> None:
    row = accepted_objection(city)
    done(city.source, row, "upheld", opinion="实为十四人。", data={"corrected_value": "14"})
    assert again(row).corrected_value == "14"
    assert value_of(city) == 14


def test_only_the_source_says_what_is_right(city: City) -> None:
    row = submitted_objection(city)
    with pytest.raises(flow.UndeclaredData), transaction.atomic():
        done(city.window, row, "accepted", data={"corrected_value": "99"})
    done(city.window, row, "accepted")
    done(city.source, row, "upheld", opinion="属实。")
    assert again(row).corrected_value == "15"
    assert value_of(city) == 15


def test_a_correction_too_long_for_any_fact_is_left_to_the_source(city: City) -> None:
    row = accepted_objection(city)
    done(city.source, row, "upheld", opinion="属实。", data={"corrected_value": "九" * 5000})
    assert (again(row).state, again(row).corrected_value) == ("replying", "")
    assert value_of(city) == 12


def test_rejected_nothing_is_corrected(city: City) -> None:
    row = answered_objection(city, "rejected")
    assert (row.state, row.upheld, row.corrected_value) == ("rejected", False, "")
    assert value_of(city) == 12
    assert documents_of(Owner(SUBJECT, str(row.pk)))[-1].id == row.reply_id


def test_a_claim_that_is_no_value_is_left_to_the_source(city: City) -> None:
    row = answered_objection(city, claimed_value="比这多得多")
    assert (row.state, row.corrected_value) == ("upheld", "")
    assert value_of(city) == 12
    assert AuditEvent.objects.filter(action="fact_objection.not_corrected").count() == 1


def test_refused_at_the_desk(city: City) -> None:
    row = submitted_objection(city)
    done(city.window, row, "refused", opinion="所附材料与本企业无关。")
    row = again(row)
    assert (row.state, row.upheld, row.findings) == ("refused", None, "所附材料与本企业无关。")
    assert row.reply_id is not None
    assert told(city.clerk, "refused") == 1


def test_a_fact_nobody_told_of_can_be_missed(city: City) -> None:
    row = answered_objection(city, column="emp.unemployment_insured", kind="missing", claimed_value="9")
    assert (row.as_of, row.held_value, row.state) == (None, "", "upheld")
    held = {each.column: each.value for each in portrait(actor=SYSTEM, party_id=city.party.pk, now=NOW).facts}
    assert held["emp.unemployment_insured"] == 9


def test_returned_the_clock_stands_and_the_form_is_handed_in_again(city: City) -> None:
    row = submitted_objection(city)
    task = open_task(city.window, row)
    flow.claim_task(actor=city.window.actor(), task_id=task.id, now=NOW)
    flow.return_case(
        actor=city.window.actor(),
        task_id=task.id,
        what=["缴费凭证"],
        note_to_applicant="请补充十月的凭证",
        now=NOW,
    )
    row = again(row)
    assert (row.state, row.asked_for) == ("returned", "缴费凭证\n请补充十月的凭证")
    assert told(city.clerk, "returned") == 1
    how_far = progress(actor=city.clerk.actor(), objection_id=row.pk, now=NOW)
    assert how_far is not None and how_far.deadline is not None and how_far.deadline.state == "paused"
    later = NOW + timedelta(days=1)
    number = filled_in(city, now=later, claimed_value="16")
    resubmit_objection(actor=city.clerk.actor(later), objection_id=row.pk, submission_id=number, now=later)
    row = again(row)
    assert (row.state, row.claimed_value, row.submission_id) == ("accepting", "16", number)
    with pytest.raises(NotPossibleNow):
        resubmit_objection(
            actor=city.clerk.actor(later), objection_id=row.pk, submission_id=number, now=later
        )


def test_an_agency_closed_meanwhile_stops_nobody_and_its_task_is_passed_on(city: City) -> None:
    row = submitted_objection(city)
    Appointment.objects.filter(user=city.source.user).update(ended_at=NOW)
    deactivate_agency(actor=SYSTEM, agency_id=row.source_agency_id, reason="机构改革", now=NOW)
    done(city.window, row, "accepted")
    assert again(row).state == "verifying"
    assert told(city.supervisor, "task_ready") == 1
    heir = official("department_official", DAOLI, "market-regulation")
    [agency] = [grant.agency_id for grant in heir.actor().grants]
    task = open_task(city.window, row)
    flow.reassign_task(
        actor=city.supervisor.actor(), task_id=task.id, to_agency_id=agency, reason="职能划转", now=NOW
    )
    done(heir, row, "upheld", opinion="属实。")
    assert again(row).state == "replying"


def test_when_its_holder_has_left_the_others_of_the_desk_are_told(city: City) -> None:
    row = submitted_objection(city)
    other = official("window_official", DAOLI, "service-center")
    task = open_task(city.window, row)
    flow.claim_task(actor=city.window.actor(), task_id=task.id, now=NOW)
    deactivate_user(actor=SYSTEM, user_id=city.window.user.pk, reason="离职", now=NOW)
    sweep(actor=SYSTEM, now=NOW + timedelta(days=30))
    assert told(other, "rung") >= 1
    flow.reassign_task(
        actor=city.supervisor.actor(), task_id=task.id, to_user_id=other.user.pk, reason="接手", now=NOW
    )
    flow.complete_task(actor=other.actor(), task_id=task.id, outcome="accepted", now=NOW)
    assert again(row).state == "verifying"


def sent_back(who: Person, row: Objection, to_step: str) -> None:
    task = open_task(who, row)
    flow.send_back(actor=who.actor(), task_id=task.id, to_step=to_step, reason="请再核对", now=NOW)


def test_sent_back_to_the_source_it_decides_anew(city: City) -> None:
    row = checked_objection(city)
    assert value_of(city) == 15
    sent_back(city.window, row, "verify")
    assert again(row).state == "verifying"
    done(city.source, row, "rejected", opinion="再次核对，原数无误。")
    assert (again(row).state, again(row).upheld, again(row).corrected_value) == ("replying", False, "")
    assert value_of(city) == 12
    done(city.window, row, "replied")
    assert again(row).state == "rejected"


def test_sent_back_to_the_desk_it_is_accepted_anew(city: City) -> None:
    row = accepted_objection(city)
    sent_back(city.source, row, "accept")
    assert again(row).state == "accepting"
    done(city.window, row, "accepted")
    done(city.source, row, "upheld", opinion="属实。")
    sent_back(city.window, row, "accept")
    done(city.window, row, "refused", opinion="材料不实。")
    assert again(row).state == "refused"


@pytest.mark.parametrize("make", [submitted_objection, accepted_objection, checked_objection])
def test_it_can_be_taken_back_until_it_is_answered(city: City, make: object) -> None:
    row = make(city)  # type: ignore[operator]
    withdraw_objection(actor=city.clerk.actor(), objection_id=row.pk, reason="已自行更正", now=NOW)
    row = again(row)
    assert row.state == "withdrawn" and row.ended_event is not None
    assert open_objections(party_id=city.party.pk) == {}
    assert not flow.get_case(actor=city.window.actor(), case_id=row.case_id, now=NOW).case.open


def test_late_steps_climb_the_ladder_to_the_supervisor(city: City) -> None:
    row = submitted_objection(city)
    sweep(actor=SYSTEM, now=NOW + timedelta(minutes=1))
    assert told(city.window, "rung") == 0
    much_later = NOW + timedelta(days=30)
    sweep(actor=SYSTEM, now=much_later)
    before = (told(city.window, "rung"), told(city.supervisor, "rung"))
    assert before[0] >= 3 and before[1] >= 1
    sweep(actor=SYSTEM, now=much_later)
    assert (told(city.window, "rung"), told(city.supervisor, "rung")) == before
    how_far = progress(actor=city.clerk.actor(much_later), objection_id=row.pk, now=much_later)
    assert how_far is not None and how_far.stages[0].late


# --- who may -----------------------------------------------------------------------------------------------------------


def test_one_open_objection_to_a_fact(city: City) -> None:
    row = submitted_objection(city)
    with pytest.raises(AlreadyObjected):
        fact_to_object(actor=city.clerk.actor(), party_id=city.party.pk, column=COLUMN)
    number = filled_in(city)
    with pytest.raises(AlreadyObjected), no_event():
        file_objection(
            actor=city.clerk.actor(), party_id=city.party.pk, column=COLUMN, submission_id=number, now=NOW
        )
    assert open_objections(party_id=city.party.pk) == {COLUMN: row.pk}


@pytest.mark.parametrize("column", ["nothing", "fin.revenue", "app.amount"])
def test_only_facts_of_enterprises(city: City, column: str) -> None:
    with pytest.raises(NoSuchFact):
        fact_to_object(actor=city.clerk.actor(), party_id=city.party.pk, column=column)


def test_of_another_enterprise_there_is_nothing(city: City) -> None:
    row = answered_objection(city)
    stranger = clerk_of(a_party(), POWERS).actor()
    with pytest.raises(PartyNotFound):
        fact_to_object(actor=stranger, party_id=city.party.pk, column=COLUMN)
    assert objections(actor=stranger, party_id=city.party.pk) == ()
    for refused in (
        lambda: get_objection(actor=stranger, objection_id=row.pk),
        lambda: progress(actor=stranger, objection_id=row.pk, now=NOW),
        lambda: withdraw_objection(actor=stranger, objection_id=row.pk, reason="", now=NOW),
    ):
        with pytest.raises(ObjectionNotFound), no_event():
            refused()
    assert row.reply_id is not None
    with pytest.raises(DocumentNotFound):
        open_document(actor=stranger, document_id=row.reply_id, now=NOW)


def test_officials_of_the_case_read_it_others_do_not(city: City) -> None:
    row = answered_objection(city)
    elsewhere = official("department_official", NANGANG, "human-resources").actor()
    for who in (city.window, city.source, city.supervisor):
        assert objection_on_desk(actor=who.actor(), objection_id=row.pk).number == row.number
        assert get_submission(actor=who.actor(), submission_id=row.submission_id)
        assert row.reply_id is not None and open_document(
            actor=who.actor(), document_id=row.reply_id, now=NOW
        )
    with pytest.raises(ObjectionNotFound):
        objection_on_desk(actor=elsewhere, objection_id=row.pk)
    with pytest.raises(SubmissionNotFound):
        get_submission(actor=elsewhere, submission_id=row.submission_id)


def test_what_is_claimed_of_a_person_is_not_for_everybody_at_the_desk(city: City) -> None:
    row = submitted_objection(
        city,
        column="owner.person_type",
        kind="missing",
        claimed_value="脱贫人口",
        reason="登记有误，请有关部门再核对。",
    )
    assert row.personal
    leader = official("leader", HARBIN).actor()
    assert objection_on_desk(actor=leader, objection_id=row.pk).claimed_value == HIDDEN
    assert "脱贫人口" not in str(panel(leader, str(row.pk)))
    assert not PersonalDataView.objects.exists()
    assert "脱贫人口" in str(panel(city.window.actor(), str(row.pk)))
    assert "owner.person_type" in PersonalDataView.objects.get().fields
    done(city.window, row, "refused", opinion="材料不符。")
    assert "脱贫人口" not in str(panel(city.window.actor(), str(row.pk)))


def test_evidence_and_reply_about_a_person_are_for_who_works_on_it_and_it_is_noted(city: City) -> None:
    row = submitted_objection(
        city,
        column="owner.person_type",
        kind="missing",
        claimed_value="脱贫人口",
        reason="登记有误，请有关部门再核对。",
        evidence=[SimpleUploadedFile("证明.png", PNG)],
    )
    (number,) = get_submission(actor=city.clerk.actor(), submission_id=row.submission_id).documents
    leader, supervisor, window = (
        official("leader", HARBIN).actor(),
        city.supervisor.actor(),
        city.window.actor(),
    )
    elsewhere = official("window_official", NANGANG).actor()

    def opened(actor: Actor, document_id: int) -> bool:
        try:
            open_document(actor=actor, document_id=document_id, now=NOW).file.close()
        except DocumentNotFound:
            return False
        return True

    assert opened(city.clerk.actor(), number)
    assert not any(opened(who, number) for who in (leader, supervisor, elsewhere))
    assert not PersonalDataView.objects.exists()
    assert panel(leader, str(row.pk))["withheld"] == 1
    assert opened(window, number)
    seen = PersonalDataView.objects.get()
    assert (seen.party_id, seen.fields, seen.actor_id) == (
        city.party.pk,
        ["owner.person_type"],
        window.identifier,
    )
    assert row.number in seen.purpose and "证明.png" in seen.purpose
    done(city.window, row, "refused", opinion="材料不符。")
    row = again(row)
    assert row.reply_id is not None
    assert not opened(window, number), "the work is done"
    before = PersonalDataView.objects.count()
    assert opened(city.clerk.actor(), row.reply_id)
    assert not any(opened(who, row.reply_id) for who in (leader, supervisor, elsewhere))
    assert PersonalDataView.objects.count() == before
    assert opened(window, row.reply_id)
    assert PersonalDataView.objects.count() == before + 1
    # Of a fact that is about no person everybody reads it who sees the case, and nothing is noted.
    other = submitted_objection(city, evidence=[SimpleUploadedFile("b.png", PNG)])
    (number,) = get_submission(actor=city.clerk.actor(), submission_id=other.submission_id).documents
    before = PersonalDataView.objects.count()
    assert opened(leader, number) and opened(window, number)
    assert PersonalDataView.objects.count() == before


def test_a_form_of_another_fact_or_enterprise_is_not_taken(city: City) -> None:
    other = submit(
        actor=city.clerk.actor(),
        form_code=FORM,
        party_id=city.party.pk,
        subject="objection:ent.status",
        data=answers(),
        now=NOW,
    )
    with pytest.raises(DomainError), no_event():
        file_objection(
            actor=city.clerk.actor(), party_id=city.party.pk, column=COLUMN, submission_id=other.id, now=NOW
        )
    assert not Objection.objects.exists()


# --- the table ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", sorted(OBJECTION.states))
@pytest.mark.parametrize("event", sorted({row.event for row in OBJECTION.transitions}))
def test_every_state_and_event(state: str, event: str) -> None:
    rows = [row for row in OBJECTION.transitions if row.event == event and state in row.sources]
    if not rows:
        with pytest.raises(NotPossibleNow) as refusal:
            OBJECTION.after(state, event)
        assert OBJECTION.states[state].name in (refusal.value.message_zh or "")
        return
    assert OBJECTION.after(state, event, before="accepting") in OBJECTION.states
    assert OBJECTION.states[state].open
