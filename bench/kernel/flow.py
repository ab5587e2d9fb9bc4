"""Cases and tasks: how many a second, and what lists cost among many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from time import perf_counter
from typing import Any

from django.db import connection, transaction

from bench.kernel import Figure, _flow_definitions

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DAOLI = "230102"

STEPS = """
code: bench
name: 测量流程
name_en: Flow for measuring
case: {term: {working_days: 15}, ladder: case}
lanes:
  - {code: window, name: 窗口, name_en: Window}
  - {code: bureau, name: 业务部门, name_en: Bureau}
steps:
  - {id: accept, name: 受理, name_en: Accept, who: {role: window_official, agency: window}, term: {working_days: 2}, ladder: standard}
  - parallel:
      - - {id: verify, name: 核实, name_en: Verify, who: {role: department_official, agency: bureau}, term: {working_days: 5}, ladder: standard}
      - - {id: visit, name: 踏勘, name_en: Visit, who: {role: department_official, agency: bureau}, term: {working_days: 3}, ladder: standard}
  - {id: decide, name: 决定, name_en: Decide, who: {role: department_official, agency: bureau}, term: {working_days: 2}, ladder: standard}
"""  # noqa: E501


def measure(quick: bool) -> Iterator[Figure]:
    """Whole cases one after the other; then lists over many open tasks."""
    from yingshang.kernel.access.api import system_actor
    from yingshang.kernel.flow import api as flow

    yield from _flow_definitions.figures(quick)
    system = system_actor("bench")
    who, agencies = _arrange(system)
    flow.register_subject("bench", handler=lambda event: None)

    number, wholes = (20, 5) if quick else (300, 100)
    started = perf_counter()
    cases = [_start(system, agencies, index) for index in range(number)]
    yield Figure(
        "cases started a second",
        number / (perf_counter() - started),
        "1/s",
        note="two clocks, a task, events",
    )

    tasks = flow.tasks(actor=who, now=NOW, step="accept", per_page=number).rows
    started = perf_counter()
    for task in tasks[:wholes]:
        flow.complete_task(actor=who, task_id=task.id, outcome=_first(task), now=NOW)
    yield Figure(
        "steps completed a second",
        wholes / (perf_counter() - started),
        "1/s",
        note="two parallel steps begin, four clocks",
    )

    many = 2_000 if quick else 200_000
    _multiply(many)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for what, act in _reads(flow, who, cases[0].id):
        yield Figure(f"{what}, {many:,} open tasks", _best(act) * 1000, "ms")


def _reads(flow: Any, who: Any, case_id: int) -> list[tuple[str, Callable[[], Any]]]:
    return [
        ("first page of my work", lambda: flow.tasks(actor=who, now=NOW, mine=True, claimable=True)),
        ("what is due next", lambda: flow.due_tasks(actor=who, now=NOW)),
        ("how much waits", lambda: flow.task_counts(actor=who, now=NOW)),
        ("one case with everything in it", lambda: flow.get_case(actor=who, case_id=case_id, now=NOW)),
        ("first page of all cases of a city", lambda: flow.cases(actor=who, now=NOW)),
    ]


def _best(act: Callable[[], Any], times: int = 5) -> float:
    taken = []
    for _ in range(times):
        started = perf_counter()
        act()
        taken.append(perf_counter() - started)
    return min(taken)


def _first(task: Any) -> str:
    return task.outcomes[0].code if task.outcomes else ""


def _arrange(system: Any) -> tuple[Any, dict[str, int]]:
    """A region, two agencies, somebody who works in both, a published definition."""
    from yingshang.kernel.access.api import actor_of, appoint, create_user, load_roles
    from yingshang.kernel.access.models import User
    from yingshang.kernel.clock.api import load_defaults
    from yingshang.kernel.flow.api import publish_version, save_draft
    from yingshang.kernel.parties.api import add_agency, load_reference_data

    load_roles(actor=system, now=NOW)
    load_reference_data(actor=system, now=NOW)
    load_defaults(actor=system, region_path="", now=NOW)
    window = add_agency(
        actor=system, code="bench-window", name="测量窗口", kind="service-center", region=DAOLI, now=NOW
    )
    bureau = add_agency(actor=system, code="bench-bureau", name="测量部门", kind="tax", region=DAOLI, now=NOW)
    user_id = create_user(
        actor=system,
        username="bench",
        name="测量",
        password="only-for-measuring-9",
        agency_id=window,
        now=NOW,
    )
    for role, agency in (("window_official", window), ("department_official", bureau)):
        appoint(
            actor=system, user_id=user_id, role=role, agency_id=agency, valid_from=date(2020, 1, 1), now=NOW
        )
    save_draft(actor=system, code="bench", steps=STEPS, region_path="", now=NOW)
    publish_version(actor=system, code="bench", now=NOW)
    return actor_of(User.objects.get(pk=user_id), today=NOW.date()), {"window": window, "bureau": bureau}


def _start(system: Any, agencies: dict[str, int], number: int) -> Any:
    from yingshang.kernel.flow.api import Subject, start_case

    return start_case(
        actor=system, definition="bench", subject=Subject("bench", str(number), f"测量{number}"), party_id=None,
        region_code=DAOLI, agencies=agencies, data={}, now=NOW,
    )  # fmt: skip


def _multiply(number: int) -> None:
    """Many open cases of other agencies' regions and the same, copied from one."""
    from yingshang.kernel.access.api import system_actor
    from yingshang.kernel.ledger.api import Target, record

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO flow_case (version_id, definition_code, name, name_en, subject_kind, subject_id, subject_title,
                party_id, region_code, region_path, agencies, data, position, state, outcome, reason, deadline_id,
                started_by, started_at)
            SELECT version_id, definition_code, name, name_en, subject_kind, 'copy' || n, subject_title, party_id,
                region_code, region_path, agencies, data, position, 'running', '', '', deadline_id, started_by,
                started_at
            FROM (SELECT * FROM flow_case ORDER BY id DESC LIMIT 1) AS one, generate_series(1, %s) AS n
            """,
            [number],
        )
        cursor.execute(
            """
            INSERT INTO flow_task (case_id, kind, token, step, name, name_en, state, agency_id, region_path, role,
                apart_from, delegated_by, deadline_id, ready_at, ended_by, ended_by_name, outcome, outcome_name,
                outcome_name_en, opinion, question)
            SELECT flow_case.id, 'step', 'accept.1', 'accept', t.name, t.name_en, 'ready', t.agency_id, t.region_path,
                CASE WHEN flow_case.id % 100 = 0 THEN t.role ELSE 'other' END, '{}', '', t.deadline_id, t.ready_at, '',
                '', '', '', '', '', ''
            FROM flow_case, (SELECT * FROM flow_task WHERE state = 'ready' AND step = 'accept' LIMIT 1) AS t
            WHERE flow_case.subject_id LIKE 'copy%'
            """
        )
        record(actor=system_actor("bench"), action="bench.copied", target=Target("bench", "1"), now=NOW)
