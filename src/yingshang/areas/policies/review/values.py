"""What others see of reviews and consultations: values, never rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from yingshang.kernel.flow.api import CaseDetail

from ..values import VersionView
from .conflicts import Finding
from .consulted import Consulted
from .elements import ElementState
from .redline import Clause


@dataclass(frozen=True, slots=True)
class JudgedFinding:
    """A finding, and what somebody held of it; `verdict` is empty while nobody has said."""

    finding: Finding
    verdict: str
    reason: str
    judged_by_name: str
    judged_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReviewSummary:
    """One time a version was handed in. `state` is open, passed, failed or revoked."""

    id: int
    version: int
    case_id: int | None
    agency_name: str
    explanation: str
    departments: tuple[str, ...]
    associations: tuple[str, ...]
    state: str
    submitted_at: datetime
    submitted_by_name: str
    ended_at: datetime | None
    reason: str
    document_id: int | None
    """The opinion, once it was made."""


@dataclass(frozen=True, slots=True)
class ConsultationSummary:
    """A consultation as a list shows it. `state` is open, closed (comments are being answered), concluded or
    cancelled; `days_left` counts today."""

    id: int
    title: str
    code: str
    name: str
    issuer: str
    region_path: str
    article: str
    state: str
    opened_at: datetime
    closes_on: date
    days_left: int
    comments: int
    concluded_at: datetime | None
    demonstration: bool


@dataclass(frozen=True, slots=True)
class CommentView:
    """A comment without what is not for everybody: names shortened, telephones and the like masked."""

    number: int
    channel: str
    kind: str
    name: str
    text: str
    given_at: datetime
    verdict: str
    answer: str
    answered_at: datetime | None
    answered_by_name: str


@dataclass(frozen=True, slots=True)
class CommentInClear:
    """What somebody wrote, as they wrote it."""

    number: int
    name: str
    contact: str
    text: str


@dataclass(frozen=True, slots=True)
class ConsultationDetail:
    """A consultation with the draft in plain words. Comments and what became of them are there once it is concluded,
    and for officials who answer them; `withheld` were not fit to be published."""

    summary: ConsultationSummary
    explanation: str
    elements: tuple[ElementState, ...]
    clauses: tuple[Clause, ...]
    outcome: str
    comments: tuple[CommentView, ...]
    withheld: int
    case_id: int | None
    named: tuple[str, ...] = ()
    """Departments and associations the author proposed to ask."""


@dataclass(frozen=True, slots=True)
class ConsultationPage:
    rows: tuple[ConsultationSummary, ...]
    total: int


@dataclass(frozen=True, slots=True)
class ReviewOnDesk:
    """Everything a reviewer needs of a version: what it says, what is found, what was said, and where the case is."""

    version: VersionView
    review: ReviewSummary | None
    elements: tuple[ElementState, ...]
    findings: tuple[JudgedFinding, ...]
    consultation: ConsultationSummary | None
    consulted: tuple[Consulted, ...]
    case: CaseDetail | None
    may_judge: bool
