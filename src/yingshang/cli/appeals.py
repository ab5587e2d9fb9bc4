"""`yingshang receive-appeal-mail`: a mail server hands over a letter, and it becomes an appeal."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from yingshang.cli.output import messages, print_json
from yingshang.rules.errors import DomainError

# What mail servers understand (sysexits.h): it cannot be read, it is not wanted now, try again later.
UNREADABLE, UNAVAILABLE, TRY_AGAIN = 65, 69, 75
_CODES = {"appeals.unreadable_letter": UNREADABLE, "appeals.too_many": UNAVAILABLE}
_MOST = 64 * 1024 * 1024


def receive_appeal_mail(
    region: Annotated[
        str, typer.Option(help="GB/T 2260 code of the region whose desk dispatches what comes in.")
    ],
    sender: Annotated[
        str | None,
        typer.Option(help="The sender of the envelope; empty for a report of delivery, which is ignored."),
    ] = None,
    checked_by: Annotated[
        str,
        typer.Option(
            help="The mail server whose Authentication-Results are believed; without one a letter speaks for no "
            "enterprise."
        ),
    ] = "",
    json_output: Annotated[bool, typer.Option("--json", help="Print what became of it as JSON.")] = False,
) -> None:
    """Take a letter in from standard input: an appeal, or something added to the appeal its subject names.

    For the pipe of a mail server. Exit codes are those of sysexits.h: **0** taken in, answered or ignored; **65** no
    letter; **69** too many of one address; **75** try again later, so that no letter is lost.

    Example: `yingshang receive-appeal-mail --region 230100 < letter.eml`
    """
    raw = sys.stdin.buffer.read(_MOST)
    try:
        told = _received(raw, region, sender, checked_by)
    except DomainError as error:
        messages.print(f"{error.message_zh} {error.message}", markup=False)
        raise SystemExit(_CODES.get(error.code, TRY_AGAIN)) from None
    except Exception as error:
        # Its words could be of the letter: the kind of the trouble says enough for who looks after the server.
        messages.print(f"{type(error).__name__}: 稍后重试 try again later", markup=False)
        raise SystemExit(TRY_AGAIN) from None
    if json_output:
        print_json(told)
    else:
        messages.print(
            " ".join(each for each in (told["outcome"], told["number"], told["message_zh"]) if each)
        )


def _received(raw: bytes, region: str, sender: str | None, checked_by: str) -> dict[str, str]:
    import django

    from yingshang.operations.environment import default_directory, platform

    with platform(default_directory()):
        django.setup()
        from yingshang.areas.appeals.api import receive_letter
        from yingshang.kernel.access.api import system_actor

        found = receive_letter(
            actor=system_actor("appeals.mail"),
            raw=raw,
            region_code=region,
            envelope_sender=sender,
            checked_by=checked_by,
            now=datetime.now(UTC),
        )
    return {
        "outcome": found.outcome,
        "number": found.number,
        "message": found.message,
        "message_zh": found.message_zh,
    }
