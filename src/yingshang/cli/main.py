"""`yingshang`: every command, and the one place where errors become exit codes."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from yingshang import __version__
from yingshang.cli import dmn, explain, feel, log, match, platform, policy, sample_city, simulate
from yingshang.cli.output import EXIT_UNUSABLE, messages, print_error
from yingshang.rules.errors import DomainError

app = typer.Typer(
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


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"yingshang {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_print_version),
    ] = False,
) -> None:
    """Options before the command."""


app.command("feel")(feel.feel)
app.command("match")(match.match)
app.command("explain")(explain.explain)
app.command("simulate")(simulate.simulate)
app.command("sample-city")(sample_city.sample_city)
app.command("serve")(platform.serve)
app.command("setup")(platform.setup)
app.command(
    "manage",
    # Options, --help among them, are Django's.
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)(platform.manage)
app.command("doctor")(platform.doctor)
app.command("backup")(platform.backup)
app.command("restore")(platform.restore)
app.command("verify")(log.verify)
app.command("cosign")(log.cosign)
app.add_typer(policy.app, name="policy")
app.add_typer(dmn.app, name="dmn")


def run() -> None:
    """The entry point: a DomainError is told in both languages and ends with exit code 3."""
    try:
        app()
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
