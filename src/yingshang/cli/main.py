"""`yingshang`: every command, and the one place where errors become exit codes."""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from typing import Annotated, Any

import typer

import yingshang
from yingshang.cli.output import EXIT_UNUSABLE, messages, print_error
from yingshang.rules.errors import DomainError

# Where each command is, in the order of the help. Only the module of the command that was typed is loaded: all of
# them, with readers of every format and the reports, take ten times as long as `yingshang serve` itself.
_COMMANDS = {
    "feel": "feel",
    "match": "match",
    "explain": "explain",
    "simulate": "simulate",
    "sample-city": "sample_city",
    "serve": "platform",
    "setup": "platform",
    "manage": "platform",
    "doctor": "platform",
    "backup": "platform",
    "restore": "platform",
    "verify": "log",
    "cosign": "log",
    "bank-sim": "bank",
    "receive-appeal-mail": "appeals",
    "policy": "policy",
    "dmn": "dmn",
}
_GROUPS = ("policy", "dmn")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"yingshang {yingshang.__version__}")
        raise typer.Exit


def options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_print_version),
    ] = False,
) -> None:
    """Options before the command."""


def _application(names: list[str]) -> typer.Typer:
    made = typer.Typer(
        name="yingshang",
        no_args_is_help=True,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Yingshang 营商: who is entitled to what, and why.\n\n"
        "Exit codes: **0** done; **1** done, and something was found "
        "(`policy check`, `policy test`, `doctor`, `--strict`); "
        "**2** the command was written wrongly; **3** the input cannot be used; **130** interrupted.",
    )
    made.callback()(options)
    for name in names:
        module = import_module(f"yingshang.cli.{_COMMANDS[name]}")
        if name in _GROUPS:
            made.add_typer(module.app, name=name)
        elif name == "manage":
            # Options, --help among them, are Django's.
            settings = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
            made.command(name, add_help_option=False, context_settings=settings)(module.manage)
        else:
            made.command(name)(getattr(module, name.replace("-", "_")))
    return made


def __getattr__(name: str) -> Any:
    """`app`: every command, for those who describe them."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _application(list(_COMMANDS))


def run() -> None:
    """The entry point: a DomainError is told in both languages and ends with exit code 3."""
    # What a command loads is not garbage; see the settings of the platform.
    gc.set_threshold(20_000, 10, 10)
    try:
        typed = sys.argv[1:2]
        _application(typed if typed and typed[0] in _COMMANDS else list(_COMMANDS))()
    except DomainError as error:
        print_error(error, as_json="--json" in sys.argv)
        raise SystemExit(EXIT_UNUSABLE) from None
    except BrokenPipeError:
        # The reader (head, less) has seen enough. Nothing more can be written, not even by the interpreter's exit.
        sys.stderr.close()
        raise SystemExit(0) from None
    except OSError as error:
        messages.print(f"{error.filename or ''} {error.strerror or error}".strip(), style="red", markup=False)
        raise SystemExit(EXIT_UNUSABLE) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    run()
