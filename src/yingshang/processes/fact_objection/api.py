"""The door of the objection to a fact. See README.md."""

from __future__ import annotations

from .actions._load import FORM
from .actions.file_objection import HeldFact, fact_to_object, file_objection
from .actions.resubmit_objection import resubmit_objection
from .actions.withdraw_objection import withdraw_objection
from .errors import AlreadyObjected, NobodyToAsk, NoSuchFact, NotPossibleNow, ObjectionNotFound, WrongForm
from .handlers import CORRECTED
from .selectors import (
    HIDDEN,
    SUBJECT,
    SUBJECT_PREFIX,
    ObjectionView,
    Progress,
    Stage,
    get_objection,
    objection_on_desk,
    objections,
    open_objections,
    progress,
    without_personal,
)

__all__ = [
    "CORRECTED",
    "FORM",
    "HIDDEN",
    "SUBJECT",
    "SUBJECT_PREFIX",
    "AlreadyObjected",
    "HeldFact",
    "NoSuchFact",
    "NobodyToAsk",
    "NotPossibleNow",
    "ObjectionNotFound",
    "ObjectionView",
    "Progress",
    "Stage",
    "WrongForm",
    "fact_to_object",
    "file_objection",
    "get_objection",
    "objection_on_desk",
    "objections",
    "open_objections",
    "progress",
    "resubmit_objection",
    "withdraw_objection",
    "without_personal",
]
