"""Measure FEEL against public cases of the DMN conformance suite (dmn-tck/tck) and write docs/conformance.md.

    python tools/conformance.py [FILE]        (or the environment variable FEEL_TCK; --check writes nothing)

The cases are not ours and stay outside of the repository. Where the file is absent this says so and succeeds.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from yingshang.rules.errors import DomainError
from yingshang.rules.feel import temporal
from yingshang.rules.feel.evaluate import evaluate
from yingshang.rules.feel.functions import Environment
from yingshang.rules.feel.functions.conversion import text_of
from yingshang.rules.feel.parser import parse_expression
from yingshang.rules.feel.syntax import TypeName
from yingshang.rules.feel.types import coerce

REPOSITORY = Path(__file__).resolve().parents[1]
REPORT = REPOSITORY / "docs" / "conformance.md"
DEFAULT_CASES = REPOSITORY.parent / "shared" / "reference" / "feel-tck.json"

# The file carries the name of a result's type without its definition. Of the names in it these can only mean one thing.
RESULT_TYPES = {
    "number": TypeName("number"),
    "string": TypeName("string"),
    "boolean": TypeName("boolean"),
    "tNumberList": TypeName("list", (TypeName("number"),)),
    "tStringList": TypeName("list", (TypeName("string"),)),
    "booleanList": TypeName("list", (TypeName("boolean"),)),
}
# The suite writes irrational results with fewer digits than decimal128 has.
RELATIVE_TOLERANCE = Decimal("1e-8")
DIGITS_OF_IRRATIONAL = 12


@dataclass
class Tally:
    """Results of one kind: how many there are, how many came out."""

    total: int = 0
    passed: int = 0

    @property
    def share(self) -> float:
        return self.passed / self.total if self.total else 1.0


@dataclass
class Outcome:
    """What a run found, kinds and folders apart."""

    values: Tally = field(default_factory=Tally)
    nulls: Tally = field(default_factory=Tally)
    folders: dict[str, tuple[Tally, Tally]] = field(
        default_factory=lambda: defaultdict(lambda: (Tally(), Tally()))
    )
    misses: list[tuple[str, str, str, str]] = field(default_factory=list)

    @property
    def folder_mean(self) -> float:
        """The mean of the folders' shares, so that a folder of 600 cases weighs no more than one of 5."""
        shares = [
            (values.passed + nulls.passed) / (values.total + nulls.total)
            for values, nulls in self.folders.values()
        ]
        return sum(shares) / len(shares) if shares else 1.0


def cases_file(given: str | None = None) -> Path:
    """The file of cases: the one given, else the one of the environment, else the one beside the repository."""
    return Path(given or os.environ.get("FEEL_TCK") or DEFAULT_CASES)


def load(file: Path) -> list[dict[str, Any]]:
    """The cases, as stored."""
    cases: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return cases


def run(cases: Iterable[dict[str, Any]]) -> Outcome:
    """Evaluate every case in FEEL mode."""
    outcome = Outcome()
    environment = Environment(temporal.parse_date_time("2026-11-21T10:00:00"))
    for case in cases:
        wanted = _expected(case["expected"])
        kind = 1 if case["expected"] is None else 0
        try:
            found = evaluate(parse_expression(case["expr"]), environment=environment)
            type_name = RESULT_TYPES.get(case["typeRef"] or "")
            found = found if type_name is None else coerce(found, type_name)
        except DomainError as error:
            # What cannot be parsed has no value, which is null for the suite. It must not pass for one here.
            found = error
        passed = _same(found, wanted)
        for tally in ((outcome.values, outcome.nulls)[kind], outcome.folders[case["folder"]][kind]):
            tally.total += 1
            tally.passed += passed
        if not passed:
            text = str(found) if isinstance(found, DomainError) else text_of(found)
            outcome.misses.append((case["folder"], case["expr"], text_of(wanted), text))
    return outcome


def _expected(value: Any) -> Any:
    """An expected result of the file as a FEEL value."""
    if isinstance(value, dict):
        return {key: _expected(each) for key, each in value.items()}
    if not isinstance(value, list):
        return value
    if len(value) == 2 and isinstance(value[0], str) and value[0].startswith("xsd:"):
        kind, text = value
        if kind in ("xsd:decimal", "xsd:double", "xsd:integer"):
            return Decimal(text)
        if kind == "xsd:boolean":
            return text == "true"
        return (text or "") if kind == "xsd:string" else temporal.parse_at_literal(text)
    return [_expected(each) for each in value]


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(found, Decimal) and isinstance(wanted, Decimal):
        near = abs(found - wanted) <= RELATIVE_TOLERANCE * max(abs(found), abs(wanted))
        return found == wanted or (near and len(wanted.as_tuple().digits) >= DIGITS_OF_IRRATIONAL)
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(_same, found, wanted))
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(_same(found[key], wanted[key]) for key in found)
    return type(found) is type(wanted) and bool(found == wanted)


def report(outcome: Outcome) -> str:
    """The page docs/conformance.md. It depends on nothing but the cases and the answers."""
    both = Tally(outcome.values.total + outcome.nulls.total, outcome.values.passed + outcome.nulls.passed)
    lines = [
        "# FEEL conformance",
        "",
        "Written by `make conformance`; do not edit.",
        "",
        "Expressions of the public DMN conformance suite (dmn-tck/tck, levels 2 and 3) that stand on their own,"
        " evaluated in FEEL mode. The cases themselves are not part of this repository: the measurement reads them"
        " from `../shared/reference/feel-tck.json`, from a file given as argument, or from `FEEL_TCK`.",
        "",
        "Results that are null are counted apart, because an engine that understands nothing answers null and is"
        " right in half of the suite. An expression that cannot be parsed counts as a miss, never as a null.",
        "",
        "| results | cases | right | share |",
        "|---|---:|---:|---:|",
        *(
            f"| {name} | {tally.total} | {tally.passed} | {tally.share:.2%} |"
            for name, tally in (("non-null", outcome.values), ("null", outcome.nulls), ("all", both))
        ),
        "",
        f"Mean over the {len(outcome.folders)} folders: {outcome.folder_mean:.2%}.",
        "",
        "## What does not come out",
        "",
    ]
    if outcome.misses:
        lines += ["| folder | expression | expected | answer |", "|---|---|---|---|"]
        lines += ["| " + " | ".join(_cell(each) for each in miss) + " |" for miss in outcome.misses]
        lines += [
            "",
            "A result type that the file names without its definition cannot be applied; such a miss is the file's.",
        ]
    else:
        lines.append("Nothing.")
    lines += [
        "",
        "## By folder",
        "",
        "| folder | non-null | right | null | right | share |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for folder, (values, nulls) in sorted(outcome.folders.items()):
        share = (values.passed + nulls.passed) / (values.total + nulls.total)
        lines.append(
            f"| {folder} | {values.total} | {values.passed} | {nulls.total} | {nulls.passed} | {share:.0%} |"
        )
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return "`" + " ".join(text.split()).replace("|", "\\|").replace("`", "'") + "`"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Measure FEEL against the DMN conformance suite.")
    parser.add_argument("file", nargs="?", help="the cases (default: FEEL_TCK, else ../shared/reference/…)")
    parser.add_argument("--check", action="store_true", help="only print; do not write docs/conformance.md")
    options = parser.parse_args(arguments)
    file = cases_file(options.file)
    if not file.is_file():
        print(
            f"No conformance cases at {file}: nothing measured, docs/conformance.md left as it is.\n"
            "Give the file as argument or in FEEL_TCK."
        )
        return 0
    outcome = run(load(file))
    for name, tally in (("non-null", outcome.values), ("null", outcome.nulls)):
        print(f"{name:>9}: {tally.passed} of {tally.total} ({tally.share:.2%})")
    print(f"mean over {len(outcome.folders)} folders: {outcome.folder_mean:.2%}")
    for folder, expression, wanted, found in outcome.misses:
        print(f"  miss {folder}: {' '.join(expression.split())[:100]} — expected {wanted}, got {found}")
    if not options.check:
        REPORT.write_text(report(outcome), encoding="utf-8")
        print(f"wrote {REPORT.relative_to(REPOSITORY)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
