"""The door of policies. See README.md."""

from __future__ import annotations

from .actions.publish_items import publish_item, withdraw_item
from .actions.save_document import DocumentContent, add_document, save_document
from .actions.write_items import begin_version, create_item, discard_version, save_version
from .content import catalogue, compile_sources, problems_of, program_of
from .errors import (
    ChangedMeanwhile,
    CodeTaken,
    DocumentNotFound,
    InvalidDocument,
    InvalidItem,
    ItemNotFound,
    NotPossibleNow,
    OpenVersion,
)
from .lifecycle import State, states
from .selectors import documents, get_document, get_item, get_version, items, published_items
from .sentences import Sentence, split_sentences
from .values import (
    DocumentDetail,
    DocumentPage,
    DocumentSummary,
    ItemDetail,
    ItemPage,
    ItemSummary,
    PublishedItem,
    VersionView,
)

__all__ = [
    "ChangedMeanwhile",
    "CodeTaken",
    "DocumentContent",
    "DocumentDetail",
    "DocumentNotFound",
    "DocumentPage",
    "DocumentSummary",
    "InvalidDocument",
    "InvalidItem",
    "ItemDetail",
    "ItemNotFound",
    "ItemPage",
    "ItemSummary",
    "NotPossibleNow",
    "OpenVersion",
    "PublishedItem",
    "Sentence",
    "State",
    "VersionView",
    "add_document",
    "begin_version",
    "catalogue",
    "compile_sources",
    "create_item",
    "discard_version",
    "documents",
    "get_document",
    "get_item",
    "get_version",
    "items",
    "problems_of",
    "program_of",
    "publish_item",
    "published_items",
    "save_document",
    "save_version",
    "split_sentences",
    "states",
    "withdraw_item",
]
