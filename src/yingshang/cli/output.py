"""How commands speak: results on standard output, progress and troubles on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from yingshang.rules.errors import DomainError

EXIT_FOUND = 1
EXIT_UNUSABLE = 3

messages = Console(stderr=True, highlight=False, soft_wrap=True)
# Off a terminal nothing is cut to a width nobody has.
results = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 240)


class Language(StrEnum):
    """The language of what is printed."""

    CHINESE = "zh"
    ENGLISH = "en"


def print_json(data: Any) -> None:
    """Data as JSON on standard output."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


def print_error(error: DomainError, *, as_json: bool) -> None:
    """An error in both languages on standard error; as JSON on standard output if that was asked for."""
    if as_json:
        print_json({"error": error.as_dict()})
        return
    messages.print(error.message_zh, style="red", markup=False)
    if error.message != error.message_zh:
        messages.print(error.message, style="red", markup=False)


@contextmanager
def progress_bar(title: str, total: int | None, *, quiet: bool = False) -> Iterator[Callable[[int], None]]:
    """A bar on standard error, silent off a terminal; gives a function that says how much is done."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=messages,
        transient=True,
        disable=quiet or not messages.is_terminal,
    ) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)


def yuan(fen: int) -> str:
    """Fen as yuan with two places, as text."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def humanised_yuan(fen: int) -> str:
    """Fen as a person says it: 1,234.50 元, 12.3 万元, 4.56 亿元."""
    value = fen / 100
    for limit, unit in ((1e8, "亿元"), (1e4, "万元")):
        if abs(value) >= limit:
            return f"{value / limit:,.2f} {unit}"
    return f"{value:,.2f} 元"
