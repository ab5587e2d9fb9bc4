"""`yingshang serve`, `manage`: the platform on this machine.

What these need (the database driver, Django) is loaded when they are called: the other commands start without it.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from yingshang.cli.output import messages


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


def manage(context: typer.Context) -> None:
    """Django's management commands with the platform's environment and database.

    Example: `yingshang manage migrate`
    """
    from django.core.management import execute_from_command_line

    from yingshang.operations.environment import default_directory, platform

    with platform(default_directory()):
        execute_from_command_line(["yingshang manage", *context.args])
