"""The web server is killed at every step of the payment path that a request carries, from the claim that is handed in
to the money that is asked back.

A step is killed three times: when it has written what it is known by, when it is about to commit, and when it has
committed and told nobody. The first two leave nothing at all; after the third everything is there, once, and the same
request sent again changes nothing. The tables are compared row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from tests.areas.claims.automatic.list_factories import frozen_list
from tests.areas.claims.factories import (
    CHANNEL,
    YUAN,
    Claimed,
    Desk,
    account_of,
    another_claim,
    bank_says,
    desk,
    done,
    draft_claim,
    handed_in,
    task_of,
)
from tests.areas.claims.faults.dying_server import PLACES, Browser, DyingServer, changed, everything
from tests.areas.claims.paying.test_paying import Line
from tests.areas.claims.reviewing.test_evidence import staff_becomes
from tests.areas.claims.test_instalments import partly_paid
from tests.examples import some
from tests.kernel.access.factories import HARBIN, NOW, SYSTEM, Person, official
from tests.kernel.parties.factories import told
from yingshang.areas.claims.actions.prepare_batch import check_batch, prepare_batch
from yingshang.areas.claims.automatic.offering import offer_list
from yingshang.areas.claims.models import (
    ApprovalBatch,
    ApprovalEntry,
    Budget,
    Claim,
    Instalment,
    PayeeAccount,
    PaymentBatch,
    PaymentOrder,
    PublicityEntry,
    PublicityObjection,
    ReconciliationDifference,
    Reconsideration,
    Recovery,
    Trip,
)
from yingshang.areas.claims.oversight.screening import screen
from yingshang.areas.claims.paying.actions.reconcile import reconcile_day
from yingshang.areas.claims.paying.actions.send_batch import send_batch
from yingshang.areas.claims.paying.books import check_books
from yingshang.kernel.ledger.models import AuditEvent

pytestmark = pytest.mark.django_db(transaction=True)

QUEUED = "procrastinate_defer_job"
"""By which a step is known that only asks the worker for something."""
TOLD = {200, 302, 400, 404, 409, 422}
"""How a request that comes too late is answered: with a page that says what there is, by the API as the first time."""


@dataclass
class World:
    """What the steps of a story are about, and the time of day."""

    claim: Claimed
    people: Desk
    now: datetime = NOW
    line: Line = field(default_factory=Line)
    found: dict[str, Any] = field(default_factory=dict)

    @property
    def state(self) -> str:
        return self.claim.row.state

    @property
    def batch(self) -> PaymentBatch:
        return PaymentBatch.objects.order_by("pk").last()  # type: ignore[return-value]

    @property
    def order(self) -> PaymentOrder:
        return PaymentOrder.objects.select_related("batch").order_by("pk").last()  # type: ignore[return-value]

    def ordered(self) -> None:
        """A batch that waits to be checked."""
        prepare_batch(actor=self.people.treasurer.actor(self.now), fund_id=self.claim.fund_id, now=self.now)

    def bank_says(self, status: str, **more: Any) -> None:
        """The bank answers about the last order."""
        with transaction.atomic():
            bank_says(self.order, status, now=self.now, **more)

    def sent(self) -> None:
        """One the bank has."""
        if not PaymentBatch.objects.filter(state__in=["prepared", "checked"]).exists():
            self.ordered()
        if self.batch.state == "prepared":
            checker = self.people.checker.actor(self.now)
            check_batch(actor=checker, batch_id=self.batch.pk, digest=self.batch.digest, now=self.now)
        send_batch(actor=SYSTEM, batch_id=self.batch.pk, now=self.now, ways=self.line.way)


@dataclass(frozen=True)
class Step:
    """A request: who sends it, where to and with what; the audit action it is known by; and what holds after it.

    `arrive` brings the world to where it is sent, which is `after` so much time. It leaves `times` events of the action: one for
    each claim it is about.
    """

    name: str
    who: Callable[[World], Person]
    request: Callable[[World], tuple[str, dict[str, Any]]]
    mark: str
    holds: Callable[[World], bool]
    arrive: Callable[[World], object] = lambda world: None
    after: timedelta = timedelta()
    times: int = 1


def on_desk(name: str, *values: object) -> str:
    return reverse(f"claims_desk:{name}", args=values)


def in_portal(name: str, *values: object) -> str:
    return reverse(f"claims:{name}", args=values)


def window(world: World) -> Person:
    return world.people.window


def reviewer(world: World) -> Person:
    return world.people.reviewer


def approver(world: World) -> Person:
    return world.people.approver


def treasurer(world: World) -> Person:
    return world.people.treasurer


def checker(world: World) -> Person:
    return world.people.checker


def supervisor(world: World) -> Person:
    return world.people.supervisor


def owner(world: World) -> Person:
    return world.claim.who


def someone_else(role: str) -> Callable[[World], Person]:
    """Another official of this role, always the same."""

    def found(world: World) -> Person:
        if role not in world.found:
            world.found[role] = official(role, HARBIN)
        known: Person = world.found[role]
        return known

    return found


def reserved() -> int:
    return sum(Budget.objects.values_list("reserved_fen", flat=True))


def spent() -> int:
    return sum(Budget.objects.values_list("spent_fen", flat=True))


# --- one claim, granted at once, paid after everything that can go wrong, asked back ------------------------------------


def granted() -> World:
    people = desk()
    claim = draft_claim(mode="instant")
    account_of(claim.party, claim.who)
    return World(claim, people)


def newest_account(world: World) -> int:
    return int(PayeeAccount.objects.filter(party=world.claim.party).latest("pk").pk)


def never_answered(world: World) -> None:
    """The bank is silent, and its statements name nothing."""
    world.sent()
    for days in range(5):
        day = (world.now + timedelta(days=days)).date()
        world.line.statements[day] = []
        reconcile_day(
            world.line.way(CHANNEL),
            account=world.batch.fund.payer_account,
            day=day,
            region_path=world.batch.region_path,
            actor=SYSTEM,
            now=world.now + timedelta(days=days + 1),
        )


def asked_back(world: World, amount: str) -> tuple[str, dict[str, Any]]:
    return on_desk("recover", world.claim.id), {
        "amount": amount,
        "reason": "参保人数不实",
        "basis": "哈人社规〔2026〕1 号",
        "parts": "2",
        "first_due": (world.now + timedelta(days=30)).date().isoformat(),
        "rate": "lpr_1y",
    }


def another(world: World) -> None:
    claim = another_claim(world.claim.fund_id)
    world.found |= {"other": claim, "account": account_of(claim.party, claim.who)}


def recovery() -> Recovery:
    return Recovery.objects.order_by("pk").last()  # type: ignore[return-value]


MONEY = (
    Step(
        "an instant claim is handed in, granted and reserved",
        owner,
        lambda w: (in_portal("submit", w.claim.id), {"account": newest_account(w)}),
        "claims.granted",
        lambda w: w.state == "payable" and reserved() == 12_000 * YUAN,
    ),
    Step(
        "a batch is prepared",
        treasurer,
        lambda w: (on_desk("fund-prepare", w.claim.fund_id), {"execute_on": ""}),
        "claims.batch_prepared",
        lambda w: w.state == "paying" and PaymentOrder.objects.count() == 1,
    ),
    Step(
        "a batch is taken back",
        treasurer,
        lambda w: (on_desk("batch-take-back", w.batch.pk), {"reason": "重新编制"}),
        "claims.batch_taken_back",
        lambda w: w.state == "payable" and w.order.state == "taken_back",
    ),
    Step(
        "a batch is checked",
        checker,
        lambda w: (on_desk("batch-check", w.batch.pk), {"digest": w.batch.digest}),
        "claims.batch_checked",
        lambda w: w.batch.state == "checked",
        arrive=World.ordered,
    ),
    Step(
        "a batch is to be sent now",
        treasurer,
        lambda w: (on_desk("batch-send", w.batch.pk), {}),
        QUEUED,
        lambda w: w.batch.state == "checked",
    ),
    Step(
        "another account is told",
        owner,
        lambda w: (
            in_portal("accounts", w.claim.party.pk),
            {
                "channel": "bank",
                "name": w.claim.party.name,
                "number": "6217000000000012345",
                "bank_name": "演示银行",
            },
        ),
        "claims.account_added",
        lambda w: w.state == "account_wrong" and PayeeAccount.objects.count() == 2,
        arrive=lambda w: (w.sent(), w.bank_says("rejected", reason_code="AC01", reason="账号不符")),
    ),
    Step(
        "the wrong account is corrected",
        owner,
        lambda w: (in_portal("other-account", w.claim.id), {"account": newest_account(w)}),
        "claims.account_corrected",
        lambda w: w.state == "payable" and w.claim.row.account_id == newest_account(w),
    ),
    Step(
        "what the bank never answered is found not executed",
        supervisor,
        lambda w: (
            on_desk("batch-not-executed", w.batch.pk),
            {"order": w.order.pk, "reason": "银行来函确认未执行"},
        ),
        "claims.not_executed",
        lambda w: w.state == "payable" and w.order.state == "not_executed" and spent() == 0,
        arrive=never_answered,
        after=timedelta(days=10),
    ),
    Step(
        "the difference is explained, and booked as paid",
        treasurer,
        lambda w: (
            on_desk("difference", ReconciliationDifference.objects.get(kind__startswith="paid_after").pk),
            {"explanation": "银行确认已支付", "book_as_paid": "on"},
        ),
        "claims.difference_explained",
        lambda w: w.state == "paid" and spent() == 12_000 * YUAN and w.claim.row.paid_fen == spent(),
        arrive=lambda w: w.bank_says("paid"),
    ),
    Step(
        "money is asked back",
        reviewer,
        lambda w: asked_back(w, "10000.00"),
        "claims.repayment_demanded",
        lambda w: recovery().state == "demanded" and Recovery.objects.count() == 1,
    ),
    Step(
        "a part of it has come back",
        treasurer,
        lambda w: (
            on_desk("recovery-repaid", recovery().pk),
            {"amount": "4000.00", "paid_on": timezone.localdate(w.now).isoformat(), "bank_reference": "L1"},
        ),
        "claims.repayment_recorded",
        lambda w: recovery().repaid_fen == 4_000 * YUAN and recovery().repayments.count() == 1,
    ),
    Step(
        "the rest is written off",
        someone_else("department_official"),
        lambda w: (on_desk("recovery-end", recovery().pk), {"how": "write_off", "decision": "企业已破产"}),
        "claims.recovery_written_off",
        lambda w: recovery().state == "written_off" and recovery().written_off_fen == 6_000 * YUAN,
    ),
    Step(
        "money is asked back once more",
        reviewer,
        lambda w: asked_back(w, "2000.00"),
        "claims.repayment_demanded",
        lambda w: recovery().principal_fen == 2_000 * YUAN and Recovery.objects.count() == 2,
    ),
    Step(
        "which is taken back by another",
        someone_else("department_official"),
        lambda w: (on_desk("recovery-end", recovery().pk), {"how": "cancel", "decision": "要求有误"}),
        "claims.recovery_cancelled",
        lambda w: recovery().state == "cancelled" and spent() == 12_000 * YUAN,
    ),
    Step(
        "a budget is set",
        treasurer,
        lambda w: (
            on_desk("fund-budget", w.claim.fund_id),
            {"year": w.now.year, "level": "city", "amount": "30000.00", "reason": "哈财社〔2026〕1号"},
        ),
        "claims.budget_set",
        lambda w: Budget.objects.get(year=w.now.year).amount_fen == 30_000 * YUAN,
    ),
    Step(
        "another claim is handed in through the API",
        lambda w: w.found["other"].who,
        lambda w: (f"/api/v1/claims/{w.found['other'].id}/submission", {"account_id": w.found["account"]}),
        "claims.granted",
        lambda w: w.found["other"].row.state == "payable" and reserved() == 12_000 * YUAN,
        arrive=another,
    ),
    Step(
        "and withdrawn",
        lambda w: w.found["other"].who,
        lambda w: (f"/api/v1/claims/{w.found['other'].id}/withdrawal", {"reason": "不需要了"}),
        "claims.withdrawn",
        lambda w: w.found["other"].row.state == "withdrawn" and reserved() == 0,
    ),
)


# --- claims that people review: one by one, together, once more, and stopped ------------------------------------------


def reviewed() -> World:
    people = desk()
    claim = draft_claim(staff=14, sample_percent=10)
    account_of(claim.party, claim.who)
    return World(claim, people)


def decides(step: str, outcome: str) -> Callable[[World], tuple[str, dict[str, Any]]]:
    return lambda w: (
        reverse("desk:task", args=[task_of(w.claim, step)])
        if w.found.get("step") != step
        else w.found["address"],
        {"outcome": outcome, "opinion": "同意"},
    )


def at_task(step: str) -> Callable[[World], None]:
    """The address of a task is the same after it is done."""

    def arrive(world: World) -> None:
        world.found["step"], world.found["address"] = (
            step,
            reverse("desk:task", args=[task_of(world.claim, step)]),
        )
        if step == "approve":
            staff_becomes(world.claim.party, 11)

    return arrive


def two_more(world: World) -> None:
    for staff in (12, 13):
        claim = another_claim(world.claim.fund_id, staff=staff)
        handed_in(claim, now=world.now)
        world.found.setdefault("together", []).append(claim)
        done(claim, world.people, "accept", "accepted", now=world.now)
        done(claim, world.people, "review", "supported", now=world.now)


def loses_its_licence(world: World) -> None:
    told(
        [{"subject": world.claim.party.credit_code, "ent.status": "吊销"}],
        as_of=world.now.date(),
        now=world.now,
    )
    with transaction.atomic():
        screen([world.claim.id], "ordering", now=world.now)


def sampled() -> tuple[int, int]:
    found = ApprovalEntry.objects.get(sampled=True)
    return found.batch_id, found.claim_id


def looked_at(world: World) -> bool:
    """The one that was drawn is found sound, by whom and when; of the other nobody said anything."""
    drawn, left = ApprovalEntry.objects.order_by("-sampled")
    return (
        drawn.sound is True
        and drawn.looked_at == world.now
        and drawn.looked_by_name == world.people.approver.user.name
        and (left.sampled, left.sound, left.looked_at) == (False, None, None)
        and drawn.batch.state == "drawn"
    )


REVIEW = (
    Step(
        "a claim is handed in, and its review begins",
        owner,
        lambda w: (in_portal("submit", w.claim.id), {"account": newest_account(w)}),
        "claims.submitted",
        lambda w: w.state == "accepting" and task_of(w.claim, "accept") > 0,
    ),
    Step(
        "it is accepted",
        window,
        decides("accept", "accepted"),
        "claims.accepted",
        lambda w: w.state == "reviewing",
        arrive=at_task("accept"),
    ),
    Step(
        "it is supported",
        reviewer,
        decides("review", "supported"),
        "flow.task_completed",
        lambda w: w.claim.row.reviewed_by != "" and task_of(w.claim, "approve") > 0,
        arrive=at_task("review"),
    ),
    Step(
        "it is approved, awarded and reserved",
        approver,
        decides("approve", "approved"),
        "claims.approved",
        lambda w: w.state == "approved" and reserved() == w.claim.row.award_fen == 11_000 * YUAN,
        arrive=at_task("approve"),
        after=timedelta(days=1),
    ),
    Step(
        "the lower award is to be looked at once more",
        owner,
        lambda w: (
            in_portal("reconsider", w.claim.id),
            {"reasons": "参保数据当时有延迟，本月已有十三人参保"},
        ),
        "claims.reconsideration_asked",
        lambda w: Reconsideration.objects.get().state == "open",
    ),
    Step(
        "the award is raised, and what comes to it is reserved",
        someone_else("approver"),
        lambda w: (
            on_desk("reconsideration-decide", Reconsideration.objects.get().pk),
            {"what": "change", "decision": "数据已更正，补足差额"},
        ),
        "claims.raised",
        lambda w: reserved() == w.claim.row.award_fen == 13_000 * YUAN and Instalment.objects.count() == 2,
        arrive=lambda w: staff_becomes(w.claim.party, 13),
    ),
    Step(
        "a sample of identical claims is drawn",
        approver,
        lambda w: (on_desk("approval-draw"), {"claim": [each.id for each in w.found["together"]]}),
        "claims.sample_drawn",
        lambda w: ApprovalBatch.objects.count() == 1,
        arrive=two_more,
    ),
    Step(
        "the sample is looked at",
        approver,
        lambda w: (on_desk("approval-look", *sampled()), {"sound": "yes"}),
        "claims.sample_looked_at",
        looked_at,
    ),
    Step(
        "the claims are approved together",
        approver,
        lambda w: (on_desk("approval-approve", ApprovalBatch.objects.get().pk), {}),
        "claims.approved",
        lambda w: reserved() == (13_000 + 12_000 + 13_000) * YUAN,
        times=2,
    ),
    Step(
        "awards are put before the public",
        reviewer,
        lambda w: (on_desk("publish"), {"code": "HIRING"}),
        "claims.published",
        lambda w: set(Claim.objects.values_list("state", flat=True)) == {"publicity"},
    ),
    Step(
        "an award is objected to",
        checker,
        lambda w: (
            in_portal("award", PublicityEntry.objects.get(claim=w.found["together"][0].id).pk),
            {"name": "演示群众", "text": "参保人数不实"},
        ),
        "claims.objected",
        lambda w: w.found["together"][0].row.state == "objected",
    ),
    Step(
        "the objection is upheld, and the budget given back",
        reviewer,
        lambda w: (
            on_desk("publicity-objection", PublicityObjection.objects.get().pk),
            {"verdict": "upheld", "decision": "核实人数为七人"},
        ),
        "claims.objection_upheld",
        lambda w: w.found["together"][0].row.state == "refused" and reserved() == 26_000 * YUAN,
    ),
    Step(
        "a fund is stopped by hand",
        supervisor,
        lambda w: (on_desk("trip-stop"), {"target": f"fund:{w.claim.fund_id}", "reason": "专项检查"}),
        "claims.stopped_by_hand",
        lambda w: Trip.objects.get().state == "open",
    ),
    Step(
        "a trip is released",
        supervisor,
        lambda w: (on_desk("trip", Trip.objects.get().pk), {"verdict": "release", "reason": "检查结束"}),
        "claims.trip_released",
        lambda w: Trip.objects.get().state == "released",
    ),
    Step(
        "a trip is found to be so, and the claim ends",
        supervisor,
        lambda w: (
            on_desk("trip", Trip.objects.latest("pk").pk),
            {"verdict": "confirm", "reason": "营业执照已吊销"},
        ),
        "claims.refused",
        lambda w: w.state == "refused" and reserved() == 13_000 * YUAN,
        arrive=loses_its_licence,
    ),
)


# --- a list, and a later instalment -----------------------------------------------------------------------------------


def listed() -> World:
    found = frozen_list(staff=(12,))
    claim = Claimed(found.claim(0).pk, found.parties[0], found.people[0], found.fund_id)
    return World(claim, found.desk, found={"list": found})


def offered(world: World) -> None:
    offer_list(actor=world.people.approver.actor(), list_id=world.found["list"].id, now=NOW)


LIST = (
    Step(
        "a list is approved",
        approver,
        lambda w: (
            on_desk("list-approve", w.found["list"].id),
            {"digest": w.found["list"].row.digest},
        ),
        "claims.list_approved",
        lambda w: w.found["list"].row.state == "approved" and w.state == "listed",
    ),
    Step(
        "an offer is confirmed with an account",
        owner,
        lambda w: (
            in_portal("offer-confirm", w.claim.id),
            {"account": "new", "number": "6217000000000012345", "bank_name": "演示银行"},
        ),
        "claims.confirmed",
        lambda w: w.claim.row.account is not None and reserved() == 12_000 * YUAN,
        arrive=offered,
    ),
)


def in_parts() -> World:
    claim, people = partly_paid()
    return World(claim, people)


LATER = (
    Step(
        "a later instalment is found to be due",
        approver,
        lambda w: (
            on_desk("instalment-decide", w.claim.id, 2),
            {"what": "release", "reason": "审计报告显示150万元"},
        ),
        "claims.instalment_due",
        lambda w: w.state == "payable" and Instalment.objects.get(number=2).state == "due",
    ),
)


# --- all of them ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[DyingServer]:
    made = DyingServer()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("begin", "steps"),
    [(granted, MONEY), (reviewed, REVIEW), (listed, LIST), (in_parts, LATER)],
    ids=["money", "review", "list", "instalment"],
)
def test_a_killed_web_server_leaves_nothing_or_everything(
    server: DyingServer,
    begin: Callable[[], World],
    steps: Sequence[Step],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: world.now if world else NOW)
    world: World | None = None
    world = begin()
    for step in steps:
        step.arrive(world)
        world.now += step.after
        carried_out_once(server, world, step)


def carried_out_once(server: DyingServer, world: World, step: Step) -> None:
    browser = Browser(step.who(world))
    path, values = step.request(world)
    before, events = everything(), _known(step)
    for place in some(PLACES[:-1], 1, of=step.name):
        assert server.dies(browser, path, values, at=place, mark=step.mark), (step.name, place)
        assert changed(before) == [], (step.name, place)
    assert server.dies(browser, path, values, at=PLACES[-1], mark=step.mark), step.name
    assert step.holds(world), step.name
    assert _known(step) == events + step.times, step.name
    assert check_books() == (), step.name
    after = everything()
    # Nobody answered: the same is sent once more.
    assert server.answers(browser, path, values) in TOLD, step.name
    assert changed(after) == [], step.name


def _known(step: Step) -> int:
    from procrastinate.contrib.django.models import ProcrastinateJob

    if step.mark == QUEUED:
        return ProcrastinateJob.objects.count()
    return AuditEvent.objects.filter(action=step.mark).count()
