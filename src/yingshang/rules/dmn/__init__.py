"""Decision tables and decision models of DMN 1.5 (OMG formal/24-01-01), on our own FEEL."""

from yingshang.rules.dmn.check import Domain, Finding, check_table, interval_gaps_and_overlaps
from yingshang.rules.dmn.document import parse_hit_policy, parse_table
from yingshang.rules.dmn.importer import DecisionModel, import_dmn, to_policy_tables
from yingshang.rules.dmn.markup import ModelError
from yingshang.rules.dmn.table import (
    Aggregation,
    DecisionTable,
    HitPolicy,
    RuleMatch,
    TableError,
    TableInput,
    TableOutput,
    TableRule,
)

__all__ = [
    "Aggregation",
    "DecisionModel",
    "DecisionTable",
    "Domain",
    "Finding",
    "HitPolicy",
    "ModelError",
    "RuleMatch",
    "TableError",
    "TableInput",
    "TableOutput",
    "TableRule",
    "check_table",
    "import_dmn",
    "interval_gaps_and_overlaps",
    "parse_hit_policy",
    "parse_table",
    "to_policy_tables",
]
