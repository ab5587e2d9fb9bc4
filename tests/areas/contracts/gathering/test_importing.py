"""Batches: taken in once, recognised, with every mistake told; cut off, they go on; killed, nothing is there twice."""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import count
from types import SimpleNamespace

import pytest
from django.core.files.base import ContentFile
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.areas.contracts.factories import UNIT, supplier, unit
from tests.areas.contracts.gathering.tables import PAYS, RETURNS, ROW, csv_of, many
from tests.areas.contracts.gathering.test_ocds import SHAPES, package, read_one
from tests.kernel.access.factories import (
    DAOLI,
    NANGANG,
    Person,
    agency,
    arranged,
    no_event,
    official,
    one_event,
)
from yingshang.areas.contracts.errors import InvalidImport, StepNotFound
from yingshang.areas.contracts.gathering import taking
from yingshang.areas.contracts.gathering.actions.gather import gather_contracts, gather_package
from yingshang.areas.contracts.gathering.actions.request_import import request_import, retry_import
from yingshang.areas.contracts.gathering.actions.run_import import run_import
from yingshang.areas.contracts.gathering.exporting import export_package
from yingshang.areas.contracts.gathering.rules import gathering_rules
from yingshang.areas.contracts.gathering.schema import package_mistakes, release_mistakes
from yingshang.areas.contracts.gathering.selectors import import_batch as read_batch
from yingshang.areas.contracts.gathering.selectors import import_batches as batches
from yingshang.areas.contracts.gathering.selectors import rejected_rows as rejects
from yingshang.areas.contracts.models import (
    Contract,
    DueCell,
    ImportBatch,
    Obligation,
    Performance,
    UnitFigures,
)
from yingshang.areas.contracts.registering.actions import register_many
from yingshang.areas.contracts.registering.actions.register_many import (
    register_contracts,
    request_registering,
)
from yingshang.areas.contracts.registering.jobs import register_contracts_job
from yingshang.kernel.access.api import NotAllowed, appoint, system_actor
from yingshang.kernel.jobs.api import get_job
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.models import Message
from yingshang.kernel.parties.models import Party

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
SYSTEM = system_actor("contracts.gathering")
_names = count(1)


def upload(who: Person, rows: list[dict[str, str]], name: str = "") -> int:
    content = ContentFile(csv_of(rows))
    return request_import(actor=who.actor(), file=content, name=name or f"合同{next(_names)}.csv", now=NOW)


def other_side() -> Party:
    """One enterprise a test is about."""
    return Party.objects.order_by("pk").first() or supplier().party


def own(row: dict[str, str], **more: str) -> dict[str, str]:
    party = other_side()
    return {**row, "counterparty_name": party.name, "counterparty_code": party.credit_code or "", **more}


def test_a_table_waits_for_the_units_reviewer_with_its_obligations() -> None:
    people = unit()
    number = upload(people.administrator, [own(ROW), PAYS, RETURNS])
    run_import(actor=people.administrator.actor(), batch_id=number, now=NOW)
    (row,) = Contract.objects.all()
    assert (row.agency, row.party, row.state, row.source) == (
        people.agency,
        other_side(),
        "submitted",
        "table",
    )
    assert (row.registered_by_id, row.obligation_count) == (people.administrator.id, 3)
    due = row.obligations.get(ordinal=1)
    assert (due.due_on, due.state) == (date(2026, 11, 2), "running")
    waits = row.obligations.get(ordinal=2)
    assert (waits.amount_fen, waits.state, waits.event) == (970_000_00, "waiting", "accepted")
    # Nobody has reviewed it: it is in no figure.
    assert not DueCell.objects.exists()
    batch = read_batch(actor=people.administrator.actor(), batch_id=number)
    assert (batch.row.state, batch.row.contract_count, batch.waiting_for_review) == ("done", 1, 1)


def test_a_batch_is_registered_together_each_by_the_rules_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    people = unit()
    with arranged():
        both = official("contract_administrator", DAOLI, UNIT)
        appoint(
            actor=SYSTEM,
            user_id=both.id,
            role="contract_reviewer",
            agency_id=people.agency.pk,
            valid_from=date(2020, 1, 1),
            now=NOW,
        )
    # Numbers that say that there is none make no two the same.
    rows = [
        own(ROW, reference="无", source_reference="无", amount="1"),
        own(ROW, reference="暂无 ", source_reference="/", amount="2"),
        own({**ROW, "obligation": "", "side": "", "what": "", "due_on": ""}, reference="／", amount="3"),
    ]
    number = upload(both, rows)
    run_import(actor=both.actor(), batch_id=number, now=NOW)
    batch = read_batch(actor=people.reviewer.actor(), batch_id=number)
    assert (batch.row.contract_count, batch.row.duplicate_count) == (3, 0)
    assert (batch.to_register, batch.may_mend) == (3, False)
    # Who uploaded them reviews none of them; who registers only, or reviews elsewhere, reaches none.
    none = register_contracts(actor=both.actor(), batch_id=number, now=NOW)
    assert none.registered == 0 and {each.why_zh for each in none.refused} == {
        "这份内容由您登记，请由本单位的另一人审核"
    }
    with pytest.raises(NotAllowed), no_event():
        register_contracts(actor=people.administrator.actor(), batch_id=number, now=NOW)
    elsewhere = official("contract_reviewer", DAOLI, "commerce").actor()
    with no_event():
        assert register_contracts(actor=elsewhere, batch_id=number, now=NOW).registered == 0
    with pytest.raises(StepNotFound):
        read_batch(actor=elsewhere, batch_id=number)
    before = AuditEvent.objects.order_by("-id").values_list("id", flat=True)[0]
    job = request_registering(actor=people.reviewer.actor(), batch_id=number, now=NOW)
    run = SimpleNamespace(job=SimpleNamespace(id=job, attempts=0))
    register_contracts_job.task.func(run, **ProcrastinateJob.objects.get(pk=job).args)
    done = get_job(actor=people.reviewer.actor(), job_id=job)
    assert (done.done, done.total, done.message) == (3, 3, "登记 2，未登记 1")
    registered = list(Contract.objects.filter(state="in_force"))
    assert {each.amount_fen for each in registered} == {100, 200}
    events = AuditEvent.objects.filter(id__gt=before, action__startswith="contracts.")
    assert sorted(events.values_list("action", "target_id")) == sorted(
        ("contracts.registered", str(each.pk)) for each in registered
    )
    told = Message.objects.filter(channel="in_app", template__startswith="contracts.registered")
    assert {(each.recipient_id, each.template) for each in told} == {
        (both.id, "contracts.registered_many"),
        (people.reviewer.id, "contracts.registered_together"),
    }
    outcome = told.get(recipient=people.reviewer.id)
    assert "登记 2 份，未登记 1 份" in outcome.body and "没有登记任何履约义务" in outcome.body
    # Pressed twice, the second finds two of them registered when it is their turn: those are no refusals.
    found = Contract.objects.filter(batch=number).order_by("pk")
    monkeypatch.setattr(register_many, "_waiting", lambda *_: found)
    again = register_contracts(actor=people.reviewer.actor(), batch_id=number, now=NOW)
    assert (again.registered, again.refused_count) == (0, 1)


def test_who_reviews_here_and_registers_elsewhere_mends_no_batch_of_here() -> None:
    people = unit()
    number = upload(people.administrator, [own(ROW)])
    with arranged():
        both = official("contract_reviewer", DAOLI, UNIT)
        appoint(
            actor=SYSTEM,
            user_id=both.id,
            role="contract_administrator",
            agency_id=agency(NANGANG, UNIT).pk,
            valid_from=date(2020, 1, 1),
            now=NOW,
        )
    assert not read_batch(actor=both.actor(), batch_id=number).may_mend
    assert read_batch(actor=people.administrator.actor(), batch_id=number).may_mend


def test_what_the_platform_loads_is_in_force_and_counted() -> None:
    people = unit()
    batch = ImportBatch.objects.create(
        region_path="23",
        source="table",
        name="全量.csv",
        content_hash="",
        started_by_name="系统",
        started_at=NOW,
    )
    from yingshang.areas.contracts.gathering.files import keep_upload

    rows = [own(each, unit=people.agency.code) if "title" in each else each for each in many(3)]
    keep_upload(batch, ContentFile(csv_of(rows)))
    run_import(actor=SYSTEM, batch_id=batch.pk, now=NOW)
    assert set(Contract.objects.values_list("state", flat=True)) == {"in_force"}
    figures = UnitFigures.objects.get(agency=people.agency)
    assert (figures.contract_count, figures.waiting_count) == (3, 3)
    assert sum(DueCell.objects.values_list("open_count", flat=True)) == 3


def test_mistakes_are_told_and_the_right_rows_taken() -> None:
    people = unit()
    with arranged():
        other = agency(DAOLI, "commerce")
        gone = agency(DAOLI, "tax")
        type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    good = own(ROW, reference="1", source_reference="1")
    wrong = {
        "unit": own(ROW, unit=other.code),
        "gone": own(ROW, unit=gone.name),
        "nobody": own(ROW, unit="没有这个单位"),
        "negative": own(ROW, amount="-1"),
        "foreign": own(ROW, currency="USD"),
        "endless": own(ROW, ends_on=""),
        "mistyped": own(ROW, counterparty_name="另一家公司"),
        "secret": own(ROW, secrecy="国家秘密"),
        "later": own(ROW, signed_on="2027-01-01", starts_on=""),
        "no amount": {**own(ROW), "due_amount": "5"},
    }
    numbered = [
        {**each, "reference": f"w{place}", "source_reference": ""}
        for place, each in enumerate(wrong.values())
    ]
    number = upload(people.administrator, [good, *numbered])
    run_import(actor=people.administrator.actor(), batch_id=number, now=NOW)
    batch = read_batch(actor=people.administrator.actor(), batch_id=number)
    assert (batch.row.row_count, batch.row.contract_count, Contract.objects.count()) == (11, 1, 1)
    told = {each.row: each for each in reversed(batch.problems)}
    assert set(told) == set(range(3, 13))
    columns = [told[place].column for place in range(3, 13)]
    assert columns == [
        "承办单位",
        "承办单位",
        "承办单位",
        "合同金额（元）",
        "币种",
        "终止日期",
        "相对方名称",
        "密级",
        "签订日期",
        "义务内容",
    ]
    # A closed unit within reach would be told so; beyond it, that it is beyond.
    assert "登记范围" in told[4].message_zh
    lines = list(
        csv.reader(
            io.StringIO(
                b"".join(rejects(actor=people.administrator.actor(), batch_id=number)).decode("utf-8-sig")
            )
        )
    )
    assert len(lines) == 11
    # Mended and uploaded again they are read: columns of the template stand there under their names.
    assert lines[0][3:] == [each.name for each in gathering_rules().columns]


def test_a_unit_that_no_longer_exists_is_told() -> None:
    people = unit()
    place = people.agency
    with arranged():
        type(place).objects.filter(pk=place.pk).update(is_active=False)
    done = gather_contracts(actor=SYSTEM, contracts=[_incoming(place.code)], name="系统", now=NOW)
    assert done.numbers == (None,)
    assert "已撤销" in done.problems[0].message_zh
    with pytest.raises(NotAllowed):
        upload(people.administrator, [own(ROW)])


def _incoming(unit_code: str):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    party = other_side()
    found = read_one(package("milestones", party.credit_code or "", party.name))
    return replace(found, unit=unit_code)


def test_the_same_again_does_nothing_twice() -> None:
    people = unit()
    rows = [own(each) if "title" in each else each for each in many(3)]
    first = upload(people.administrator, rows)
    assert upload(people.administrator, rows) == first
    run_import(actor=people.administrator.actor(), batch_id=first, now=NOW)
    run_import(actor=people.administrator.actor(), batch_id=first, now=NOW)
    assert Contract.objects.count() == 3
    # In another file, once by the number of the source, once by that of the contract, once by what they are.
    again = [
        {**rows[0], "reference": "", "amount": "77"},
        {**rows[2], "source_reference": ""},
        {**rows[4], "source_reference": "", "reference": ""},
        {**rows[4], "source_reference": "", "reference": "另一号"},
        {**rows[4], "source_reference": "", "reference": "另一号"},
    ]
    second = upload(people.administrator, again)
    run_import(actor=people.administrator.actor(), batch_id=second, now=NOW)
    batch = read_batch(actor=people.administrator.actor(), batch_id=second)
    assert (batch.row.contract_count, batch.row.duplicate_count, batch.row.problem_count) == (1, 4, 0)
    # Told apart by its number: whoever reviews it is not asked again.
    new = Contract.objects.get(reference="另一号")
    assert new.not_same_as == [Contract.objects.get(reference="合〔2026〕2号").number]


@contextmanager
def _killed_at(monkeypatch: pytest.MonkeyPatch, piece: int):  # type: ignore[no-untyped-def]
    """The process dies at the end of some thousand, before its transaction has ended."""
    calls = count(1)
    real = taking.keep_rejects

    def die(*arguments, **named):  # type: ignore[no-untyped-def]
        real(*arguments, **named)
        if next(calls) == piece:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(taking, "keep_rejects", die)
        yield


@pytest.mark.django_db(transaction=True)
def test_killed_it_goes_on_where_it_was_and_nothing_is_there_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    people = unit()
    rows = [own(each) if "title" in each else each for each in many(7)]
    rows[4]["amount"] = "-1"
    number = upload(people.administrator, rows)
    rules = gathering_rules()
    monkeypatch.setattr(
        "yingshang.areas.contracts.gathering.actions.run_import.gathering_rules", lambda: _smaller(rules)
    )
    with _killed_at(monkeypatch, 2), pytest.raises(KeyboardInterrupt):
        run_import(actor=people.administrator.actor(), batch_id=number, now=NOW)
    batch = ImportBatch.objects.get(pk=number)
    assert (batch.state, batch.done_count, Contract.objects.count()) == ("running", 2, 2)
    run_import(actor=people.administrator.actor(), batch_id=number, now=NOW)
    batch.refresh_from_db()
    assert (batch.state, batch.done_count, batch.contract_count, batch.problem_count) == ("done", 7, 6, 1)
    assert (Contract.objects.count(), Obligation.objects.count()) == (6, 12)
    assert (
        len(b"".join(rejects(actor=people.administrator.actor(), batch_id=number)).decode().splitlines()) == 3
    )


def _smaller(rules):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    return replace(rules, at_once=2)


def test_a_file_that_cannot_be_read_fails_and_may_be_tried_again() -> None:
    people = unit()
    file = ContentFile("甲,乙\n".encode())
    number = request_import(actor=people.administrator.actor(), file=file, name="坏.csv", now=NOW)
    with pytest.raises(InvalidImport):
        run_import(actor=people.administrator.actor(), batch_id=number, now=NOW)
    batch = read_batch(actor=people.administrator.actor(), batch_id=number).row
    assert (batch.state, "表头" in batch.failure, "header" in batch.failure_en) == ("failed", True, True)
    retry_import(actor=people.administrator.actor(), batch_id=number, now=NOW)
    assert read_batch(actor=people.administrator.actor(), batch_id=number).row.state == "waiting"


def test_one_event_of_each_step_and_none_where_it_is_refused() -> None:
    people = unit()
    with one_event("contracts.import_requested"):
        number = upload(people.administrator, [own(ROW)])
    with no_event(), pytest.raises(InvalidImport):
        request_import(actor=people.administrator.actor(), file=ContentFile(b"x"), name="a.doc", now=NOW)
    for who in (people.reviewer, people.head, people.supervisor, people.leader, supplier().who):
        with no_event(), pytest.raises(NotAllowed):
            upload(who, [own(ROW)])
    with pytest.raises(StepNotFound):
        read_batch(actor=people.administrator.actor(), batch_id=number + 1)
    assert batches(actor=people.administrator.actor()).total == 1


@pytest.mark.parametrize("shape", SHAPES)
def test_packages_come_in_and_go_out_whole(shape: str, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    people, party = unit(), other_side()
    with arranged():
        type(people.agency).objects.filter(pk=people.agency.pk).update(name="道里区住房和城乡建设局")
    given = package(shape, party.credit_code or "", party.name)
    first = read_one(given)
    with one_event("contracts.gathered"):
        done = gather_package(actor=SYSTEM, package=given, name="某平台", now=NOW)
    assert (done.contract_count, done.problems) == (1, ())
    again = gather_package(actor=SYSTEM, package=given, name="某平台", now=NOW)
    assert (again.contract_count, again.duplicate_count, again.numbers) == (0, 1, done.numbers)
    row = Contract.objects.get()
    assert (row.party, row.agency, row.state, row.ocid) == (party, people.agency, "in_force", first.ocid)
    assert Performance.objects.filter(state="valid").count() == len(first.performances)
    reader = people.administrator.actor()
    with django_assert_max_num_queries(4):
        exported, more = export_package(actor=reader, uri="https://example.org/x", now=NOW)
    assert more is None
    assert package_mistakes(exported) == ()
    (release,) = exported["releases"]
    assert release_mistakes(release) == ()
    back = read_one(exported)
    assert back.fields == first.fields
    assert [(each.rule, each.what, each.happened_on, each.amount_fen) for each in back.performances] == [
        (
            each.rule,
            each.what,
            each.happened_on,
            each.amount_fen,
        )
        for each in first.performances
    ]
    assert [{**each, "source": ""} for each in back.rules] == [{**each, "source": ""} for each in first.rules]


def test_what_is_not_open_or_not_reviewed_is_not_given_out() -> None:
    people = unit()
    upload(people.administrator, [own(ROW)])
    run_import(actor=people.administrator.actor(), batch_id=ImportBatch.objects.get().pk, now=NOW)
    package_, _ = export_package(actor=people.leader.actor(), uri="https://example.org/x", now=NOW)
    assert package_["releases"] == []
    with arranged():
        Contract.objects.update(state="in_force", secrecy="commercial")
    package_, _ = export_package(actor=people.administrator.actor(), uri="https://example.org/x", now=NOW)
    assert package_["releases"] == []
    with pytest.raises(NotAllowed):
        export_package(actor=supplier().who.actor(), uri="https://example.org/x", now=NOW)


def test_a_thousand_are_taken_in_by_a_bounded_number_of_statements(django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    people = unit()
    rows = [own(each) if "title" in each else each for each in many(60)]
    number = upload(people.administrator, rows)
    with django_assert_max_num_queries(40):
        run_import(actor=people.administrator.actor(), batch_id=number, now=NOW)
    assert Contract.objects.count() == 60
