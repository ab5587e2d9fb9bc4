"""The door of forms. See README.md."""

from __future__ import annotations

from .actions.attach_files import attach_files, files_of_filling
from .actions.edit_forms import create_form, discard_form_draft, publish_form, save_form_draft
from .actions.load_defaults import load_defaults
from .actions.save_draft import discard_draft, save_draft, take_back_displaced
from .actions.submit import note_outcome, submit
from .attachments import files_by_field
from .errors import (
    DraftConflict,
    DraftNotFound,
    EditConflict,
    FormNotFound,
    InvalidForm,
    InvalidSubmission,
    NothingToPublish,
    NotYourParty,
    SubmissionNotFound,
    TooLarge,
    VersionNotFound,
)
from .filling import FillableForm, ShownField, ShownSection, build_form, show_value
from .prefill import prefill
from .problems import FieldProblem
from .schemas import Finding
from .selectors import (
    drafts,
    form_versions,
    forms,
    get_draft,
    get_form,
    get_form_summary,
    get_form_version,
    get_submission,
    register_reader,
    submission_rows,
    submissions,
)
from .specification import FieldSpec, FileRule, Option, SectionSpec, check_form
from .validation import validate
from .values import (
    DraftView,
    FormPage,
    FormSummary,
    FormVersionView,
    Prefilled,
    SourceOfValue,
    SubmissionSummary,
    SubmissionView,
)

__all__ = [
    "DraftConflict",
    "DraftNotFound",
    "DraftView",
    "EditConflict",
    "FieldProblem",
    "FieldSpec",
    "FileRule",
    "FillableForm",
    "Finding",
    "FormNotFound",
    "FormPage",
    "FormSummary",
    "FormVersionView",
    "InvalidForm",
    "InvalidSubmission",
    "NotYourParty",
    "NothingToPublish",
    "Option",
    "Prefilled",
    "SectionSpec",
    "ShownField",
    "ShownSection",
    "SourceOfValue",
    "SubmissionNotFound",
    "SubmissionSummary",
    "SubmissionView",
    "TooLarge",
    "VersionNotFound",
    "attach_files",
    "build_form",
    "check_form",
    "create_form",
    "discard_draft",
    "discard_form_draft",
    "drafts",
    "files_by_field",
    "files_of_filling",
    "form_versions",
    "forms",
    "get_draft",
    "get_form",
    "get_form_summary",
    "get_form_version",
    "get_submission",
    "load_defaults",
    "note_outcome",
    "prefill",
    "publish_form",
    "register_reader",
    "save_draft",
    "save_form_draft",
    "show_value",
    "submission_rows",
    "submissions",
    "submit",
    "take_back_displaced",
    "validate",
]
