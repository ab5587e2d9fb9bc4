"""The demonstration goes in by the doors, step by step, and stands as its pages promise; once, however often it is made.

One test, since every step stands on the one before, and the city takes longer to fill than to look at.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import authenticate
from django.test import RequestFactory
from django.utils import timezone

from yingshang.areas.appeals import api as appeals
from yingshang.areas.appeals.models import PolicySuggestion, Reply
from yingshang.areas.appeals.models import SupervisionNotice as AppealNotice
from yingshang.areas.claims import api as claims
from yingshang.areas.contracts import api as contracts
from yingshang.areas.contracts.models import Obligation, SupervisionCase, SupervisionNotice, Transfer
from yingshang.areas.policies import api as policies
from yingshang.kernel.access import api as access
from yingshang.kernel.documents.api import number_words
from yingshang.kernel.flow import api as flow
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices import api as notices
from yingshang.kernel.parties import api as parties
from yingshang.kernel.ratings import api as ratings
from yingshang.operations.sample_appeals import load_appeals
from yingshang.operations.sample_city import (
    ACTOR,
    Account,
    Demonstration,
    clerks_enterprises,
    load_city,
    load_people,
)
from yingshang.operations.sample_claims import load_claims
from yingshang.operations.sample_contracts import load_contracts
from yingshang.operations.sample_policies import EXAMPLES, described, load_policies
from yingshang.operations.setup import set_up
from yingshang.processes.enterprise_binding import api as enterprise_binding
from yingshang.processes.fact_objection import api as fact_objection

AS_OF = date(2026, 11, 21)
CODES = {path.stem for path in EXAMPLES.glob("P*.yaml")}


@pytest.mark.django_db(transaction=True)
def test_it_is_made_step_by_step_and_once(tmp_path: Path) -> None:
    demonstration = Demonstration.of(tmp_path, city="tiny", today=AS_OF)
    now = timezone.now()
    accounts = _city(demonstration, tmp_path, now)
    _the_city_has_a_year_of_history(demonstration, accounts)
    load_policies(clerks_enterprises(now), now=now)
    _the_library_is_filled_and_enterprises_are_told(now)
    assert load_claims(clerks_enterprises(now), now=now)
    _claims_stand_in_every_state(now)
    assert load_appeals(clerks_enterprises(now), now=now)
    _appeals_stand_in_every_state(now)
    assert load_contracts(clerks_enterprises(now), now=now)
    _contracts_stand_in_every_state(now)
    _no_two_documents_have_the_same_number()

    events = AuditEvent.objects.count()
    later = timezone.now()
    assert Demonstration.of(tmp_path, city="tiny", today=AS_OF) == demonstration
    assert _city(demonstration, tmp_path, later) == accounts
    load_policies(clerks_enterprises(later), now=later)
    assert not load_claims(clerks_enterprises(later), now=later)
    assert not load_appeals(clerks_enterprises(later), now=later)
    assert not load_contracts(clerks_enterprises(later), now=later)
    assert AuditEvent.objects.count() == events, "making it again writes nothing"


def _city(demonstration: Demonstration, folder: Path, now: datetime) -> tuple[Account, ...]:
    set_up(region="230000", now=now)
    load_city(demonstration, folder, zone=ZoneInfo("Asia/Shanghai"), progress=lambda title, done, total: None)
    return load_people(demonstration, now=now)


def _the_city_has_a_year_of_history(demonstration: Demonstration, accounts: tuple[Account, ...]) -> None:
    assert parties.search_parties(actor=ACTOR).total == 304
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


def _the_library_is_filled_and_enterprises_are_told(now: datetime) -> None:
    versions = {
        item.code: policies.get_item(actor=ACTOR, code=item.code).versions
        for item in policies.items(actor=ACTOR, limit=100).rows
    }
    drafts = set(described()["drafts"])
    assert {code for code in CODES if versions[code][0].state == "published"} == CODES - drafts
    assert {versions[code][0].state for code in drafts} == {"reviewing"}, (
        "a draft for comments is not in force"
    )
    for code in described()["interpretations"]:
        desk = policies.interpretation_on_desk(actor=ACTOR, subject=policies.InterpretationSubject(code))
        assert desk.published and not desk.outdated and not desk.behind, code
    assert {code: [each.state for each in versions[code]] for code in sorted(set(versions) - CODES)} == {
        "DEMO-HRB-01": ["draft", "published"],
        "DEMO-HRB-02": ["published"],
        "DEMO-HRB-03": ["withdrawn"],
        "DEMO-HRB-04": ["published"],
        "DEMO-HRB-05": ["published"],
        "DEMO-HRB-06": ["published"],
        "DEMO-HRB-07": ["published"],
        "DEMO-HRB-08": ["published"],
        "DEMO-HRB-09": ["published"],
        "DEMO-HRB-11": ["reviewing"],
        "DEMO-HRB-12": ["reviewing"],
        "DEMO-HRB-13": ["rejected"],
        "DEMO-HRB-14": ["returned"],
        "DEMO-HRB-15": ["draft"],
    }

    # What was taken in from before is not funded; what has passed the review is.
    assert policies.is_fundable(code="DEMO-HRB-01", day=timezone.localdate(now))
    assert not policies.is_fundable(code="P012", day=timezone.localdate(now))

    consulted = policies.consultations(today=timezone.localdate(now), state="open")
    assert {each.code for each in consulted.rows} == {"DEMO-HRB-11", "DEMO-HRB-12", *drafts}
    failed = policies.findings_of(actor=ACTOR, code="DEMO-HRB-13", number=1, today=timezone.localdate(now))
    assert {each.rule for each in failed} >= {"local_registration", "local_products"}

    # The city is matched, who acts for an enterprise is told, and a draft was tried.
    assert policies.matched_parties(actor=ACTOR, code="DEMO-HRB-01").total
    boss = access.actor_by_reference(f"user:{access.find_account(actor=ACTOR, username='boss')[0]}")
    told = [each.template for each in notices.inbox(actor=boss, per_page=100).rows]
    assert told.count("policies.package") == 1
    facts = parties.portrait(actor=ACTOR, party_id=clerks_enterprises(now)[1], now=now).facts
    assert [f"{each.value:f}" for each in facts if each.column == "market.share"] == ["0.1200"]
    tried = policies.scenarios(actor=ACTOR, code="DEMO-HRB-01")
    assert [each.document_id is not None for each in tried].count(True) == 1


def _claims_stand_in_every_state(now: datetime) -> None:
    states = {row.state for row in claims.claims(actor=ACTOR, limit=1000).rows}
    assert states == set(claims.claim_states())
    assert {row.state for row in claims.lists(actor=ACTOR, limit=10).rows} == {"approved", "frozen"}
    assert ratings.ratings(actor=ACTOR, kind="claim", state="corrected").total == 1
    asked = claims.reconsiderations(actor=ACTOR, now=now).rows
    assert {row.state for row in asked} == {"open", "kept"}
    assert {row.state for row in claims.promises(actor=ACTOR, now=now).rows} == {"open", "kept"}
    assert claims.waiting_instalments(actor=ACTOR, found="later").total
    assert ratings.public_ratings(kind="claim")
    assert claims.trips(actor=ACTOR).total
    assert {row.state for row in claims.recoveries(actor=ACTOR, now=now).rows} == {"demanded", "written_off"}
    assert claims.recoveries(actor=ACTOR, now=now, state="demanded").total == 1
    assert {row.state for row in claims.scorings(actor=ACTOR)} == {"open", "completed"}
    assert {row.state for row in claims.field_checks(actor=ACTOR, now=now)} == {"ordered", "recorded"}
    _every_way_of_applying()
    assert [each.kind for each in claims.differences(actor=ACTOR).rows] == ["repayment_unlisted"]
    assert sum(each.amount_fen for each in claims.balances(actor=ACTOR)) == 0


def _every_way_of_applying() -> None:
    """A form with a file and what the register knows stand behind claims; items handed in together have one visit."""
    details = [
        claims.get_claim(actor=ACTOR, claim_id=row.id)
        for row in claims.claims(actor=ACTOR, item_code="DEMO-HRB-06", limit=100).rows
    ]
    forms = [
        claims.filled_form(actor=ACTOR, claim_id=each.summary.id) for each in details if each.submission_id
    ]
    assert any(form and form.files for form in forms)
    assert {"licence", "promised"} <= {material.origin for each in details for material in each.materials}
    together = [row for row in claims.claims(actor=ACTOR, limit=1000).rows if row.bundle]
    assert len({row.bundle for row in together}) == 1
    assert {row.mode for row in together} == {"instant", "online", "once"}
    [once] = [row for row in together if row.mode == "once"]
    booked = claims.appointment_of(actor=ACTOR, claim_id=once.id)
    assert booked is not None and booked.state == "booked"


def _appeals_stand_in_every_state(now: datetime) -> None:
    """Over every channel; some late, with all that follows; whoever looks at it as an enterprise finds its own."""
    rows = appeals.desk_appeals(actor=ACTOR, limit=1000, now=now).rows
    assert {row.state for row in rows} == set(appeals.APPEAL.states)
    assert {row.channel for row in rows} == set(appeals.rules_of("").channels)
    assert all(row.title.startswith("演示") for row in rows), "nobody takes them for real ones"
    assert {row.escalation for row in rows} >= {"remind", "warn", "escalate", "supervise", "list"}
    assert {True, False} == {row.late for row in rows if appeals.APPEAL.states[row.state].open}
    assert max(row.bounce_count for row in rows) == appeals.rules_of("").bounces
    assert max(row.voice_count for row in rows) == 3
    assert any(row.anonymous and not row.party_name for row in rows)
    notices = appeals.supervision_notices(actor=ACTOR, limit=100).rows
    assert {each.state for each in notices} == set(appeals.NOTICE.states)
    details = [
        appeals.desk_appeal(actor=ACTOR, appeal_id=row.id, now=now)
        for row in rows
        if appeals.APPEAL.states[row.state].open
    ]
    assert {part.state for each in details for part in each.parts} >= {"open", "given"}
    assert {request.state for each in details for request in each.requests} == {"open", "granted"}
    replies = [reply for each in details for reply in each.replies]
    assert {reply.state for reply in replies} == {"draft", "proposed", "sent"}
    assert all(reply.document_id for reply in replies if reply.state == "sent")
    assert any(each.leader for each in details) and any(each.files for each in details)
    assert {each.reopened_count for each in details} == {each.raised_count for each in details} == {0, 1}
    assert {each.state for detail in details for each in detail.consultations} == {"open", "ended"}
    _something_is_learned_from_appeals(now)
    boss = access.actor_by_reference(f"user:{access.find_account(actor=ACTOR, username='boss')[0]}")
    assert {row.state for row in appeals.my_appeals(actor=boss, limit=100).rows} >= {
        "received",
        "dispatched",
        "handling",
        "answered",
        "closed",
    }


def _something_is_learned_from_appeals(now: datetime) -> None:
    """Ratings, a bad one put right; answers for everybody; suggestions; a month's record with an objection; visits."""
    given = ratings.ratings(actor=ACTOR, kind="appeal", limit=1000).rows
    assert {each.level for each in given} == {1, 2, 3, 4, 5}
    assert ratings.ratings(actor=ACTOR, kind="appeal", state="corrected").total
    assert ratings.ratings(actor=ACTOR, kind="appeal", state="appealed").total
    assert appeals.public_answers().total == 2
    assert {each.state for each in appeals.kept_answers(actor=ACTOR).rows} == {"new", "published"}
    assert {each.state for each in appeals.suggestions(actor=ACTOR).rows} == {"sent", "taken_up"}
    assert appeals.performance_records(actor=ACTOR, objected=True).total == 1
    looked_after = appeals.stewardships(actor=ACTOR, now=now).rows
    today = timezone.localdate(now)
    assert {each.visit_due_on < today for each in looked_after} == {True, False}


def _contracts_stand_in_every_state(now: datetime) -> None:
    """Four levels of government, every state, and everything that follows when something is late."""
    found = contracts.contracts(actor=ACTOR, limit=200, now=now)
    assert found.total > 90
    assert {"draft", "submitted", "in_force", "suspended", "completed", "terminated", "void"} == {
        each.state for each in found.rows
    }
    assert {2, 4, 6, 9} <= {len(each.region_path) for each in found.rows}
    assert all(each.title.startswith("演示") for each in found.rows)
    whole = contracts.overview(actor=ACTOR, today=timezone.localdate(now))
    assert whole.late.count and whole.open.count
    assert contracts.supervision_notices(actor=ACTOR, now=now).total > 5
    assert {each.state for each in contracts.supervision_cases(actor=ACTOR, now=now).rows} == {"transferred"}
    assert contracts.transfers(actor=ACTOR, now=now).total == 2
    assert {"asked", "confirmed", "refused"} <= {
        each.state for each in contracts.cancellations(actor=ACTOR, now=now).rows
    }
    assert {"accepted", "handed"} == {each.state for each in contracts.hand_overs(actor=ACTOR).rows}
    assert contracts.portraits(actor=ACTOR).total
    reported = Obligation.objects.filter(contract__source="api", side="unit", kind="pay")
    states = Counter(reported.values_list("state", flat=True))
    assert states["performed"] > states["running"] and states["partial"], (
        "paid in time; late, without interest"
    )
    assert contracts.rebuild(actor=ACTOR, now=now).total == 0, (
        "the sums that were kept are those of the obligations"
    )
    boss = access.actor_by_reference(f"user:{access.find_account(actor=ACTOR, username='boss')[0]}")
    owed = contracts.owed_to_me(actor=boss, today=timezone.localdate(now))
    assert owed.late_fen and owed.interest_fen and any(each.blocked_by for each in owed.rows)


def _no_two_documents_have_the_same_number() -> None:
    """Several agencies have issued notices and replies; each number says whose it is."""
    of_agencies = [
        *SupervisionNotice.objects.values_list("issued_by_agency", "number"),
        *SupervisionCase.objects.values_list("opened_by_agency", "number"),
        *Transfer.objects.values_list("case__opened_by_agency", "number"),
        *AppealNotice.objects.values_list("issued_by_agency", "number"),
        *PolicySuggestion.objects.values_list("made_by_agency", "number"),
        *Reply.objects.exclude(number="").values_list("agency", "number"),
    ]
    codes = parties.document_codes_of({agency for agency, _ in of_agencies})
    assert len(codes) > 5 and all(codes.values()), codes
    words = [(agency, number_words(number)) for agency, number in of_agencies]
    assert len({number for _, number in words}) == len(words) > 20
    assert all(number.startswith(codes[agency]) for agency, number in words)
