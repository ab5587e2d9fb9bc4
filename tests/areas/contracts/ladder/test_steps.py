"""Notices, cases, transfers and cancellations: every state × action × role does what the table allows, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import transaction

from tests.areas.contracts.factories import (
    SUPERVISION,
    UNIT,
    contract_row,
    obligation_row,
    one_contract_event,
    performance_row,
    unit,
)
from tests.areas.contracts.ladder.situations import (
    DUE,
    LATER,
    NOW,
    SYSTEM,
    answered_notice,
    asked_cancellation,
    audit_supervisor,
    days_later,
    done_but_noticed,
    ended_transfer,
    evidence,
    found_case,
    fresh,
    late_obligation,
    lifted_notice,
    noticed,
    open_case,
    owed_obligation,
    paid,
    received_transfer,
    sent_transfer,
)
from tests.kernel.access.factories import (
    DAOLI,
    NANGANG,
    Person,
    agency,
    arranged,
    clerk_of,
    enterprise,
    legal_representative_of,
    no_event,
    official,
)
from yingshang.areas.contracts import api
from yingshang.areas.contracts.errors import Blocked, InvalidStep, NotApart, NotYours, StepNotFound
from yingshang.areas.contracts.models import Cancellation, SupervisionNotice
from yingshang.kernel.access.api import Actor, NotAllowed
from yingshang.kernel.clock.api import get_deadline, sweep
from yingshang.kernel.documents.api import Owner as DocumentOwner
from yingshang.kernel.documents.api import documents_of
from yingshang.kernel.notices.models import Message
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db

People = dict[str, Callable[[], Actor]]
WHO: People = {
    "administrator": lambda: unit().administrator.actor(),
    "reviewer": lambda: unit().reviewer.actor(),
    "head": lambda: unit().head.actor(),
    "supervisor": lambda: unit().supervisor.actor(),
    "city_supervisor": lambda: unit().city_supervisor.actor(),
    "leader": lambda: unit().leader.actor(),
    "enterprise": lambda: legal_representative_of(enterprise(DAOLI)).actor(),
    "elsewhere": lambda: official("supervisor", NANGANG, "business-environment").actor(),
    "audit": lambda: audit_supervisor().actor(),
}
SUPERVISORS = {"supervisor", "city_supervisor", "audit"}
Act = Callable[[Actor, Any], object]


def _with(**values: Any) -> Callable[[Callable[..., object], str], Act]:
    def made(function: Callable[..., object], name: str) -> Act:
        return lambda actor, row: function(actor=actor, now=days_later(1), **{name: row.pk}, **values)

    return made


NOTICE_ACTIONS: dict[str, tuple[Act, set[str], set[str]]] = {
    # action: what is done, by whom, from which states
    "answered": (_with(answer="已安排。")(api.answer_notice, "notice_id"), {"head"}, {"sent", "done"}),
    "returned": (_with(remark="请补充日期。")(api.return_notice, "notice_id"), SUPERVISORS, {"answered"}),
    "lifted": (_with(remark="已支付。")(api.lift_notice, "notice_id"), SUPERVISORS, {"done"}),
}
NOTICES: dict[str, Callable[[], Any]] = {
    "sent": noticed,
    "answered": answered_notice,
    "done": done_but_noticed,
    "lifted": lifted_notice,
}
CASE_ACTIONS: dict[str, tuple[Act, set[str], set[str]]] = {
    "stepped": (
        _with(what="talk", text="约谈负责人。")(api.add_case_step, "case_id"),
        SUPERVISORS,
        {"open", "found", "transferred", "told"},
    ),
    "found": (
        _with(finding="资金到位未支付。")(api.record_finding, "case_id"),
        SUPERVISORS,
        {"open", "found"},
    ),
    "transferred": (
        _with(body="credit", to_name="区发改局", evaluation="严重。")(api.transfer_case, "case_id"),
        SUPERVISORS,
        {"found", "transferred", "told"},
    ),
    "closed": (_with(reason="已反馈处理结果。")(api.close_case, "case_id"), SUPERVISORS, {"told"}),
}
CASES: dict[str, Callable[[], Any]] = {
    "open": open_case,
    "found": found_case,
    "transferred": lambda: fresh(sent_transfer().case),
    "told": lambda: fresh(ended_transfer().case),
    "closed": lambda: closed_case(),
}
TRANSFER_ACTIONS: dict[str, tuple[Act, set[str], set[str]]] = {
    "received": (_with()(api.receive_transfer, "transfer_id"), {"audit"}, {"sent"}),
    "declined": (_with(reason="不属于职责。")(api.decline_transfer, "transfer_id"), {"audit"}, {"sent"}),
    "ended": (_with(outcome="已处理。")(api.end_transfer, "transfer_id"), {"audit"}, {"received"}),
}
TRANSFERS: dict[str, Callable[[], Any]] = {
    "sent": sent_transfer,
    "received": received_transfer,
    "ended": ended_transfer,
}
CANCELLATION_ACTIONS: dict[str, tuple[Act, set[str], set[str]]] = {
    "confirmed": (_with()(api.confirm_cancellation, "cancellation_id"), {"enterprise"}, {"asked", "silent"}),
    "refused": (
        _with(reason="没有收到。")(api.refuse_cancellation, "cancellation_id"),
        {"enterprise"},
        {"asked", "silent"},
    ),
    "decided": (
        _with(confirmed=True, reason="凭证属实。")(api.decide_cancellation, "cancellation_id"),
        SUPERVISORS,
        {"silent"},
    ),
    "decided_not": (
        _with(confirmed=False, reason="凭证不符。")(api.decide_cancellation, "cancellation_id"),
        SUPERVISORS,
        {"silent"},
    ),
    "withdrawn": (
        _with()(api.withdraw_cancellation, "cancellation_id"),
        {"administrator"},
        {"asked", "silent"},
    ),
}


def other_side(row: Any) -> Actor:
    """Somebody who speaks for the enterprise a notice, case, transfer or cancellation is about."""
    obligation = row.case.obligation if hasattr(row, "case") else row.obligation
    return clerk_of(obligation.contract.party, ("contracts.view_own", "contracts.state_own")).actor()


def closed_case() -> Any:
    case = ended_transfer().case
    with arranged():
        api.close_case(actor=unit().supervisor.actor(), case_id=case.pk, reason="已有结果。", now=LATER)
    return fresh(case)


def silent_cancellation() -> Cancellation:
    """Asked, and the other side's time is up."""
    row = asked_cancellation()
    with arranged():
        Cancellation.objects.filter(pk=row.pk).update(due_on=date(2026, 11, 22))
    return row


def confirmed_cancellation() -> Cancellation:
    row = asked_cancellation()
    with arranged():
        api.confirm_cancellation(actor=other_side(row), cancellation_id=row.pk, now=LATER)
    return row


CANCELLATIONS: dict[str, Callable[[], Any]] = {
    "asked": asked_cancellation,
    "silent": silent_cancellation,
    "confirmed": confirmed_cancellation,
}
EVENTS = {
    "answered": "notice_answered",
    "returned": "notice_returned",
    "lifted": "notice_lifted",
    "stepped": "case_stepped",
    "found": "case_found",
    "transferred": "case_transferred",
    "closed": "case_closed",
    "received": "transfer_received",
    "declined": "transfer_declined",
    "ended": "transfer_ended",
    "confirmed": "cancellation_confirmed",
    "refused": "cancellation_refused",
    "decided": "cancellation_confirmed",
    "decided_not": "cancellation_refused",
    "withdrawn": "cancellation_withdrawn",
}


@pytest.mark.parametrize(
    ("situation", "actions"),
    [
        pytest.param(made, actions, id=f"{name}-{state}")
        for name, states, actions in (
            ("notice", NOTICES, NOTICE_ACTIONS),
            ("case", CASES, CASE_ACTIONS),
            ("transfer", TRANSFERS, TRANSFER_ACTIONS),
            ("cancellation", CANCELLATIONS, CANCELLATION_ACTIONS),
        )
        for state, made in states.items()
    ],
)
def test_state_by_action_by_role(situation: Callable[[], Any], actions: Any, request: Any) -> None:
    state = request.node.callspec.id.partition("-")[2]
    row = situation()
    everybody = {name: actor() for name, actor in WHO.items()} | {"enterprise": other_side(row)}
    for action, (act, by, states) in actions.items():
        for name, who in everybody.items():
            if name in by and state in states:
                with transaction.atomic():
                    with one_contract_event(EVENTS[action]):
                        act(who, row)
                    transaction.set_rollback(True)
                continue
            with no_event(), pytest.raises(DomainError), transaction.atomic():
                act(who, row)


def test_a_notice_is_issued_by_hand_about_what_is_late_and_once() -> None:
    row, supervisor = late_obligation(), unit().supervisor.actor()

    def issue(obligation: Any, actor: Actor = supervisor, demand: str = "请付款。") -> int:
        return api.issue_notice(actor=actor, obligation_id=obligation.pk, demand=demand, now=NOW)

    early = owed_obligation(due_on=date(2026, 11, 23))
    theirs = obligation_row(side="counterparty", due_on=date(2026, 11, 20))
    for refused, field in (
        (lambda: issue(early), "obligation"),
        (lambda: issue(theirs), "obligation"),
        (lambda: issue(row, demand=" "), "demand"),
        (lambda: issue(row, demand="长" * 1001), "demand"),
    ):
        with no_event(), pytest.raises(InvalidStep) as error, transaction.atomic():
            refused()
        assert error.value.details["field"] == field
    for nobody in ("administrator", "head", "enterprise", "elsewhere"):
        with no_event(), pytest.raises(DomainError):
            issue(row, WHO[nobody]())
    with one_contract_event("notice_issued") as events:
        notice = SupervisionNotice.objects.get(pk=issue(row))
    assert (fresh(row).escalation, fresh(row).contract.escalation) == ("notice", "notice")
    # 300,000 yuan, three days at 0.05 % a day.
    assert (notice.owed_fen, notice.interest_fen) == (300_000_00, 450_00)
    assert events[0]["after"]["interest_fen"] == 450_00
    assert get_deadline(notice.deadline_id, now=NOW).due_on == notice.due_on == date(2026, 11, 30)
    with no_event(), pytest.raises(InvalidStep, match="not lifted"):
        issue(row)


def test_a_notice_is_answered_with_a_promise_sent_back_and_lifted_with_the_debt() -> None:
    notice = noticed()
    head = unit().head.actor()
    with no_event(), pytest.raises(InvalidStep) as error, transaction.atomic():
        api.answer_notice(
            actor=head, notice_id=notice.pk, answer="好", promised_on=date(2026, 11, 1), now=LATER
        )
    assert error.value.details["field"] == "promised_on"
    api.answer_notice(
        actor=head, notice_id=notice.pk, answer="已申请资金。", promised_on=date(2026, 12, 1), now=LATER
    )
    assert get_deadline(fresh(notice).deadline_id, now=LATER).state == "met"
    supervisor = unit().supervisor.actor()
    with no_event(), pytest.raises(InvalidStep, match="still owed"), transaction.atomic():
        api.lift_notice(actor=supervisor, notice_id=notice.pk, remark="好", now=LATER)
    api.return_notice(actor=supervisor, notice_id=notice.pk, remark="请说明原因。", now=days_later(2))
    again = fresh(notice)
    assert again.state == "sent" and again.due_on == date(2026, 12, 2)
    assert get_deadline(again.deadline_id, now=days_later(2)).open
    detail = api.supervision_notice(actor=head, notice_id=notice.pk, now=days_later(2))
    assert detail.may == {"answered"} and detail.row.number == "政合督〔2026〕1号"
    paid(notice.obligation)
    assert fresh(notice.obligation).escalation == "notice"
    api.lift_notice(actor=supervisor, notice_id=notice.pk, remark="已支付。", now=days_later(2))
    assert (fresh(notice).state, fresh(notice.obligation).escalation) == ("lifted", "")


def test_a_promise_is_listed_until_it_is_kept_and_broken_from_the_day_after() -> None:
    notice = answered_notice()
    supervisor = unit().supervisor.actor()

    def listed(state: str, days: int) -> list[tuple[date | None, bool]]:
        page = api.supervision_notices(actor=supervisor, now=days_later(days), state=state)
        assert page.total == len(page.rows)
        return [(row.promised_on, row.broken) for row in page.rows]

    day = date(2026, 11, 30)
    kept_until = (day - NOW.date()).days
    assert listed("promised", kept_until) == [(day, False)] and listed("broken", kept_until) == []
    after = kept_until + 1
    assert listed("promised", after) == listed("broken", after) == [(day, True)]
    paid(notice.obligation)
    assert listed("promised", after) == listed("broken", after) == []
    assert listed("answered", after) == [(None, False)]
    # An answer that was sent back promises nothing any more.
    other = answered_notice(title="支付尾款")
    assert listed("broken", after) == [(day, True)]
    api.return_notice(actor=supervisor, notice_id=other.pk, remark="请写明原因。", now=LATER)
    assert listed("broken", after) == []


def test_the_document_of_a_notice_says_what_it_said_when_it_was_issued() -> None:
    from yingshang.areas.contracts.ladder.documents import set_waiting, waiting
    from yingshang.kernel.documents.api import extract_text

    notice = noticed()
    with arranged():
        fresh(notice.obligation).performances.all().delete()
    later = days_later(3)
    assert waiting(now=later) == [notice.pk]
    assert set_waiting(actor=SYSTEM, now=later) == 1 and set_waiting(actor=SYSTEM, now=later) == 0
    [document] = documents_of(DocumentOwner("contract_notice", str(notice.pk)))
    assert document.id == fresh(notice).document_id and document.name == "政合督〔2026〕1号.pdf"
    text = extract_text(document.id).replace("\n", "").replace(" ", "")
    for words in (
        "政合督〔2026〕1号",
        "合同履约督办通知书",
        "300,000.00元",
        "450.00元",
        "已逾期3日",
        "（印章）",
    ):
        assert words in text, words


def test_a_case_follows_a_notice_and_ends_with_the_debt_or_an_outcome() -> None:
    row, supervisor = late_obligation(), unit().supervisor.actor()

    def opened(obligation: Any) -> int:
        return api.open_case(actor=supervisor, obligation_id=obligation.pk, grounds="仍未支付。", now=NOW)

    with no_event(), pytest.raises(InvalidStep, match="notice first"), transaction.atomic():
        opened(row)
    notice = noticed()
    with one_contract_event("case_opened"):
        number = opened(notice.obligation)
    with no_event(), pytest.raises(InvalidStep, match="open case"), transaction.atomic():
        opened(notice.obligation)
    api.add_case_step(actor=supervisor, case_id=number, what="visit", text="到现场督办。", now=LATER)
    with no_event(), pytest.raises(InvalidStep), transaction.atomic():
        api.add_case_step(actor=supervisor, case_id=number, what="dance", text="。", now=LATER)
    detail = api.supervision_case(actor=supervisor, case_id=number, now=LATER)
    assert [each.what.code for each in detail.steps] == ["visit"] and detail.row.due_on == date(2027, 1, 22)
    assert detail.may == {"stepped", "found"} and fresh(notice.obligation).escalation == "case"
    with no_event(), pytest.raises(InvalidStep, match="finding first"), transaction.atomic():
        api.transfer_case(
            actor=supervisor, case_id=number, body="audit", to_name="区审计局", evaluation="严重。", now=LATER
        )
    paid(notice.obligation)
    with one_contract_event("case_closed"):
        api.close_case(actor=supervisor, case_id=number, reason="已支付。", now=LATER)
    # The notice is still open: it goes with its cancellation, or is lifted.
    assert fresh(notice.obligation).escalation == "case"


def test_a_transfer_takes_its_file_along() -> None:
    case = found_case()
    file = evidence(case.obligation)
    supervisor, audit_office = unit().supervisor.actor(), agency(DAOLI, "audit")
    begun = api.proposed_transfer(actor=supervisor, case_id=case.pk, body="audit", now=NOW)
    assert begun.to_agency_id == audit_office.pk
    assert "300,000.00元" in begun.evaluation and "逾期3日" in begun.evaluation
    assert (
        api.proposed_transfer(actor=supervisor, case_id=case.pk, body="court", now=NOW).to_agency_id is None
    )
    with one_contract_event("case_transferred") as events:
        number = api.transfer_case(
            actor=supervisor,
            case_id=case.pk,
            body="audit",
            to_agency_id=begun.to_agency_id,
            evaluation=begun.evaluation,
            proposal=begun.proposal,
            now=NOW,
        )
    with no_event(), pytest.raises(InvalidStep, match="already"), transaction.atomic():
        api.transfer_case(
            actor=supervisor, case_id=case.pk, body="audit", to_name="区审计局", evaluation="再送。", now=NOW
        )
    audit = audit_supervisor().actor()
    assert api.transfers(actor=audit, received=True, state="sent", now=NOW).total == 1
    detail = api.transfer(actor=audit, transfer_id=number, now=NOW)
    assert [piece["document"] for piece in detail.contents] == [file] and detail.document_id
    assert events[0]["after"]["pieces"] == [detail.contents[0]["sha256"]]
    assert detail.may == {"received", "declined"} and fresh(case.obligation).escalation == "transfer"
    assert "received" not in api.transfer(actor=supervisor, transfer_id=number, now=NOW).may
    from yingshang.areas.contracts.ladder.documents import may_read_transfer

    assert may_read_transfer(audit, str(number)) and not may_read_transfer(WHO["enterprise"](), str(number))


def test_nobody_receives_the_transfer_of_their_own_case() -> None:
    office = agency(DAOLI, "audit")
    case = found_case(contract=contract_row(in_agency=office))
    supervisor = unit().supervisor.actor()
    begun = api.proposed_transfer(actor=supervisor, case_id=case.pk, body="audit", now=NOW)
    assert begun.to_agency_id is None and begun.to_name
    with no_event(), pytest.raises(InvalidStep) as refused, transaction.atomic():
        api.transfer_case(
            actor=supervisor,
            case_id=case.pk,
            body="audit",
            to_agency_id=office.pk,
            evaluation="严重。",
            now=NOW,
        )
    assert refused.value.details["field"] == "to_agency_id"


def test_who_is_reminded_of_a_transfer_is_led_to_it() -> None:
    row, people = sent_transfer(), audit_supervisor()
    sweep(actor=SYSTEM, now=days_later(60))
    told = Message.objects.filter(recipient=people.id, template="contracts.transferred", channel="in_app")
    links = set(told.values_list("link", flat=True))
    assert told.count() > 1 and links == {f"/desk/contracts/transfers/{row.pk}/"}


def test_nothing_is_struck_off_without_evidence_or_before_it_is_said_to_be_done() -> None:
    notice, administrator = noticed(), unit().administrator.actor()

    def ask(obligation: Any, documents: Any = ()) -> int:
        return api.ask_cancellation(
            actor=administrator,
            obligation_id=obligation.pk,
            statement="已支付。",
            document_ids=documents,
            now=LATER,
        )

    in_time = owed_obligation(due_on=date(2026, 12, 31))
    paid(in_time)
    not_said = noticed()
    theirs = obligation_row(side="counterparty", due_on=date(2026, 11, 20), state="performed")
    paid(notice.obligation)
    for obligation, documents, field in (
        (notice.obligation, [], "documents"),
        (notice.obligation, [999_999], "documents"),
        (not_said.obligation, [], "statement"),
        (in_time, [], "statement"),
        (theirs, [], "statement"),
    ):
        with no_event(), pytest.raises(InvalidStep) as error, transaction.atomic():
            ask(obligation, documents)
        assert error.value.details["field"] == field, obligation
    with no_event(), pytest.raises(NotAllowed):
        api.ask_cancellation(
            actor=WHO["head"](), obligation_id=notice.obligation_id, statement="。", now=LATER
        )


def test_the_other_side_confirms_and_notices_cases_and_clocks_end() -> None:
    audit = audit_supervisor()
    transfer = sent_transfer()
    case = transfer.case
    paid(case.obligation)
    row = asked_cancellation(case.notice)
    # Who asked for the unit does not say so for the enterprise.
    with no_event(), pytest.raises(NotApart), transaction.atomic():
        both = other_side(row)
        Cancellation.objects.filter(pk=row.pk).update(asked_by=int(both.identifier))
        api.confirm_cancellation(actor=both, cancellation_id=row.pk, now=LATER)
    with one_contract_event("cancellation_confirmed") as events:
        api.confirm_cancellation(actor=other_side(row), cancellation_id=row.pk, now=days_later(1))
    obligation = fresh(case.obligation)
    assert (fresh(row).state, fresh(row).decided_as) == ("confirmed", "counterparty")
    assert (fresh(case).state, fresh(case.notice).state, obligation.escalation) == ("closed", "lifted", "")
    assert (obligation.state, obligation.confirmed_by) == ("performed", "counterparty")
    assert events[0]["after"]["notices"] == ["政合督〔2026〕1号"] and len(events[0]["after"]["cases"]) == 1
    # What was transferred ends with it, and who deals with it is told.
    assert events[0]["after"]["transfers"] == ["政合移〔2026〕1号"] and fresh(transfer).state == "ended"
    assert fresh(transfer).outcome == "义务已销号，移送随之终结：相对方确认，予以销号"
    told = Message.objects.get(template="contracts.transfer_moved", recipient=audit.id, channel="in_app")
    assert "予以销号" in told.body and told.link == f"/desk/contracts/transfers/{transfer.pk}/"
    clocks = (case.deadline_id, case.notice.deadline_id, transfer.deadline_id, fresh(row).deadline_id)
    for number in clocks:
        assert get_deadline(number, now=LATER).state == "met"
    with no_event(), pytest.raises(InvalidStep, match="already"), transaction.atomic():
        api.ask_cancellation(
            actor=unit().administrator.actor(),
            obligation_id=obligation.pk,
            statement="再来",
            document_ids=row.document_ids,
            now=LATER,
        )


def test_what_the_other_side_denies_is_owed_again_until_a_supervisor_decides() -> None:
    notice = done_but_noticed()
    row = asked_cancellation(notice)
    api.refuse_cancellation(
        actor=other_side(row), cancellation_id=row.pk, reason="没有到账。", now=days_later(1)
    )
    obligation = fresh(notice.obligation)
    assert obligation.state == "running" and obligation.disagreed and obligation.deadline_id
    assert fresh(notice).state == "sent" and obligation.escalation == "notice"
    # It was denied before: the next time who supervises need not wait for the same answer.
    with arranged():
        again = api.ask_cancellation(
            actor=unit().administrator.actor(),
            obligation_id=obligation.pk,
            statement="银行回单证明已到账。",
            document_ids=row.document_ids,
            now=days_later(1),
        )
    supervisor = unit().supervisor.actor()
    waiting = api.cancellations(actor=supervisor, decidable=True, now=days_later(1))
    assert [each.id for each in waiting.rows] == [again]
    shown = api.cancellation(actor=supervisor, cancellation_id=again, now=days_later(1))
    assert shown.may == {"confirmed", "refused"}
    with one_contract_event("cancellation_confirmed"):
        api.decide_cancellation(
            actor=unit().supervisor.actor(),
            cancellation_id=again,
            confirmed=True,
            reason="银行回单属实。",
            now=days_later(2),
        )
    obligation = fresh(obligation)
    assert (obligation.state, obligation.confirmed_by, obligation.open_fen) == ("performed", "supervisor", 0)
    assert (fresh(notice).state, obligation.escalation) == ("lifted", "")


def test_an_open_appeal_stands_in_the_way() -> None:
    row = asked_cancellation()
    blocked = {"kind": "appeal", "reference": "SQ1", "actor": SYSTEM, "now": LATER}
    with arranged():
        api.block_obligation(obligation_id=row.obligation_id, label="SQ1 未收到款", **blocked)
        Cancellation.objects.filter(pk=row.pk).update(due_on=date(2026, 11, 22))
    for act in (
        lambda: api.confirm_cancellation(actor=other_side(row), cancellation_id=row.pk, now=LATER),
        lambda: api.decide_cancellation(
            actor=unit().supervisor.actor(), cancellation_id=row.pk, confirmed=True, reason="好", now=LATER
        ),
        lambda: api.lift_notice(
            actor=unit().supervisor.actor(),
            notice_id=row.obligation.notices.get().pk,
            remark="好",
            now=LATER,
        ),
    ):
        with no_event(), pytest.raises(Blocked) as error, transaction.atomic():
            act()
        assert error.value.details["blocks"] == ["SQ1 未收到款"]
    with arranged():
        api.unblock_obligation(obligation_id=row.obligation_id, **blocked)
    api.confirm_cancellation(actor=other_side(row), cancellation_id=row.pk, now=LATER)
    assert fresh(row).state == "confirmed"


def test_what_the_other_side_has_confirmed_before_is_its_word() -> None:
    from yingshang.areas.contracts.performing.applying import apply

    notice = done_but_noticed()
    performance_row(notice.obligation, date(2026, 11, 23), side="counterparty")
    with arranged():
        obligation = fresh(notice.obligation)
        apply(obligation, now=LATER)
    assert fresh(obligation).confirmed_by == "counterparty"
    row = asked_cancellation(notice)
    assert (row.state, row.decided_as, fresh(notice).state) == ("confirmed", "counterparty", "lifted")


def test_who_supervises_confidential_contracts_opens_their_notices_and_others_do_not() -> None:
    secret = noticed(contract=contract_row(secrecy="internal"), by=_confidential())
    open_one = noticed()
    reader, plain = _confidential().actor(), unit().supervisor.actor()
    elsewhere = official("contract_confidential_supervisor", NANGANG, SUPERVISION).actor()
    inside = official("contract_confidential_supervisor", DAOLI, UNIT).actor()
    for notice in (secret, open_one):
        found = api.supervision_notice(actor=reader, notice_id=notice.pk, now=LATER)
        assert found.row.id == notice.pk
    assert api.late_obligations(actor=reader, now=LATER).total == 2
    with pytest.raises(StepNotFound):
        api.supervision_notice(actor=plain, notice_id=secret.pk, now=LATER)
    with pytest.raises(StepNotFound):
        api.supervision_notice(actor=elsewhere, notice_id=secret.pk, now=LATER)
    # Nobody supervises the unit they sit in, and supervising is no writing for it.
    with no_event(), pytest.raises(NotYours):
        api.open_case(actor=inside, obligation_id=secret.obligation_id, grounds="逾期", now=LATER)
    with no_event(), pytest.raises(NotAllowed):
        api.record_performance(
            actor=reader, obligation_id=secret.obligation_id, what="done", happened_on=DUE, now=LATER
        )
    with one_contract_event("case_opened"):
        api.open_case(actor=reader, obligation_id=secret.obligation_id, grounds="逾期", now=LATER)


def _confidential() -> Person:
    return official("contract_confidential_supervisor", DAOLI, SUPERVISION)


def test_lists_show_what_is_in_reach_and_what_may_be_done(django_assert_max_num_queries: Any) -> None:
    contract = contract_row(secrecy="internal")
    secret = owed_obligation(due_on=date(2026, 11, 20), contract=contract)
    late = [late_obligation() for _ in range(5)]
    case = open_case()
    supervisor, elsewhere = unit().supervisor.actor(), WHO["elsewhere"]()
    with django_assert_max_num_queries(6):
        page = api.late_obligations(actor=supervisor, now=NOW)
    assert page.total == 6 and secret.pk not in {row.id for row in page.rows}
    may = {row.id: row.may for row in page.rows}
    assert may[late[0].pk] == {"issue_notice"} and may[case.obligation_id] == {"transfer"}
    assert api.late_obligations(actor=supervisor, level="none", now=NOW).total == 5
    assert api.late_obligations(actor=supervisor, text="housing", now=NOW).total == 6
    assert api.late_obligations(actor=elsewhere, now=NOW).total == 0
    own = api.late_obligations(actor=unit().head.actor(), now=NOW)
    assert own.total == 7 and not any(row.may for row in own.rows)
    for read in (api.supervision_notices, api.supervision_cases):
        with django_assert_max_num_queries(3):
            assert read(actor=supervisor, now=NOW).total == 1
        assert read(actor=elsewhere, now=NOW).total == 0
        assert read(actor=supervisor, now=NOW, text="政合").total == 1
    assert api.transfers(actor=supervisor, now=NOW).total == 0
    assert api.cancellations(actor=supervisor, now=NOW).total == 0
    assert api.transfers(actor=supervisor, received=True, now=NOW).total == 0
    with pytest.raises(NotAllowed):
        api.late_obligations(actor=WHO["enterprise"](), now=NOW)
