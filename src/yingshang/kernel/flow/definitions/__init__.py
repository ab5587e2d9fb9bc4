"""Definitions of flows: reading, composing, checking, compiling. Pure: no database, no framework."""

from __future__ import annotations

from .composing import compose_bpmn
from .linting import Known, compile_bpmn, lint
from .reading import Finding, read_bpmn
from .rules import CaseRule, CompiledFlow, Lane, Outcome, StepRule, outcome_name, read_spec
from .steps import StepDocument, parse_steps

__all__ = [
    "CaseRule",
    "CompiledFlow",
    "Finding",
    "Known",
    "Lane",
    "Outcome",
    "StepDocument",
    "StepRule",
    "compile_bpmn",
    "compose_bpmn",
    "lint",
    "outcome_name",
    "parse_steps",
    "read_bpmn",
    "read_spec",
]
