"""Numbers of notices under eight threads; a sweeper that is killed between batches; many notices set once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from tests.areas.contracts.factories import unit
from tests.areas.contracts.ladder.situations import NOW, SYSTEM, days_later, fresh, late_obligation
from tests.kernel.access.factories import arranged
from yingshang.areas.contracts import api
from yingshang.areas.contracts.ladder import rungs
from yingshang.areas.contracts.models import SupervisionNotice
from yingshang.kernel.clock.api import sweep
from yingshang.kernel.ledger.models import AuditEvent

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 8


def test_numbers_have_no_gaps_whoever_issues_at_the_same_time() -> None:
    rows = [late_obligation() for _ in range(TIMES)]
    actors = [(unit().supervisor.actor(), row) for row in rows]
    barrier = Barrier(TIMES)

    def issue(number: int) -> bool:
        actor, row = actors[number]
        barrier.wait()
        try:
            if number % 4 == 3:
                # One that fails gives its number back.
                with pytest.raises(ZeroDivisionError):
                    from django.db import transaction

                    with transaction.atomic():
                        api.issue_notice(actor=actor, obligation_id=row.pk, demand="请付款。", now=NOW)
                        raise ZeroDivisionError
                return False
            api.issue_notice(actor=actor, obligation_id=row.pk, demand="请付款。", now=NOW)
            return True
        finally:
            connections.close_all()

    with ThreadPoolExecutor(TIMES) as pool:
        issued = sum(pool.map(issue, range(TIMES)))
    numbers = SupervisionNotice.objects.values_list("number", flat=True)
    taken = sorted(int(each.partition("〕")[2].removesuffix("号")) for each in numbers)
    assert issued == TIMES - 2 and taken == list(range(1, issued + 1))


def test_a_sweeper_that_is_killed_leaves_nothing_half_and_does_nothing_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [late_obligation() for _ in range(6)]
    issue = rungs.issue_many

    class Killed(BaseException):
        pass

    def killed(obligations, **more):  # type: ignore[no-untyped-def]
        issue(obligations, **more)
        raise Killed

    monkeypatch.setattr(rungs, "issue_many", killed)
    with pytest.raises(Killed):
        sweep(actor=SYSTEM, now=NOW, batch=3)
    assert not SupervisionNotice.objects.exists()
    monkeypatch.setattr(rungs, "issue_many", issue)
    sweep(actor=SYSTEM, now=NOW, batch=3)
    sweep(actor=SYSTEM, now=NOW, batch=3)
    assert SupervisionNotice.objects.count() == len(rows)
    for row in rows:
        events = AuditEvent.objects.filter(target_id=str(row.pk), action__startswith="contracts.")
        assert sorted(events.values_list("action", flat=True)) == [
            "contracts.escalated",
            "contracts.escalated",
            "contracts.notice_issued",
        ]
        assert fresh(row).escalation == "notice"
    with arranged():
        from yingshang.areas.contracts.ladder.documents import set_waiting

        first = list(SupervisionNotice.objects.order_by("pk").values_list("pk", flat=True))[:2]
        assert set_waiting(actor=SYSTEM, now=days_later(1), only=first) == 2
        assert set_waiting(actor=SYSTEM, now=days_later(1), only=first) == 0
