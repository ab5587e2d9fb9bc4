"""Tables: definitions and their versions, cases and what happens in them."""

from __future__ import annotations

from .cases import Case, Commitment, Correction, Debt, FormAnswers, Opinion, Task
from .definitions import Definition, DefinitionVersion

__all__ = [
    "Case",
    "Commitment",
    "Correction",
    "Debt",
    "Definition",
    "DefinitionVersion",
    "FormAnswers",
    "Opinion",
    "Task",
]
