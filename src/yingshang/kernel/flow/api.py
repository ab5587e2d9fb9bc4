"""The door of the flow: definitions, and the cases that follow them. See README.md."""

from __future__ import annotations

from .actions.accept_commitment import accept_commitment, check_commitment
from .actions.accept_with_debts import NewDebt, accept_with_debts
from .actions.claim_task import claim_task, release_task
from .actions.complete_task import complete_task, complete_tasks
from .actions.consult import STANCES, consult, end_consultation, give_opinion
from .actions.delegate_task import delegate_task
from .actions.edit_definition import discard_definition_draft, publish_version, save_draft
from .actions.end_correction import end_correction
from .actions.load_default_definitions import declare_flows, load_defaults
from .actions.migrate_case import migrate_case, migration_report
from .actions.reassign_task import reassign_task
from .actions.reject_case import reject_case
from .actions.resubmit_case import resubmit_case
from .actions.return_case import return_case
from .actions.send_back import send_back
from .actions.settle_debt import settle_debt
from .actions.start_case import start_case
from .actions.stop_case import stop_case
from .actions.withdraw_case import withdraw_case
from .case_errors import (
    AlreadyStarted,
    CaseNotFound,
    InvalidRequest,
    NotAllowedByDefinition,
    NotPossibleNow,
    NotYours,
    OpinionsOutstanding,
    TaskNotFound,
    UndeclaredData,
    UnknownAgency,
    UnknownSubjectKind,
)
from .case_reads import (
    case_answers,
    case_drawing,
    case_of_subject,
    case_progress,
    cases,
    due_tasks,
    earlier_steps,
    get_case,
    get_task,
    task_counts,
    tasks,
    timeline,
)
from .case_views import (
    AnswersView,
    BatchResult,
    CaseDetail,
    CasePage,
    CaseSummary,
    CaseView,
    CommitmentView,
    CorrectionView,
    DebtView,
    OpinionView,
    OutcomeView,
    Subject,
    TaskCounts,
    TaskPage,
    TaskView,
    TimelineEntry,
)
from .clocks import Term
from .definition_views import (
    DefinitionDetail,
    DefinitionDraft,
    DefinitionPreview,
    DefinitionSummary,
    DefinitionVersionView,
    MigrationReport,
    MigrationRow,
    VersionSummary,
)
from .definitions import (
    BoundFlow,
    BoundStep,
    CompiledFlow,
    Finding,
    StepDocument,
    StepRule,
    compose_bpmn,
    lint,
    parse_steps,
    read_spec,
)
from .drawing import draw
from .errors import (
    CannotMigrate,
    CannotPublish,
    ConditionUndecided,
    DefinitionChanged,
    DefinitionNotFound,
    InvalidDiagram,
    InvalidSteps,
    NothingToPublish,
    NotReady,
    TooManyRounds,
    UnknownOutcome,
    UnknownStep,
)
from .flow_names import FlowName, published_flows
from .lifecycle import names as state_names
from .selectors import definitions, get_definition, get_definition_version, preview_definition
from .subjects import CaseEvent, register_subject, subject_kinds

__all__ = [
    "STANCES",
    "AlreadyStarted",
    "AnswersView",
    "BatchResult",
    "BoundFlow",
    "BoundStep",
    "CannotMigrate",
    "CannotPublish",
    "CaseDetail",
    "CaseEvent",
    "CaseNotFound",
    "CasePage",
    "CaseSummary",
    "CaseView",
    "CommitmentView",
    "CompiledFlow",
    "ConditionUndecided",
    "CorrectionView",
    "DebtView",
    "DefinitionChanged",
    "DefinitionDetail",
    "DefinitionDraft",
    "DefinitionNotFound",
    "DefinitionPreview",
    "DefinitionSummary",
    "DefinitionVersionView",
    "Finding",
    "FlowName",
    "InvalidDiagram",
    "InvalidRequest",
    "InvalidSteps",
    "MigrationReport",
    "MigrationRow",
    "NewDebt",
    "NotAllowedByDefinition",
    "NotPossibleNow",
    "NotReady",
    "NotYours",
    "NothingToPublish",
    "OpinionView",
    "OpinionsOutstanding",
    "OutcomeView",
    "StepDocument",
    "StepRule",
    "Subject",
    "TaskCounts",
    "TaskNotFound",
    "TaskPage",
    "TaskView",
    "Term",
    "TimelineEntry",
    "TooManyRounds",
    "UndeclaredData",
    "UnknownAgency",
    "UnknownOutcome",
    "UnknownStep",
    "UnknownSubjectKind",
    "VersionSummary",
    "accept_commitment",
    "accept_with_debts",
    "case_answers",
    "case_drawing",
    "case_of_subject",
    "case_progress",
    "cases",
    "check_commitment",
    "claim_task",
    "complete_task",
    "complete_tasks",
    "compose_bpmn",
    "consult",
    "declare_flows",
    "definitions",
    "delegate_task",
    "discard_definition_draft",
    "draw",
    "due_tasks",
    "earlier_steps",
    "end_consultation",
    "end_correction",
    "get_case",
    "get_definition",
    "get_definition_version",
    "get_task",
    "give_opinion",
    "lint",
    "load_defaults",
    "migrate_case",
    "migration_report",
    "parse_steps",
    "preview_definition",
    "publish_version",
    "published_flows",
    "read_spec",
    "reassign_task",
    "register_subject",
    "reject_case",
    "release_task",
    "resubmit_case",
    "return_case",
    "save_draft",
    "send_back",
    "settle_debt",
    "start_case",
    "state_names",
    "stop_case",
    "subject_kinds",
    "task_counts",
    "tasks",
    "timeline",
    "withdraw_case",
]
