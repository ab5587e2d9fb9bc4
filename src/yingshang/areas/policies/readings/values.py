"""A reading as others see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ..reading.proposals import Proposal

ReadingKind = Literal["file", "reader", "model"]


@dataclass(frozen=True, slots=True)
class ReadingView:
    """Work on a document in the background. `done` of `total` counts sentences; a `total` of 0 is not known yet.

    `document_id` is what is read, or of a file what was made of it; `message` why it came to nothing. `current` is
    false where the text has changed since: what was read then is no longer about it.
    """

    id: int
    kind: ReadingKind
    state: Literal["waiting", "running", "done", "failed"]
    document_id: int | None
    document_title: str
    file_name: str
    sentences: tuple[int, ...]
    proposals: tuple[Proposal, ...]
    current: bool
    done: int
    total: int
    message: str
    message_zh: str
    asked_by_name: str
    created_at: datetime

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state in ("done", "failed")
