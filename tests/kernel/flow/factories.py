"""Situations of cases: one that waits to be accepted, one returned to its applicant, one in consultation, one in parallel.

Everything is arranged through the rooms' own actions, so every row has its event and the guards stay on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from tests.kept import kept
from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NANGANG,
    NOW,
    SYSTEM,
    Person,
    agency,
    arranged,
    clerk_of,
    enterprise,
    official,
)
from yingshang.kernel.clock import api as clock
from yingshang.kernel.flow import subjects
from yingshang.kernel.flow.api import (
    CaseEvent,
    CaseView,
    Subject,
    TaskView,
    Term,
    complete_task,
    consult,
    register_subject,
    return_case,
    start_case,
)
from yingshang.kernel.flow.case_reads import task_views
from yingshang.kernel.flow.definitions import compile_bpmn, compose_bpmn, parse_steps
from yingshang.kernel.flow.models import Case, Definition, DefinitionVersion, Task
from yingshang.kernel.ledger.models import AuditEvent

SUBJECT = "test"
SERVICE, MARKET, TAX = "government_service_center", "market_supervision", "tax"
LATER = NOW + timedelta(hours=3)

STEPS = """
code: {code}
name: 演示流程
name_en: Sample flow
case: {{term: {{working_days: 15}}, ladder: case}}
facts: [amount]
lanes:
  - {{code: window, name: 窗口, name_en: Window}}
  - {{code: bureau, name: 业务部门, name_en: Bureau}}
steps:
  - id: accept
    name: 受理
    name_en: Accept
    who: {{role: window_official, agency: window}}
    term: {{working_days: 2}}
    ladder: standard
    allow: [return, deficiency, commitment, consult, delegate, reject]
    outcomes:
      - {{code: accepted, name: 受理, name_en: Accepted}}
      - {{code: refused, name: 不予受理, name_en: Refused, ends: true}}
  - parallel:
      - - id: verify
          name: 核实
          name_en: Verify
          who: {{role: department_official, agency: bureau}}
          term: {{working_days: 5}}
          ladder: standard
          allow: [return, consult, delegate]
          outcomes:
            - {{code: upheld, name: 属实, name_en: Upheld}}
            - {{code: rejected, name: 不属实, name_en: Not upheld}}
      - - id: visit
          name: 踏勘
          name_en: Visit
          who: {{role: department_official, agency: bureau}}
          term: {{working_days: 3}}
          allow: [return]
          sets: [area, dangerous]
          outcomes:
            - {{code: visited, name: 已踏勘, name_en: Visited}}
  - id: decide
    name: 决定
    name_en: Decide
    who: {{role: department_official, agency: bureau, not_same_as: [verify]}}
    when: 'outcome_of_verify = "upheld"'
    term: {{working_days: 2}}
    ladder: standard
    allow: [reject]
    outcomes:
      - {{code: granted, name: 准予, name_en: Granted}}
      - {{code: denied, name: 不予, name_en: Denied}}
"""

_numbers = count(1)


@dataclass
class Heard:
    """What the handler of the test subject was told."""

    events: list[CaseEvent] = field(default_factory=list)

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    def handle(self, event: CaseEvent) -> None:
        self.events.append(event)


@pytest.fixture
def heard() -> Iterator[Heard]:
    """A process behind the cases of a test, which writes down what it is told."""
    listener = Heard()
    before = dict(subjects._handlers)
    register_subject(SUBJECT, handler=listener.handle)
    yield listener
    subjects._handlers.clear()
    subjects._handlers.update(before)


@kept
def ladders() -> None:
    """The clock's ladders, once."""
    clock.load_defaults(actor=SYSTEM, region_path="", now=NOW)


@kept
def definition(code: str = "sample", steps: str = STEPS) -> DefinitionVersion:
    """A published definition."""
    found = DefinitionVersion.objects.filter(definition__code=code).first()
    if found is not None:
        return found
    text = steps.format(code=code)
    bpmn = compose_bpmn(parse_steps(text))
    with arranged():
        row = Definition.objects.create(
            code=code, name="演示流程", name_en="Sample flow", region_path="", created_at=NOW, changed_at=NOW
        )
        return DefinitionVersion.objects.create(
            definition=row,
            number=1,
            state=DefinitionVersion.State.PUBLISHED,
            steps=text,
            bpmn=bpmn,
            spec=compile_bpmn(bpmn).spec,
            changed_by="test",
            changed_at=NOW,
            published_at=NOW,
        )


def window(region: str = DAOLI) -> Person:
    """Somebody at the window of a region."""
    return official("window_official", region, SERVICE)


def officer(region: str = DAOLI, kind: str = MARKET) -> Person:
    """An official of a department of a region."""
    return official("department_official", region, kind)


def dispatcher(region: str = HARBIN) -> Person:
    """Somebody who distributes the work of a region."""
    return official("supervisor", region, "government")


def open_case(*, data: Mapping[str, Any] | None = None, region: str = DAOLI, party: Any = None) -> CaseView:
    """A case that waits to be accepted."""
    ladders()
    definition()
    number = next(_numbers)
    about = party or enterprise(region)
    return start_case(
        actor=SYSTEM,
        definition="sample",
        subject=Subject(SUBJECT, f"s{number}", f"演示事项{number}"),
        party_id=about.pk,
        region_code=region,
        agencies={"window": agency(region, SERVICE).pk, "bureau": agency(region, MARKET).pk},
        data=data or {},
        now=NOW,
    )


def task_at(case: CaseView, step: str) -> Task:
    """The newest task of a case at a step."""
    found = Task.objects.filter(case=case.id, step=step, kind=Task.STEP).order_by("-pk").first()
    assert found is not None, f"no task at {step}"
    return found


def view_of(task: Task) -> TaskView:
    """The task as nobody in particular sees it."""
    row = Task.objects.select_related("case__version", "case__party", "agency__region", "assignee").get(
        pk=task.pk
    )
    return task_views([row], None, NOW)[0]


def case_awaiting_verification(by: Person | None = None) -> CaseView:
    """A case that was accepted and is now verified and visited at the same time."""
    case = open_case()
    complete_task(
        actor=(by or window()).actor(), task_id=task_at(case, "accept").pk, outcome="accepted", now=NOW
    )
    return case


def case_awaiting_decision(verified_by: Person | None = None) -> CaseView:
    """A case that was verified and visited, and waits for somebody else to decide."""
    case = case_awaiting_verification()
    who = (verified_by or officer()).actor()
    complete_task(actor=who, task_id=task_at(case, "verify").pk, outcome="upheld", now=NOW)
    complete_task(actor=who, task_id=task_at(case, "visit").pk, outcome="visited", now=NOW)
    return case


def returned_case(by: Person | None = None) -> CaseView:
    """A case that waits for its applicant's correction."""
    case = open_case()
    return return_case(
        actor=(by or window()).actor(), task_id=task_at(case, "accept").pk, what=["营业执照副本"], now=NOW
    )


def case_in_consultation(by: Person | None = None, *, kinds: tuple[str, ...] = (MARKET, TAX)) -> CaseView:
    """A case whose window has asked other agencies."""
    case = open_case()
    consult(
        actor=(by or window()).actor(),
        task_id=task_at(case, "accept").pk,
        agency_ids=[agency(DAOLI, kind).pk for kind in kinds],
        question="是否符合规划？",
        now=NOW,
    )
    return case


def stored(case: CaseView) -> Case:
    """The row."""
    return Case.objects.get(pk=case.id)


@contextmanager
def one_flow_event(action: str) -> Iterator[list[dict[str, Any]]]:
    """The block records exactly one event of the flow, with this action. The clock's own events come beside it."""
    events: list[dict[str, Any]] = []
    rows = AuditEvent.objects.filter(action__startswith="flow.")
    last = rows.order_by("-id").values_list("id", flat=True).first() or 0
    yield events
    events += rows.filter(id__gt=last).order_by("id").values()
    assert [event["action"] for event in events] == [action]


__all__ = [
    "DAOLI", "HARBIN", "LATER", "MARKET", "NANGANG", "NOW", "SERVICE", "SUBJECT", "SYSTEM", "TAX", "Heard", "Person", "Term",
    "agency", "case_awaiting_decision", "case_awaiting_verification", "case_in_consultation", "clerk_of", "definition",
    "dispatcher", "enterprise", "heard", "officer", "official", "one_flow_event", "open_case", "returned_case", "stored",
    "task_at", "view_of", "window",
]  # fmt: skip
