"""What others see of cases and tasks: values, never rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from yingshang.kernel.clock.api import DeadlineView
from yingshang.kernel.forms.api import FormVersionView


@dataclass(frozen=True, slots=True)
class Subject:
    """What a case is about: the process it belongs to knows it by `kind` and `identifier`."""

    kind: str
    identifier: str
    title: str


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """One way a step may end."""

    code: str
    name: str
    name_en: str
    ends: bool


@dataclass(frozen=True, slots=True)
class OpinionView:
    """What one agency was asked, and what it said. `stance` is empty while nothing was said: agrees, objects,
    conditional, or silent when its time was up."""

    task_id: int
    asked_by_task: int
    agency_id: int
    agency_name: str
    question: str
    state: str
    stance: str
    text: str
    asked_at: datetime
    given_at: datetime | None
    given_by_name: str
    deadline: DeadlineView | None


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """补正: what the applicant was asked to correct. `state` is asked, answered or ended."""

    id: int
    task_id: int
    what: tuple[str, ...]
    note: str
    state: str
    asked_at: datetime
    asked_by_name: str
    answered_at: datetime | None
    ended_reason: str
    deadline: DeadlineView | None


@dataclass(frozen=True, slots=True)
class DebtView:
    """容缺: a material still owed (`owed`), brought (`settled`) or no longer wanted (`cancelled`)."""

    id: int
    name: str
    state: str
    noted_at: datetime
    noted_by_name: str
    ended_at: datetime | None
    ended_by_name: str
    note: str
    deadline: DeadlineView | None


@dataclass(frozen=True, slots=True)
class AnswersView:
    """What was filled into the form of a step, under the version it was filled in with. `documents` are its files."""

    task_id: int
    step_name: str
    step_name_en: str
    form: FormVersionView
    values: Mapping[str, Any]
    documents: tuple[int, ...]
    digest: str
    given_at: datetime
    given_by_name: str

    @property
    def personal(self) -> tuple[str, ...]:
        """The fields with something about a person in them."""
        return tuple(
            name for name, field in self.form.fields.items() if field.personal and name in self.values
        )


@dataclass(frozen=True, slots=True)
class CommitmentView:
    """告知承诺: what the applicant promised; `made`, then `kept` or `broken` by what the check found."""

    id: int
    promised: tuple[str, ...]
    state: str
    made_at: datetime
    accepted_by_name: str
    note: str
    checked_at: datetime | None
    checked_by_name: str
    finding: str
    deadline: DeadlineView | None


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task as somebody sees it. `actions` are those they may take on it now, `outcomes` how they may end it."""

    id: int
    case_id: int
    case_number: str
    kind: str
    step: str
    name: str
    name_en: str
    state: str
    role: str
    agency_id: int
    agency_name: str
    region_path: str
    assignee_id: int | None
    assignee_name: str
    delegated_by: str
    definition: str
    definition_name: str
    definition_name_en: str
    subject: Subject
    party_id: int | None
    party_name: str
    ready_at: datetime
    claimed_at: datetime | None
    ended_at: datetime | None
    ended_by_name: str
    outcome: str
    outcome_name: str
    outcome_name_en: str
    opinion: str
    question: str
    asked_by_task: int | None
    deadline: DeadlineView | None
    actions: tuple[str, ...] = ()
    outcomes: tuple[OutcomeView, ...] = ()
    form: str = ""

    @property
    def open(self) -> bool:
        """Whether something is still to be done."""
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class TaskPage:
    """Some tasks, and how many there are in all."""

    rows: tuple[TaskView, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """How much waits: claimed by the actor, waiting for somebody like them; of both the late and those due today."""

    mine: int
    claimable: int
    late: int
    due_today: int


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case: what it is about, where it stands, and its clock."""

    id: int
    number: str
    definition: str
    version_id: int
    version: int
    name: str
    name_en: str
    subject: Subject
    party_id: int | None
    party_name: str
    region_code: str
    region_path: str
    agencies: Mapping[str, int]
    data: Mapping[str, Any]
    state: str
    outcome: str
    reason: str
    started_at: datetime
    ended_at: datetime | None
    deadline: DeadlineView | None

    @property
    def open(self) -> bool:
        """Whether the case is still under way."""
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """A case with everything that happened in it, oldest first. `here` is for the drawing: step → ready, late, paused,
    done or skipped."""

    case: CaseView
    tasks: tuple[TaskView, ...]
    opinions: tuple[OpinionView, ...]
    corrections: tuple[CorrectionView, ...]
    debts: tuple[DebtView, ...]
    commitments: tuple[CommitmentView, ...]
    here: Mapping[str, str] = field(default_factory=dict)
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """One line of a list of cases, with the steps somebody is at."""

    case: CaseView
    steps: tuple[str, ...]
    steps_en: tuple[str, ...]
    holders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CasePage:
    """Some cases, and how many there are in all."""

    rows: tuple[CaseSummary, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """Something that was done in a case, as the ledger holds it."""

    event_id: int
    at: datetime
    action: str
    actor_kind: str
    actor_name: str
    step: str
    step_name: str
    step_name_en: str
    reason: str
    after: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What came of several tasks done at once: those done, and those that were not with the reason."""

    done: tuple[int, ...]
    refused: Mapping[int, tuple[str, str]] = field(default_factory=dict)
