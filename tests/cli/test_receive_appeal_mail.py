"""What a mail server is told: done, no letter, not now, again later. What is taken in has tests with the appeals."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from yingshang.cli import appeals
from yingshang.cli.main import app
from yingshang.rules.errors import DomainError

LETTER = b"From: a@example.org\n\nwords"


def refusal(code: str) -> DomainError:
    error = DomainError("no", message_zh="不行")
    error.code = code
    return error


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        ({"outcome": "submitted", "number": "SQ1", "message": "", "message_zh": ""}, 0),
        (refusal("appeals.unreadable_letter"), 65),
        (refusal("appeals.too_many"), 69),
        (refusal("appeals.nobody_to_ask"), 75),
        (OSError("the database is away; words of a letter"), 75),
    ],
)
def test_exit_codes_are_those_of_mail_servers(
    monkeypatch: pytest.MonkeyPatch, outcome: dict[str, str] | Exception, code: int
) -> None:
    given = []

    def received(*arguments: object) -> dict[str, str]:
        given.append(arguments)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(appeals, "_received", received)
    done = CliRunner().invoke(
        app,
        [
            "receive-appeal-mail",
            "--region",
            "230100",
            "--sender",
            "",
            "--checked-by",
            "mx.example.org",
            "--json",
        ],
        input=LETTER,
    )
    assert given == [(LETTER, "230100", "", "mx.example.org")]
    assert done.exit_code == code
    assert "words of a letter" not in done.output
    if code == 0:
        assert json.loads(done.stdout)["number"] == "SQ1"
