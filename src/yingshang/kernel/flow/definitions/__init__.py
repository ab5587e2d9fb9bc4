"""Definitions of flows: reading, composing, checking, compiling. Pure: no database, no framework."""

from __future__ import annotations

from .bound import BoundFlow, BoundStep
from .composing import compose_bpmn
from .linting import FormNames, Known, compile_bpmn, lint
from .reading import Finding, read_bpmn
from .rules import CaseRule, CompiledFlow, Lane, Outcome, StepRule, outcome_name, read_spec
from .steps import StepDocument, parse_steps

__all__ = [
    "BoundFlow",
    "BoundStep",
    "CaseRule",
    "CompiledFlow",
    "Finding",
    "FormNames",
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
