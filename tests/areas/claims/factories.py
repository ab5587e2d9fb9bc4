"""Situations of claims: an item that can be paid, an enterprise that is due it, a claim in each state, a batch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import product

from tests.areas.policies.factories import approved_item, hiring
from tests.kept import kept
from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NOW,
    SYSTEM,
    Person,
    agency,
    arranged,
    legal_representative_of,
    official,
)
from tests.kernel.parties.factories import a_party, region_tree
from yingshang.areas.claims.actions.begin_claim import begin_claim
from yingshang.areas.claims.actions.keep_accounts import add_account
from yingshang.areas.claims.actions.keep_funds import create_fund, set_budget
from yingshang.areas.claims.actions.prepare_batch import check_batch, prepare_batch
from yingshang.areas.claims.actions.set_terms import Terms, set_terms
from yingshang.areas.claims.actions.submit_claim import submit_claim
from yingshang.areas.claims.appointments.actions.keep_windows import Window, save_window
from yingshang.areas.claims.appointments.slots import Hours
from yingshang.areas.claims.models import Claim, PaymentBatch, PaymentOrder
from yingshang.areas.claims.settling import Answer, Settled, settle
from yingshang.areas.policies.api import publish_item
from yingshang.areas.policies.models import ItemVersion, Review
from yingshang.kernel.clock import api as clock
from yingshang.kernel.flow import api as flow
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.models import Party

YUAN = 100
CHANNEL = "demonstration-bank"


@kept
def fundable_item(code: str = "HIRING", *, source: str | None = None, now: datetime = NOW) -> str:
    """An item in force that has passed its review."""
    region_tree(HARBIN)
    approved_item(code, source=source)
    with arranged():
        row = ItemVersion.objects.get(item__code=code)
        Review.objects.create(
            version=row,
            agency=agency(HARBIN),
            state="passed",
            submitted_at=now,
            submitted_by_name="演示",
            ended_at=now,
            digest=row.digest,
        )
        publish_item(actor=SYSTEM, code=code, now=now)
    return code


@kept
def fund(
    code: str = "JOBS", *, amount_fen: int = 1_000_000 * YUAN, levels: tuple[str, ...] = ("city",)
) -> int:
    """A fund of Harbin with as much set aside by each level for this year."""
    number = create_fund(
        actor=SYSTEM,
        code=code,
        name="就业补助资金",
        agency_id=agency(HARBIN).pk,
        region_path="2301",
        channel=CHANNEL,
        payer_name="哈尔滨市财政局（演示）",
        payer_account="6222000000000001",
        payer_bank_name="演示银行哈尔滨分行",
        payer_bank_code="102261000011",
        demonstration=True,
        now=NOW,
    )
    # Pages act at the real time, whatever year that is when the tests run.
    for year, level in product(sorted({2026, date.today().year}), levels):
        set_budget(
            actor=SYSTEM,
            fund_id=number,
            year=year,
            level=level,
            amount_fen=amount_fen,
            reason="演示预算",
            now=NOW,
        )
    return number


@kept
def terms(code: str = "HIRING", *, mode: str = "online", fund_id: int, **more: object) -> None:
    """How claims for the item are dealt with."""
    values: dict[str, object] = {"publicity_working_days": 0 if mode == "instant" else 5, **more}
    set_terms(
        actor=SYSTEM,
        code=code,
        terms=Terms(agency_id=agency(HARBIN).pk, mode=mode, fund_id=fund_id, **values),  # type: ignore[arg-type]
        now=NOW,
    )


@kept
def service_window(name: str = "惠企政策窗口", *, at: str = HARBIN, **more: object) -> int:
    """A window of the city's agency, open on working days from nine to five but for noon."""
    region_tree(HARBIN)
    hours = [
        Hours(day, *stretch) for day in range(1, 6) for stretch in ((time(9), time(12)), (time(13), time(17)))
    ]
    values: dict[str, object] = {"name": name, "address": "道里区上游街 1 号", "hours": hours, **more}
    return save_window(
        actor=SYSTEM,
        window=Window(agency_id=agency(at).pk, **values),  # type: ignore[arg-type]
        now=NOW,
    )


@dataclass(frozen=True)
class Desk:
    """Who deals with claims in Harbin: four people with four duties, and who watches."""

    window: Person
    reviewer: Person
    approver: Person
    treasurer: Person
    checker: Person
    supervisor: Person

    def of(self, step: str) -> Person:
        """Who does a step of the review."""
        return {"accept": self.window, "approve": self.approver}.get(step, self.reviewer)


@kept
def desk() -> Desk:
    """The officials, and the flow they work by."""
    for room in (clock, flow):
        room.load_defaults(actor=SYSTEM, region_path="23", now=NOW)
    return Desk(
        official("window_official", HARBIN),
        official("department_official", HARBIN),
        official("approver", HARBIN),
        official("treasurer", HARBIN),
        official("treasurer", HARBIN),
        official("supervisor", HARBIN),
    )


@kept
def due_enterprise(staff: int = 12, name: str = "") -> tuple[Party, Person]:
    """An enterprise that the item is due to, and its legal representative."""
    party = a_party(name, region_code=DAOLI, facts={"emp.insured_count": staff})
    return party, legal_representative_of(party)


def account_of(party: Party, who: Person, number: str = "", **more: object) -> int:
    """A bank account of the enterprise, which no other one has: the circuit breaker stops shared ones."""
    return add_account(
        actor=who.actor(),
        party_id=party.pk,
        number=number or f"6225{party.pk:015d}",
        bank_name="演示银行",
        now=NOW,
        **more,  # type: ignore[arg-type]
    )


@dataclass(frozen=True)
class Claimed:
    """A claim, whose it is and who acts for it."""

    id: int
    party: Party
    who: Person
    fund_id: int

    @property
    def row(self) -> Claim:
        return Claim.objects.get(pk=self.id)


@kept
def draft_claim(
    *, mode: str = "online", staff: int = 12, amount_fen: int = 1_000_000 * YUAN, **more: object
) -> Claimed:
    """A draft for an item of this mode."""
    fundable_item(source=hiring())
    fund_id = fund(amount_fen=amount_fen)
    terms(mode=mode, fund_id=fund_id, **more)
    return another_claim(fund_id, staff=staff)


@kept
def another_claim(fund_id: int, *, staff: int = 12, code: str = "HIRING") -> Claimed:
    """A draft of another enterprise for the same item, or another one."""
    party, who = due_enterprise(staff)
    number = begin_claim(actor=who.actor(), party_id=party.pk, code=code, now=NOW)
    return Claimed(number, party, who, fund_id)


@kept
def submitted_claim(**more: object) -> tuple[Claimed, Desk]:
    """One whose review has begun, and who reviews it."""
    people = desk()
    claim = draft_claim(**more)  # type: ignore[arg-type]
    handed_in(claim)
    return claim, people


def handed_in(claim: Claimed, *, now: datetime = NOW) -> str:
    """Hand a draft in with an account."""
    return submit_claim(
        actor=claim.who.actor(now), claim_id=claim.id, account_id=account_of(claim.party, claim.who), now=now
    )


def task_of(claim: Claimed, step: str) -> int:
    """The open task of the claim at a step."""
    detail = flow.case_progress(kind="claim", identifier=str(claim.id), now=NOW)
    assert detail is not None
    return next(task.id for task in detail.tasks if task.open and task.step == step)


def done(
    claim: Claimed, people: Desk, step: str, outcome: str, *, now: datetime = NOW, opinion: str = "同意"
) -> None:
    """Somebody completes a step of the review."""
    flow.complete_task(
        actor=people.of(step).actor(now),
        task_id=task_of(claim, step),
        outcome=outcome,
        opinion=opinion,
        now=now,
    )


@kept
def approved_claim(**more: object) -> tuple[Claimed, Desk]:
    """One that was accepted, reviewed and approved by three people."""
    claim, people = submitted_claim(**more)
    done(claim, people, "accept", "accepted")
    done(claim, people, "review", "supported")
    done(claim, people, "approve", "approved")
    return claim, people


@kept
def payable_claim(**more: object) -> tuple[Claimed, Desk]:
    """One granted at once, which waits for its payment."""
    people = desk()
    claim = draft_claim(mode="instant", **more)  # type: ignore[arg-type]
    assert handed_in(claim) == "payable"
    return claim, people


@kept
def prepared_batch(**more: object) -> tuple[PaymentBatch, Claimed, Desk]:
    """A batch of one order that waits to be checked."""
    claim, people = payable_claim(**more)
    number = prepare_batch(actor=people.treasurer.actor(), fund_id=claim.fund_id, now=NOW)
    return PaymentBatch.objects.get(pk=number), claim, people


@kept
def checked_batch(**more: object) -> tuple[PaymentBatch, Claimed, Desk]:
    """One that a second person has checked."""
    batch, claim, people = prepared_batch(**more)
    check_batch(actor=people.checker.actor(), batch_id=batch.pk, digest=batch.digest, now=NOW)
    return PaymentBatch.objects.get(pk=batch.pk), claim, people


@kept
def sent_batch(**more: object) -> tuple[PaymentBatch, Claimed, Desk]:
    """One the bank has taken, as far as our tables go."""
    batch, claim, people = checked_batch(**more)
    with arranged():
        PaymentBatch.objects.filter(pk=batch.pk).update(state="sending")
        PaymentBatch.objects.filter(pk=batch.pk).update(state="sent", sent_at=NOW)
        PaymentOrder.objects.filter(batch=batch).update(state="sent")
    return PaymentBatch.objects.get(pk=batch.pk), claim, people


def bank_says(order: PaymentOrder, status: str, *, now: datetime = NOW, **more: object) -> Settled:
    """The bank answers about one order."""
    event = record(actor=SYSTEM, action="tests.arranged", target=Target("test", "1"), now=now)
    return settle(
        [Answer(order.end_to_end_id, status, **more)],  # type: ignore[arg-type]
        channel=CHANNEL,
        event_id=event,
        now=now,
    )
