"""`yingshang feel`: evaluate FEEL expressions."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from yingshang.cli.output import EXIT_FOUND, messages, print_json
from yingshang.rules.errors import ExpressionError
from yingshang.rules.feel.evaluate import Mode, evaluate
from yingshang.rules.feel.exchange import answer_line, from_json, read_json, to_json
from yingshang.rules.feel.functions import Environment
from yingshang.rules.feel.functions.conversion import text_of
from yingshang.rules.feel.parser import parse_expression
from yingshang.rules.feel.temporal import DateTime, parse_date_time
from yingshang.rules.feel.values import Failure, Unknown


class FeelMode(StrEnum):
    """Which answers there are."""

    FEEL = "feel"
    POLICY = "policy"


def feel(
    expression: Annotated[str | None, typer.Argument(help="An expression, such as `1 + 2`.")] = None,
    jsonl: Annotated[
        bool,
        typer.Option(
            "--jsonl",
            help='Read lines `{"expr": …, "context": {…}?, "mode": "feel"|"policy"?}` from standard input; '
            'write a line `{"type": …, "value": …}` for each.',
        ),
    ] = False,
    context: Annotated[str, typer.Option(help="Names and values as a JSON object.")] = "{}",
    mode: Annotated[
        FeelMode, typer.Option(help="feel: the standard. policy: with Unknown and errors.")
    ] = FeelMode.FEEL,
    json_output: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Evaluate FEEL, the expression language of DMN 1.5.

    Examples:

    `yingshang feel 'sum([1, 2, 3]) * 2'`

    `yingshang feel --mode policy --context '{"参保人数": 12}' '参保人数 >= 10 and 研发费用 > 0'`

    `echo '{"expr": "1 in [0..2]"}' | yingshang feel --jsonl`
    """
    now = _now()
    if jsonl:
        for line in sys.stdin:
            if line.strip():
                sys.stdout.write(json.dumps(answer_line(line, now), ensure_ascii=False) + "\n")
                sys.stdout.flush()
        return
    if expression is None:
        raise typer.BadParameter("write an expression, or --jsonl to read lines from standard input")
    facts = _context(context)
    try:
        tree = parse_expression(expression, facts)
    except ExpressionError as error:
        if not json_output:
            messages.print(error.pointer(), markup=False)
        raise
    value = evaluate(tree, facts, Mode(mode.value), environment=Environment(now))
    if json_output:
        print_json(to_json(value))
        if isinstance(value, Failure):
            raise typer.Exit(EXIT_FOUND)
    elif isinstance(value, Unknown):
        typer.echo(f"unknown / 未知: {', '.join(sorted(value.missing))}")
    elif isinstance(value, Failure):
        typer.echo(f"error / 错误: {value.message} / {value.message_zh}")
        raise typer.Exit(EXIT_FOUND)
    else:
        typer.echo(text_of(value))


def _context(text: str) -> dict[str, Any]:
    try:
        data = read_json(text)
    except ValueError as error:
        raise typer.BadParameter(f"--context is no JSON: {error}") from None
    if not isinstance(data, dict):
        raise typer.BadParameter("--context must be a JSON object, such as '{\"a\": 1}'")
    facts: dict[str, Any] = from_json(data)
    return facts


def _now() -> DateTime:
    """The clock is read here, at the edge, and handed in."""
    now = parse_date_time(datetime.now().astimezone().isoformat(timespec="microseconds"))
    assert now is not None
    return now
