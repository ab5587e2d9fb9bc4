"""`yingshang serve`, `setup`, `manage`, `doctor`, `backup`, `restore`: the platform on this machine.

What these need (the database driver, Django) is loaded when they are called: the other commands start without it.
"""

from __future__ import annotations

import contextlib
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from yingshang.cli.output import EXIT_FOUND, Language, messages, print_json, results


def serve(
    host: Annotated[str, typer.Option(envvar="HOST", help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT", min=1, max=65535, help="The port to listen at.")] = 8000,
    web: Annotated[bool, typer.Option(help="Serve the pages and the API.")] = True,
    worker: Annotated[bool, typer.Option(help="Carry out jobs.")] = True,
    mail_catcher: Annotated[
        bool | None,
        typer.Option(help="Keep mail in a folder instead of sending it; so it is without EMAIL_URL."),
    ] = None,
) -> None:
    """Run the platform until Ctrl-C: web, worker, and the embedded database unless DATABASE_URL names another.

    Example: `PORT=8080 yingshang serve`
    """
    import logging.config

    from yingshang.config.logs import logging_settings
    from yingshang.operations.environment import default_directory
    from yingshang.operations.supervisor import Serving
    from yingshang.operations.supervisor import serve as run

    form = os.environ.get("LOG_FORMAT") or ("text" if sys.stderr.isatty() else "json")
    logging.config.dictConfig(logging_settings(form, os.environ.get("LOG_LEVEL") or "INFO"))
    serving = Serving(default_directory(), host, port, web, worker, mail_catcher)

    def ready() -> None:
        messages.print(f"{serving.address}  (Ctrl-C 停止 / stops)", markup=False)

    run(serving, ready if web else lambda: None)


def setup(
    region: Annotated[
        str | None,
        typer.Option(help="GB/T 2260 code; its agencies and those of everything below it are set up."),
    ] = None,
    administrator: Annotated[str, typer.Option(help="User name of the first administrator.")] = "",
    email: Annotated[str, typer.Option(help="Where the administrator sets a password from.")] = "",
    agency: Annotated[
        str, typer.Option(help="Code of the administrator's agency, such as 230100-data.")
    ] = "",
    json_output: Annotated[bool, typer.Option("--json", help="Print what changed as JSON.")] = False,
) -> None:
    """Make the platform ready, or bring it up to date after a release: tables, static files, regions, agencies, roles.

    Example: `yingshang setup --region 230000 --administrator admin --email admin@example.org --agency 230000-data`
    """
    import django

    from yingshang.operations.environment import default_directory, platform
    from yingshang.operations.setup import prepare_tables, set_up

    with platform(default_directory()):
        django.setup()
        prepare_tables()
        summary = set_up(
            region=region, now=datetime.now(UTC), administrator=administrator, email=email, agency=agency
        )
    if json_output:
        print_json(summary.as_dict())
    else:
        messages.print(
            f"区划 regions {summary.regions:,} · 机构 agencies {summary.agencies:,} · 角色 roles {len(summary.roles)}",
            markup=False,
        )


def manage(context: typer.Context) -> None:
    """Django's management commands with the platform's environment and database.

    Example: `yingshang manage migrate`
    """
    from django.core.management import execute_from_command_line

    from yingshang.operations.environment import default_directory, platform

    with platform(default_directory()):
        execute_from_command_line(["yingshang manage", *context.args])


def doctor(
    language: Annotated[Language, typer.Option(help="The language of the text.")] = Language.CHINESE,
    json_output: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Is the platform well? Checks the database, its tables, the worker, the queue, the disk, clocks and calendars,
    and says what to do. Exit code 1 when something fails.

    Example: `yingshang doctor --language en`
    """
    from yingshang.operations.doctor import examine
    from yingshang.operations.environment import default_directory

    findings = examine(default_directory())
    failed = any(finding.status == "failure" for finding in findings)
    if json_output:
        print_json({"healthy": not failed, "findings": [finding.as_dict() for finding in findings]})
    else:
        english = language is Language.ENGLISH
        for finding in findings:
            mark, style = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "failure": ("✗", "red")}[
                finding.status
            ]
            results.print(
                Text.assemble((f"{mark} ", style), finding.message if english else finding.message_zh)
            )
            if advice := finding.advice if english else finding.advice_zh:
                results.print(Text(f"  → {advice}"))
    if failed:
        raise typer.Exit(EXIT_FOUND)


def backup(
    out: Annotated[Path, typer.Option(help="The file to write; it must not exist.", dir_okay=False)],
    json_output: Annotated[bool, typer.Option("--json", help="Print what was saved as JSON.")] = False,
) -> None:
    """Save the database and the uploaded files as of now in one file, while the platform works on.

    The keys are not in it: keep the file `environment` apart.

    Example: `yingshang backup --out /backups/2026-11-22.backup`
    """
    from yingshang.operations.backup import KEYS, database_url, make_backup
    from yingshang.operations.environment import default_directory, platform, variable

    directory = default_directory()
    with platform(directory):
        summary = make_backup(
            out,
            url=database_url(),
            files=directory / "files",
            keys={name: variable(name) for name in KEYS},
            now=datetime.now(UTC),
        )
    if json_output:
        print_json({"file": str(out), **summary.as_dict()})
    else:
        messages.print(f"{out}: {summary.database_bytes:,} bytes, {summary.files:,} files 文件", markup=False)


def restore(
    file: Annotated[Path, typer.Argument(help="A file `yingshang backup` wrote.", dir_okay=False)],
    to: Annotated[
        str | None,
        typer.Option(help="Another database, as postgresql://…; the uploaded files are left out then."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Replace what the database holds.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print what was restored as JSON.")] = False,
) -> None:
    """Put a backup back. The database changes in one transaction; without --yes only an empty one is written to.

    Example: `yingshang restore /backups/2026-11-22.backup`
    """
    from yingshang.operations.backup import KEYS, database_url, restore_backup
    from yingshang.operations.environment import default_directory, known_migrations, platform, variable
    from yingshang.operations.supervisor import not_serving

    directory = default_directory()
    with contextlib.nullcontext() if to else not_serving(directory), platform(directory):
        summary = restore_backup(
            file,
            url=to or database_url(),
            files=None if to else directory / "files",
            keys={name: variable(name) for name in KEYS},
            known_migrations=known_migrations(),
            overwrite=yes,
        )
    if json_output:
        print_json({"file": str(file), **summary.as_dict()})
    else:
        messages.print(
            f"{summary.made_at} ← {file}: yingshang manage migrate, yingshang doctor", markup=False
        )
