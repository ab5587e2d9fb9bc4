"""Automatic claims of one item from the stored matches to the files for the bank, and the page of the list meanwhile.

    python -m bench.areas claims [--quick]         (BENCH_CLAIMS=20000 python -m bench.areas claims --quick: so many)

Every step is the platform's own: the list is drawn up and frozen, approved and offered with the budget kept, taken for
granted where the enterprise has a standing account (all of them here), put before the public, cleared, ordered in
batches that a second person checks, and written as pain.001. Nobody here has an account on the platform to be told.

Where the machine has other work the clock says little: the seconds of processors are given as well, those of this
process and those of its connection in the server.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from bench.areas import Figure
from bench.areas._server import server_processor

REGION, CODE = "230102", "BENCH-JOBS"
AIM, PAGE_AIM = "< 900 s", "< 0.3 s"
# 500,000 of them within 900 seconds: what runs here and what runs in the server wait for each other.
PROCESSOR_AIM = "< 1.8 ms"
PROGRESS_SECONDS = 15

_ITEM = f"""id: {CODE}
name: 吸纳就业补贴（测量）
summary: 参保人数不少于10人的企业，每人1000元，最高2万元。
issuer: 哈尔滨市人力资源和社会保障局
region: "{REGION}"
kind: 补贴
delivery: automatic
effective: {{from: 2020-01-01, to: 2035-12-31}}
conditions:
  - {{id: insured, text: 参保人数不少于10人, clause: 一、, when: 参保人数 >= 10}}
benefit:
  text: 每人1000元，最高2万元
  amount: 1000 * 参保人数
  caps: [{{amount: 2, unit: 万元}}]
"""


def measure(quick: bool) -> Iterator[Figure]:
    """On an empty, migrated database."""
    from django.utils import timezone

    count = int(os.environ.get("BENCH_CLAIMS") or (50_000 if quick else 500_000))
    now = timezone.now()
    fund_id, page_user = _arrange(count, now)
    peak = _memory()
    steps = _Steps(count)
    with TemporaryDirectory(prefix="bench-") as folder, _page_watched(page_user, Path(folder)) as seconds:
        yield from steps.run(fund_id, now, Path(folder))
        (Path(folder) / "stop").touch()
        pages = seconds()
    yield Figure(
        f"{count:,} automatic claims, from the stored matches to the files for the bank",
        sum(steps.seconds.values()),
        "s",
        AIM,
        note="drawn up, approved, offered, confirmed, published, cleared, ordered, checked, written",
    )
    yield Figure("processors for a claim, all steps", steps.processor * 1000 / count, "ms", PROCESSOR_AIM)
    yield Figure(
        "memory of the process at most",
        _memory() / 1e6,
        "MB",
        note=f"{peak / 1e6:,.0f} MB before it began, {steps.after_first / 1e6:,.0f} MB after the first tenth of them",
    )
    if pages:
        pages.sort()
        yield Figure(f"the page of the list meanwhile, median of {len(pages)}", median(pages), "s", PAGE_AIM)
        yield Figure("the same, 95 of 100", pages[int(len(pages) * 0.95)], "s", PAGE_AIM)


class _Steps:
    """Each step with its seconds: by the clock, and of processors."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.seconds: dict[str, float] = {}
        self.processor = 0.0
        self.after_first = 0
        self.done = ""

    def run(self, fund_id: int, now: datetime, folder: Path) -> Iterator[Figure]:
        """Everything in its order, on the days on which it would happen."""
        from yingshang.areas.claims.api import approve_list, draw_up_list, publish_awards
        from yingshang.areas.claims.automatic.drawing import draw_up
        from yingshang.areas.claims.automatic.ending import end_offers
        from yingshang.areas.claims.automatic.offering import offer_list
        from yingshang.areas.claims.models import Claim, EntitlementList
        from yingshang.areas.claims.publicity.clearing import clear_published
        from yingshang.areas.claims.publicity.filling import fill_publicity
        from yingshang.kernel.access.api import system_actor

        maker, checker = system_actor("bench-maker"), system_actor("bench-checker")
        list_id = draw_up_list(actor=maker, code=CODE, now=now)

        def drawn(done: int, total: int) -> None:
            self.tell(done, total)
            if not self.after_first and done * 10 >= total:
                self.after_first = _memory()

        yield self._timed(
            "drawn up and frozen", lambda: draw_up(actor=maker, list_id=list_id, now=now, progress=drawn)
        )
        row = EntitlementList.objects.get(pk=list_id)
        assert row.total == self.count, row.total
        (folder / "list").write_text(str(list_id))

        def offered() -> None:
            approve_list(actor=checker, list_id=list_id, digest=row.digest, now=now)
            offer_list(actor=checker, list_id=list_id, now=now, progress=self.tell)

        yield self._timed("approved and offered, the budget kept", offered)
        later = now + timedelta(days=40)
        yield self._timed("taken for granted", lambda: end_offers(actor=maker, now=later))

        def published() -> None:
            number = publish_awards(actor=maker, code=CODE, now=later)
            fill_publicity(actor=maker, publicity_id=number, now=later, progress=self.tell)

        yield self._timed("put before the public", published)
        paid_on = later + timedelta(days=20)
        yield self._timed("cleared", lambda: clear_published(actor=maker, now=paid_on))
        assert Claim.objects.filter(state="payable").count() == self.count
        batches: list[int] = []
        yield self._timed(
            "ordered in batches and checked by another",
            lambda: batches.extend(_ordered(fund_id, paid_on, self.tell)),
        )
        yield self._timed("written as pain.001", lambda: _written(batches, folder))

    def tell(self, done: int, total: int | None) -> None:
        """How far the step has come, for whoever waits for it."""
        self.done = f"{done:,}" if total is None else f"{done:,} of {total:,}"

    def _timed(self, what: str, work: Callable[[], Any]) -> Figure:
        self.done = ""
        began, ours, theirs = time.perf_counter(), time.process_time(), server_processor()
        with self._told_of(what, began):
            work()
        self.seconds[what] = time.perf_counter() - began
        ours, theirs = time.process_time() - ours, server_processor() - theirs
        self.processor += ours + theirs
        return Figure(
            f"{self.count:,} {what}",
            self.seconds[what],
            "s",
            note=f"processors: {ours:,.1f} s here, {theirs:,.1f} s in the server",
        )

    @contextmanager
    def _told_of(self, what: str, began: float) -> Iterator[None]:
        """Prints every now and then how far a step has come, and what this process holds."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(PROGRESS_SECONDS):
                seconds = time.perf_counter() - began
                print(
                    f"    … {what}: {self.done or 'at work'}, {seconds:,.0f} s, {_memory() / 1e6:,.0f} MB",
                    flush=True,
                )

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()


def _ordered(fund_id: int, now: datetime, tell: Callable[[int, int | None], None]) -> Iterator[int]:
    from yingshang.areas.claims.api import NothingToPay, check_batch, prepare_batch
    from yingshang.areas.claims.models import PaymentBatch
    from yingshang.kernel.access.api import system_actor

    done = 0
    while True:
        try:
            number = prepare_batch(actor=system_actor("bench-treasurer"), fund_id=fund_id, now=now)
        except NothingToPay:
            return
        batch = PaymentBatch.objects.get(pk=number)
        check_batch(actor=system_actor("bench-second"), batch_id=number, digest=batch.digest, now=now)
        done += batch.orders_count
        tell(done, None)
        yield number


def _written(batches: list[int], folder: Path) -> None:
    """Each batch as a file, a payment at a time."""
    from yingshang.areas.claims.banking.pain001 import write_pain001
    from yingshang.areas.claims.banking.values import Bank, BatchHead, PaymentInstruction
    from yingshang.areas.claims.models import PaymentBatch, PaymentOrder

    for number in batches:
        batch = PaymentBatch.objects.select_related("fund").get(pk=number)
        orders = PaymentOrder.objects.filter(batch=batch).select_related("account").order_by("pk")
        head = BatchHead(
            message_id=batch.message_id,
            created=batch.made_at,
            requested_execution_date=batch.execute_on,
            debtor_name=batch.fund.payer_name,
            debtor_account=batch.fund.payer_account,
            debtor_bank=Bank(name=batch.fund.payer_bank_name, cnaps=batch.fund.payer_bank_code),
            number=batch.orders_count,
            sum_fen=batch.amount_fen,
        )
        with (folder / f"{batch.message_id}.xml").open("wb") as file:
            write_pain001(
                file,
                head,
                (
                    PaymentInstruction(
                        end_to_end_id=each.end_to_end_id,
                        amount_fen=each.amount_fen,
                        creditor_name=each.account.name,
                        creditor_account=each.account.number,
                        creditor_bank=Bank(name=each.account.bank_name, cnaps=each.account.bank_code),
                    )
                    for each in orders.iterator(chunk_size=2000)
                ),
            )
        (folder / f"{batch.message_id}.xml").unlink()


@contextmanager
def _page_watched(user_id: int, folder: Path) -> Iterator[Callable[[], list[float]]]:
    """Another process looks at the list again and again; the seconds of each look."""
    found: list[float] = []
    watcher = subprocess.Popen(
        [sys.executable, "-m", "bench.areas._list_page", str(user_id), str(folder)],
        stdout=subprocess.PIPE,
        env={**os.environ, "LOG_LEVEL": "WARNING"},
        text=True,
    )

    def seconds() -> list[float]:
        told, _ = watcher.communicate(timeout=120)
        found.extend(float(each) for each in told.split())
        return found

    try:
        yield seconds
    finally:
        (folder / "stop").touch()
        if watcher.poll() is None:
            watcher.terminate()
            watcher.wait()


def _memory() -> int:
    """The most this process has held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


# --- what is there before ---------------------------------------------------------------------------------------------


def _arrange(count: int, now: datetime) -> tuple[int, int]:
    """Enterprises with facts, matched, each with a standing account; the item with its fund. (fund, official)"""
    from django.db import transaction

    from yingshang.areas.claims.api import Terms, create_fund, set_budget, set_terms
    from yingshang.areas.policies.api import create_item, publish_item, rematch_parties
    from yingshang.areas.policies.models import ItemVersion, Review
    from yingshang.kernel.access.api import appoint, create_user, load_roles, system_actor
    from yingshang.kernel.clock.api import load_defaults
    from yingshang.kernel.ledger.api import Target, record
    from yingshang.kernel.parties.api import load_reference_data
    from yingshang.kernel.parties.models import Agency, Region

    actor = system_actor("bench")
    load_reference_data(actor=actor, now=now, agency_regions=())
    load_roles(actor=actor, now=now)
    load_defaults(actor=actor, region_path="23", now=now)
    with transaction.atomic():
        agency = Agency.objects.create(
            code="bench", name="测量单位", kind="department", region=Region.objects.get(pk=REGION)
        )
        create_item(actor=actor, source=_ITEM, now=now)
        ItemVersion.objects.filter(item__code=CODE).update(state="approved", approved_at=now)
        version = ItemVersion.objects.get(item__code=CODE)
        Review.objects.create(
            version=version,
            agency=agency,
            state="passed",
            submitted_at=now,
            submitted_by_name="bench",
            ended_at=now,
            digest=version.digest,
        )
        publish_item(actor=actor, code=CODE, now=now)
        record(actor=actor, action="bench.arranged", target=Target("bench", "1"), now=now)
    _enterprises(count, now)
    for begin in range(0, count + 1, 16_384):
        rematch_parties(actor=actor, parties=range(begin or 1, min(begin + 16_384, count + 1)), now=now)
    fund_id = create_fund(
        actor=actor,
        code="BENCH",
        name="测量资金",
        agency_id=agency.pk,
        region_path=REGION,
        channel="bench",
        payer_name="测量财政",
        payer_account="6222000000000001",
        payer_bank_name="测量银行",
        payer_bank_code="102261000011",
        demonstration=True,
        now=now,
    )
    for year in {now.year, (now + timedelta(days=60)).year}:
        set_budget(
            actor=actor,
            fund_id=fund_id,
            year=year,
            level="county",
            amount_fen=count * 2_000_000,
            reason="测量",
            now=now,
        )
    set_terms(
        actor=actor,
        code=CODE,
        terms=Terms(
            agency_id=agency.pk,
            mode="automatic",
            fund_id=fund_id,
            publicity_working_days=5,
            consent_working_days=5,
        ),
        now=now,
    )
    user = create_user(
        actor=actor,
        username="bench",
        name="测量",
        password="correct-horse-battery",
        agency_id=agency.pk,
        now=now,
    )
    appoint(
        actor=actor,
        user_id=user,
        role="department_official",
        agency_id=agency.pk,
        valid_from=now.date(),
        now=now,
    )
    return fund_id, user


def _enterprises(count: int, now: datetime) -> None:
    from django.db import connection, transaction

    from yingshang.areas.claims.models import PayeeAccount
    from yingshang.kernel.access.api import lookup_hash, system_actor
    from yingshang.kernel.ledger.api import Target, record

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO parties_party (id, kind, credit_code, identity_number, name, name_key, region_id, industry,"
            " status, size, contact_email, contact_phone, demonstration, created_at, updated_at)"
            " SELECT n, 'enterprise', '91' || %s || lpad(n::text, 10, '0'), '', '测量企业' || n, '', %s, '', '存续',"
            " '', '', '', true, %s, %s FROM generate_series(1, %s) AS n",
            [REGION, REGION, now, now, count],
        )
        told = (
            "jsonb_build_object('人社局', jsonb_build_object('emp.insured_count', (10 + n %% 15)::text),"
            " '市场监管局', jsonb_build_object('ent.status', '存续', 'ent.region', %s::text,"
            " 'ent.registered_capital', (n %% 9000000)::text))"
        )
        cursor.execute(
            "INSERT INTO parties_factrecord (party_id, as_of, received_at, values)"
            f" SELECT n, %s, %s, {told} FROM generate_series(1, %s) AS n",
            [now.date(), now, REGION, count],
        )
        cursor.execute(
            "INSERT INTO parties_portrait (party_id, values, as_of, revision)"
            " SELECT n, jsonb_build_object('emp.insured_count', (10 + n %% 15)::text, 'ent.status', '存续',"
            " 'ent.region', %s::text, 'ent.registered_capital', (n %% 9000000)::text), %s, 1"
            " FROM generate_series(1, %s) AS n",
            [REGION, now.date(), count],
        )
        for begin in range(1, count + 1, 5000):
            PayeeAccount.objects.bulk_create(
                PayeeAccount(
                    party_id=number,
                    name=f"测量企业{number}",
                    number=f"6217{number:014d}",
                    number_hash=lookup_hash(f"bank:6217{number:014d}"),
                    number_tail=f"{number:04d}"[-4:],
                    bank_name="测量银行",
                    bank_code="102261000011",
                    standing=True,
                    added_at=now,
                    added_by_name="bench",
                )
                for number in range(begin, min(begin + 5000, count + 1))
            )
        record(actor=system_actor("bench"), action="bench.arranged", target=Target("bench", "2"), now=now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
