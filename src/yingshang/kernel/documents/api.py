"""The door of documents. See README.md."""

from __future__ import annotations

from .actions.generate import generate
from .actions.remove import remove_document
from .actions.store import check_upload, store
from .actions.sweep import sweep_files
from .actions.templates import (
    declare_templates,
    discard_template_draft,
    load_defaults,
    publish_template,
    restore_template_version,
    save_template_draft,
)
from .errors import (
    CannotTypeset,
    ContentMissing,
    DocumentNotFound,
    InvalidTemplate,
    MissingValue,
    RefusedFile,
    TemplateConflict,
    TemplateNotFound,
    UnreadableContent,
)
from .kinds import KINDS, Kind
from .numbering import (
    DocumentNumber,
    Series,
    document_number,
    number_words,
    take_document_number,
    take_document_numbers,
)
from .owners import register_owner
from .pictures import re_encode_picture
from .selectors import documents_of, documents_of_each, extract_text, get_document, open_document, read_text
from .tables import Column, RowError, Table, TableLimits, read_table
from .templates import (
    document_templates,
    get_document_template,
    preview_template,
    template_versions,
)
from .values import (
    CheckedUpload,
    DocumentView,
    ExtractedText,
    OpenDocument,
    Owner,
    SweepResult,
    TemplateVersionView,
    TemplateView,
    TextProblem,
    Variable,
)

__all__ = [
    "KINDS",
    "CannotTypeset",
    "CheckedUpload",
    "Column",
    "ContentMissing",
    "DocumentNotFound",
    "DocumentNumber",
    "DocumentView",
    "ExtractedText",
    "InvalidTemplate",
    "Kind",
    "MissingValue",
    "OpenDocument",
    "Owner",
    "RefusedFile",
    "RowError",
    "Series",
    "SweepResult",
    "Table",
    "TableLimits",
    "TemplateConflict",
    "TemplateNotFound",
    "TemplateVersionView",
    "TemplateView",
    "TextProblem",
    "UnreadableContent",
    "Variable",
    "check_upload",
    "declare_templates",
    "discard_template_draft",
    "document_number",
    "document_templates",
    "documents_of",
    "documents_of_each",
    "extract_text",
    "generate",
    "get_document",
    "get_document_template",
    "load_defaults",
    "number_words",
    "open_document",
    "preview_template",
    "publish_template",
    "re_encode_picture",
    "read_table",
    "read_text",
    "register_owner",
    "remove_document",
    "restore_template_version",
    "save_template_draft",
    "store",
    "sweep_files",
    "take_document_number",
    "take_document_numbers",
    "template_versions",
]
