"""The tables of appeals, one module a subject."""

from __future__ import annotations

from .appeals import Appeal, AppealAddition, LearnedModel
from .consulting import Consultation, Invitation, Statement
from .handling import Contact, Holding, Note, Part, Reply, Request
from .learning import (
    PerformanceRecord,
    PolicySuggestion,
    RecordCorrection,
    RecordLine,
    RecordMonth,
    RecordObjection,
    SuggestionVoice,
)
from .library import LibraryAnswer, LibraryAnswerUse, LibraryAnswerVersion, ReplyTemplate
from .stewards import ServiceDone, StewardCall, Stewardship, Visit
from .supervising import LeadersListEntry, SupervisionNotice

__all__ = [
    "Appeal",
    "AppealAddition",
    "Consultation",
    "Contact",
    "Holding",
    "Invitation",
    "LeadersListEntry",
    "LearnedModel",
    "LibraryAnswer",
    "LibraryAnswerUse",
    "LibraryAnswerVersion",
    "Note",
    "Part",
    "PerformanceRecord",
    "PolicySuggestion",
    "RecordCorrection",
    "RecordLine",
    "RecordMonth",
    "RecordObjection",
    "Reply",
    "ReplyTemplate",
    "Request",
    "ServiceDone",
    "Statement",
    "StewardCall",
    "Stewardship",
    "SuggestionVoice",
    "SupervisionNotice",
    "Visit",
]
