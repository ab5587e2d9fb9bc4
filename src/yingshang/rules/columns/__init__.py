"""The column evaluator: who is entitled to what, for whole populations."""

from yingshang.rules.columns.facts import fact_value, fact_values, facts_of_row
from yingshang.rules.columns.plan import ColumnPlan, Program, compile_programs
from yingshang.rules.columns.result import (
    AMOUNT_FAILED,
    AMOUNT_KNOWN,
    AMOUNT_UNKNOWN,
    ChunkOutcomes,
    ColumnResult,
    ItemAmounts,
    ItemResult,
)

__all__ = [
    "AMOUNT_FAILED",
    "AMOUNT_KNOWN",
    "AMOUNT_UNKNOWN",
    "ChunkOutcomes",
    "ColumnPlan",
    "ColumnResult",
    "ItemAmounts",
    "ItemResult",
    "Program",
    "compile_programs",
    "fact_value",
    "fact_values",
    "facts_of_row",
]
