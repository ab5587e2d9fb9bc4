"""Errors that tell a person what is wrong, where, and what to write instead."""

from __future__ import annotations

from typing import Any


class DomainError(Exception):
    """A refusal with a stable code and a message in both languages.

    `details` carries what a program needs to point at the place (file, line, column, row, field …).
    """

    code = "error"

    def __init__(self, message: str, *, message_zh: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.message_zh = message_zh or message
        self.details = details

    def as_dict(self) -> dict[str, Any]:
        """The error as JSON-ready data: code, both messages and the details."""
        return {"code": self.code, "message": self.message, "message_zh": self.message_zh, **self.details}


class ExpressionError(DomainError):
    """An expression that cannot be parsed. Line and column count from 1.

    `text` is the offending piece, `expected` what could stand there instead.
    """

    code = "expression"

    def __init__(
        self,
        message: str,
        *,
        source: str,
        position: int,
        text: str = "",
        expected: list[str] | None = None,
        message_zh: str | None = None,
    ) -> None:
        line = source.count("\n", 0, position) + 1
        column = position - (source.rfind("\n", 0, position) + 1) + 1
        super().__init__(
            message,
            message_zh=message_zh,
            line=line,
            column=column,
            text=text,
            expected=expected or [],
        )
        self.source = source
        self.position = position
        self.line = line
        self.column = column
        self.text = text
        self.expected = expected or []

    def pointer(self) -> str:
        """The offending line with a caret under the place."""
        line = self.source.splitlines()[self.line - 1] if self.source.strip() else ""
        return f"{line}\n{' ' * (self.column - 1)}^"


class PolicyError(DomainError):
    """A policy document that cannot be used, with file, line and the path of the field."""

    code = "policy"


class SubjectsError(DomainError):
    """A file of subjects that cannot be read at all (single bad rows are rejected, not raised)."""

    code = "subjects"
