"""The journey from a credit code to a mandate, with everything that may be tried on the way."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import override_settings

from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NANGANG,
    NOW,
    QIQIHAR,
    agency,
    arranged,
    clerk_of,
    enterprise,
    no_event,
    official,
    person,
)
from tests.processes.enterprise_binding.situations import EMAIL, asked, in_state, last_code, wrong
from yingshang.kernel.access.api import (
    ConflictingDuties,
    NotAllowed,
    appoint,
    mandates_of_party,
    system_actor,
)
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.api import deliver_due, inbox
from yingshang.kernel.notices.models import Delivery, Message
from yingshang.kernel.parties.models import Party
from yingshang.kernel.reference.api import InvalidCreditCode, make_credit_code
from yingshang.processes.enterprise_binding.api import (
    AlreadyBound,
    BindingNotFound,
    CodeExpired,
    NotRegistered,
    ReasonMissing,
    TooManyCodes,
    ask_for_review,
    bindings,
    bindings_to_approve,
    confirm_binding,
    decide_clerk,
    decide_review,
    due_bindings,
    get_binding,
    get_review,
    request_binding,
    reviews,
)
from yingshang.processes.enterprise_binding.models import BindingRequest

TODAY = date(2026, 11, 23)
UNREGISTERED = make_credit_code("9", "1", DAOLI, "99999999")


def journey_events() -> list[str]:
    rows = AuditEvent.objects.filter(target_kind="binding").order_by("id")
    return [action.removeprefix("enterprise_binding.") for action in rows.values_list("action", flat=True)]


@pytest.mark.django_db
def test_the_first_to_prove_it_becomes_the_legal_representative() -> None:
    it = asked(represented=False)
    assert (it.request.state, it.request.enterprise) == ("code_sent", "")
    assert it.request.masked_contact == "o*****@enterprise.example"
    answer = confirm_binding(actor=it.requester.actor(), request_id=it.request.id, code=last_code(), now=NOW)
    assert (answer.right, answer.state) == (True, "approved")
    assert it.requester.actor().scope("mandates.grant").parties == {it.party.pk}
    assert journey_events() == ["requested", "confirmed"]
    assert get_binding(actor=it.requester.actor(), request_id=it.request.id).enterprise == it.party.name
    assert inbox(actor=it.requester.actor()).unread == 1


@pytest.mark.django_db
def test_the_next_one_needs_the_consent_of_the_legal_representative() -> None:
    it = in_state("awaiting_representative")
    assert it.representative is not None
    boss = it.representative.actor()
    assert not it.requester.actor().may("parties.view_own")
    wanted = bindings_to_approve(actor=boss)
    assert [(row.requester_id, row.party_id) for row in wanted] == [(it.requester.id, it.party.pk)]
    assert inbox(actor=boss).unread == 1
    with no_event(), pytest.raises(ReasonMissing):
        decide_clerk(actor=boss, request_id=it.request.id, approve=False, now=NOW)
    decide_clerk(
        actor=boss,
        request_id=it.request.id,
        approve=True,
        powers=["parties.view_own"],
        valid_until=TODAY,
        now=NOW,
    )
    mandate = mandates_of_party(actor=boss, party_id=it.party.pk, today=TODAY)[1]
    assert (mandate.user_id, mandate.powers, mandate.valid_until) == (
        it.requester.id,
        ("parties.view_own",),
        TODAY,
    )
    assert mandate.granted_by_name == str(it.representative.user)
    assert bindings_to_approve(actor=boss) == ()
    assert bindings_to_approve(actor=it.requester.actor()) == ()


@pytest.mark.django_db
def test_a_representative_consents_to_no_more_than_they_hold() -> None:
    it = in_state("awaiting_representative")
    deputy = clerk_of(it.party, ("mandates.grant",))
    with no_event(), pytest.raises(NotAllowed):
        decide_clerk(actor=deputy.actor(), request_id=it.request.id, approve=True, now=NOW)
    assert BindingRequest.objects.get().state == "awaiting_representative"


@pytest.mark.django_db
def test_the_code_is_told_to_the_registered_contact_only_and_kept_nowhere() -> None:
    it = asked()
    code = last_code()
    assert Message.objects.filter(recipient=it.requester.user).count() == 0
    message = Message.objects.get(template="enterprise_binding.code")
    assert (message.address, message.recipient_id) == (EMAIL, None)
    assert code not in message.body + message.subject
    row = BindingRequest.objects.get()
    assert code not in row.code_hash + row.code_salt + repr(it.request)
    assert not any(code in str(event) for event in AuditEvent.objects.values())
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret_body FROM notices_delivery")
        assert code not in cursor.fetchone()[0]
    deliver_due(clock=lambda: NOW)
    assert Delivery.objects.get(pk=message.pk).secret_body == ""


@pytest.mark.django_db
def test_wrong_codes_are_counted_and_the_fifth_is_the_last() -> None:
    it = asked()
    actor, code = it.requester.actor(), last_code()
    for left in (4, 3, 2, 1, 0):
        answer = confirm_binding(actor=actor, request_id=it.request.id, code=wrong(code), now=NOW)
        assert (answer.right, answer.attempts_left) == (False, left)
    with no_event(), pytest.raises(CodeExpired):
        confirm_binding(actor=actor, request_id=it.request.id, code=code, now=NOW)
    assert journey_events() == ["requested", *["code_refused"] * 5]
    # A new code begins anew, and the old one is worth nothing.
    request_binding(actor=actor, credit_code=it.party.credit_code or "", now=NOW)
    assert confirm_binding(actor=actor, request_id=it.request.id, code=last_code(), now=NOW).right


@pytest.mark.django_db
@pytest.mark.parametrize(("after", "right"), [(9.99, True), (10, False)])
def test_a_code_can_be_used_for_ten_minutes(after: float, right: bool) -> None:
    it = asked()
    now, code = NOW + timedelta(minutes=after), last_code()
    if right:
        assert confirm_binding(
            actor=it.requester.actor(), request_id=it.request.id, code=f" {code[:3]} {code[3:]} ", now=now
        ).right
    else:
        with no_event(), pytest.raises(CodeExpired):
            confirm_binding(actor=it.requester.actor(), request_id=it.request.id, code=code, now=now)


@pytest.mark.django_db
def test_a_code_is_good_for_its_own_request_only() -> None:
    mine = asked()
    code = last_code()
    other = asked()
    assert (
        not confirm_binding(
            actor=other.requester.actor(), request_id=other.request.id, code=code, now=NOW
        ).right
        or last_code() == code
    )
    with no_event(), pytest.raises(BindingNotFound):
        confirm_binding(actor=other.requester.actor(), request_id=mine.request.id, code=code, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_many_guesses_at_once_are_all_counted() -> None:
    it = asked()
    code = last_code()
    answers: list[object] = []

    def guess() -> None:
        try:
            answers.append(
                confirm_binding(
                    actor=it.requester.actor(), request_id=it.request.id, code=wrong(code), now=NOW
                ).attempts_left
            )
        except CodeExpired:
            answers.append("expired")
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers, key=str) == [0, 1, 2, 3, 4, "expired", "expired", "expired"]


@pytest.mark.django_db
def test_whether_an_enterprise_is_registered_is_not_told() -> None:
    """One without a contact and one that does not exist look the same to who asks."""
    party = enterprise(DAOLI)
    official("window_official", DAOLI)
    shown = []
    for code in (party.credit_code, UNREGISTERED):
        view = request_binding(actor=person().actor(), credit_code=code or "", now=NOW)
        shown.append(
            {name: getattr(view, name) for name in view.__slots__ if name not in ("id", "credit_code")}
        )
    assert shown[0] == shown[1]
    assert shown[0]["state"] == "in_review"
    with no_event(), pytest.raises(InvalidCreditCode):
        request_binding(actor=person().actor(), credit_code="91230102MA00000000", now=NOW)


@pytest.mark.django_db
def test_a_phone_alone_reaches_only_where_a_gateway_is() -> None:
    assert asked(email="", phone="13800138000").request.state == "in_review"
    with override_settings(SMS_GATEWAY={"url": "http://127.0.0.1:1/"}):
        it = asked(email="", phone="13800138000")
    assert (it.request.state, it.request.masked_contact) == ("code_sent", "138******00")


@pytest.mark.django_db
def test_codes_are_limited_for_a_user_and_for_an_enterprise() -> None:
    it = asked()
    code = it.party.credit_code or ""
    for _ in range(4):
        request_binding(actor=it.requester.actor(), credit_code=code, now=NOW)
    with no_event(), pytest.raises(TooManyCodes) as caught:
        request_binding(actor=it.requester.actor(), credit_code=enterprise().credit_code or "", now=NOW)
    assert caught.value.details["limit"] == "user"
    with no_event(), pytest.raises(TooManyCodes) as caught:
        request_binding(actor=person().actor(), credit_code=code, now=NOW)
    assert caught.value.details["limit"] == "enterprise"
    later = NOW + timedelta(hours=1, seconds=1)
    for _ in range(5):
        request_binding(actor=it.requester.actor(), credit_code=code, now=later)
    with pytest.raises(TooManyCodes):
        request_binding(actor=person().actor(), credit_code=code, now=later + timedelta(hours=2))
    # It counts the same for what does not exist, so that nobody finds out by trying.
    for _ in range(5):
        request_binding(actor=person().actor(), credit_code=UNREGISTERED, now=NOW)
    with pytest.raises(TooManyCodes):
        request_binding(actor=person().actor(), credit_code=UNREGISTERED, now=NOW)


@pytest.mark.django_db
def test_who_is_bound_or_waiting_does_not_ask_again() -> None:
    it = in_state("in_review")
    with no_event(), pytest.raises(AlreadyBound):
        request_binding(actor=it.requester.actor(), credit_code=it.party.credit_code or "", now=NOW)
    assert it.representative is not None
    with no_event(), pytest.raises(AlreadyBound):
        request_binding(actor=it.representative.actor(), credit_code=it.party.credit_code or "", now=NOW)
    with no_event(), pytest.raises(NotAllowed):
        request_binding(actor=system_actor("x"), credit_code=it.party.credit_code or "", now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        BindingRequest.objects.create(
            user=it.requester.user,
            credit_code=it.party.credit_code or "",
            state="code_sent",
            requested_at=NOW,
            changed_at=NOW,
        )


@pytest.mark.django_db
def test_a_code_of_a_duplicate_binds_to_the_party_that_was_kept() -> None:
    kept, duplicate = enterprise(email=EMAIL), enterprise(email="old@enterprise.example")
    with arranged():
        Party.objects.filter(pk=duplicate.pk).update(merged_into=kept)
    who = person()
    view = request_binding(actor=who.actor(), credit_code=duplicate.credit_code or "", now=NOW)
    confirm_binding(actor=who.actor(), request_id=view.id, code=last_code(), now=NOW)
    (mandate,) = who.actor().mandates
    assert (mandate.party_id, mandate.parties) == (kept.pk, {kept.pk, duplicate.pk})


@pytest.mark.django_db
def test_a_review_is_due_in_working_days_and_says_how_that_was_counted() -> None:
    it = in_state("in_review")
    (due,) = due_bindings(actor=it.reviewer.actor(), now=NOW)
    # Asked on Monday 23 November 2026; two working days from the day after.
    assert (due.began_on, due.due_on, due.status) == (TODAY, date(2026, 11, 25), "later")
    view = get_binding(actor=it.requester.actor(), request_id=it.request.id)
    assert view.derivation == "2026-11-23申请，2个工作日，2026-11-25到期"
    for days, status, left in ((1, "soon", 1), (2, "today", 0), (3, "overdue", -1), (4, "overdue", -2)):
        (due,) = due_bindings(actor=it.reviewer.actor(), now=NOW + timedelta(days=days))
        assert (due.status, due.working_days_left) == (status, left)


@pytest.mark.django_db
def test_a_holiday_does_not_count() -> None:
    it = asked()
    before = NOW.replace(year=2026, month=9, day=30)
    ask_for_review(actor=it.requester.actor(), request_id=it.request.id, statement="", now=before)
    # 1 to 7 October are days off in 2026; 8 and 9 October are worked.
    assert BindingRequest.objects.get().due_on == date(2026, 10, 9)


@pytest.mark.django_db
def test_a_review_goes_to_the_nearest_desk_where_somebody_sits() -> None:
    city = official("window_official", HARBIN)
    elsewhere = official("window_official", QIQIHAR)
    county = official("department_official", DAOLI)
    party = enterprise(DAOLI)
    request_binding(actor=person().actor(), credit_code=party.credit_code or "", now=NOW)
    assert [row.credit_code for row in due_bindings(actor=city.actor(), now=NOW)] == [party.credit_code]
    assert due_bindings(actor=elsewhere.actor(), now=NOW) == ()
    with pytest.raises(NotAllowed):
        due_bindings(actor=county.actor(), now=NOW)
    number = BindingRequest.objects.get().pk
    assert get_review(actor=city.actor(), request_id=number).enterprise == party.name
    with pytest.raises(BindingNotFound):
        get_review(actor=elsewhere.actor(), request_id=number)


@pytest.mark.django_db
def test_requests_that_went_by_code_are_nobody_elses_business() -> None:
    it = in_state("awaiting_representative")
    assert reviews(actor=it.reviewer.actor()) == ()
    with pytest.raises(BindingNotFound):
        get_review(actor=it.reviewer.actor(), request_id=it.request.id)


@pytest.mark.django_db
@pytest.mark.parametrize("approve", [True, False])
def test_a_desk_decides_with_a_reason(approve: bool) -> None:
    it = in_state("in_review")
    with no_event(), pytest.raises(ReasonMissing):
        decide_review(
            actor=it.reviewer.actor(), request_id=it.request.id, approve=approve, reason=" ", now=NOW
        )
    decide_review(
        actor=it.reviewer.actor(),
        request_id=it.request.id,
        approve=approve,
        reason="已核验授权书原件",
        now=NOW,
    )
    assert it.requester.actor().may("parties.view_own") == approve
    assert not it.requester.actor().may("mandates.grant")
    view = get_review(actor=it.reviewer.actor(), request_id=it.request.id)
    assert (view.decided_by, view.reason) == (str(it.reviewer.user), "已核验授权书原件")
    assert due_bindings(actor=it.reviewer.actor(), now=NOW) == ()
    assert "已核验授权书原件" in inbox(actor=it.requester.actor()).rows[0].body
    assert journey_events()[-1] == ("approved" if approve else "refused")


@pytest.mark.django_db
def test_a_new_legal_representative_takes_the_place_of_the_old_one() -> None:
    it = in_state("in_review")
    assert it.representative is not None
    decide_review(
        actor=it.reviewer.actor(),
        request_id=it.request.id,
        approve=True,
        legal_representative=True,
        reason="营业执照已变更",
        now=NOW,
    )
    assert it.requester.actor().may("mandates.grant")
    assert not it.representative.actor().may("parties.view_own")
    assert "营业执照已变更" in inbox(actor=it.representative.actor()).rows[0].body


@pytest.mark.django_db
def test_an_enterprise_that_is_not_registered_cannot_be_approved_until_it_is() -> None:
    reviewer, who = official("window_official", DAOLI), person()
    view = request_binding(actor=who.actor(), credit_code=UNREGISTERED, now=NOW)
    arguments: dict[str, Any] = {
        "actor": reviewer.actor(),
        "request_id": view.id,
        "approve": True,
        "legal_representative": True,
        "reason": "已核验",
        "now": NOW,
    }
    with no_event(), pytest.raises(NotRegistered):
        decide_review(**arguments)
    party = enterprise(DAOLI)
    with arranged():
        Party.objects.filter(pk=party.pk).update(credit_code=UNREGISTERED)
    decide_review(**arguments)
    assert who.actor().scope("mandates.grant").parties == {party.pk}


@pytest.mark.django_db
def test_nobody_reviews_their_own_request() -> None:
    it = in_state("in_review")
    who = it.requester
    with arranged():
        who.user.agency = agency(DAOLI)
        who.user.save()
    appoint(
        actor=system_actor("x"),
        user_id=who.id,
        role="window_official",
        agency_id=agency(DAOLI).pk,
        now=NOW,
    )
    with no_event(), pytest.raises(ConflictingDuties):
        decide_review(actor=who.actor(), request_id=it.request.id, approve=True, reason="x", now=NOW)


@pytest.mark.django_db
def test_ones_own_requests_cost_one_query(django_assert_num_queries: Any) -> None:
    who = person()
    official("window_official", DAOLI)
    for _ in range(4):
        request_binding(actor=who.actor(), credit_code=enterprise(DAOLI).credit_code or "", now=NOW)
    actor = who.actor()
    with django_assert_num_queries(1):
        assert len(bindings(actor=actor)) == 4
    reviewer = official("window_official", DAOLI).actor()
    with django_assert_num_queries(1):
        assert len(due_bindings(actor=reviewer, now=NOW)) == 4
    assert due_bindings(actor=official("window_official", NANGANG).actor(), now=NOW) == ()


@pytest.mark.django_db(transaction=True)
def test_two_who_prove_it_at_once_do_not_both_become_the_legal_representative() -> None:
    party = enterprise(email=EMAIL)
    requests = []
    for _ in range(2):
        who = person()
        view = request_binding(actor=who.actor(), credit_code=party.credit_code or "", now=NOW)
        requests.append((who, view.id, last_code()))
    barrier, states_seen = threading.Barrier(2), []

    def confirm(who: Any, number: int, code: str) -> None:
        barrier.wait()
        try:
            states_seen.append(
                confirm_binding(actor=who.actor(), request_id=number, code=code, now=NOW).state
            )
        except Exception as error:
            states_seen.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=confirm, args=each) for each in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(states_seen) == ["approved", "awaiting_representative"]
