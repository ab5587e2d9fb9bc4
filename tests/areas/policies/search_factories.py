"""Situations of the library: an index of its own for each test, real items and documents in it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from tests.areas.policies.factories import EXAMPLES, issued_document, published_item
from tests.kernel.access.factories import NOW, SYSTEM, arranged
from yingshang.areas.policies.api import DocumentContent, add_document, rebuild_library

DAY = NOW.date()


def real_item(code: str, *, now: datetime = NOW) -> str:
    """One of the 48 items made from real documents, in force."""
    return published_item(code, source=(EXAMPLES / f"{code}.yaml").read_text("utf-8"), now=now)


def collected_document(
    title: str, *, text: str = "", region_path: str = "", public: bool = True, **more: str
) -> int:
    """A document that was collected, in force."""
    with arranged():
        return add_document(
            actor=SYSTEM,
            content=DocumentContent(
                title=title,
                text=text or title,
                region_path=region_path,
                issued_on=date(2026, 1, 5),
                status=more.pop("status", "in_force"),
                is_public=public,
                **more,  # type: ignore[arg-type]
            ),
            now=NOW,
        )


def library_of(*codes: str) -> None:
    """Real items and one document, in the index."""
    for code in codes:
        real_item(code)
    issued_document()
    rebuild_library(day=DAY)


__all__ = ["DAY", "Path", "collected_document", "library_of", "real_item"]
