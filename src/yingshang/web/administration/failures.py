"""Why a job failed, as an operator may read it: the last line first, the rest folded, personal data taken out."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Identity numbers, credit codes, mobile numbers, e-mail addresses: what an error message may quote from a row.
_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.]+|(?<![0-9A-Za-z])(?:\d{17}[\dXx]|1\d{10}|[0-9A-Z]{18})(?![0-9A-Za-z])"
)
# What the database quotes of a row that it refuses.
_QUOTED_ROW = re.compile(r"(DETAIL:\s*(?:Failing row contains|Key)).*")


@dataclass(frozen=True, slots=True)
class Failure:
    """The reason in a line, and the traceback where there is one."""

    reason: str
    trace: str


def failure_of(error: str) -> Failure:
    """What an error text says, without personal data."""
    clean = without_personal_data(error).strip()
    lines = clean.splitlines()
    if len(lines) < 2:
        return Failure(clean, "")
    told = [line for line in lines if line and not line[0].isspace() and not line.startswith("DETAIL")]
    return Failure(told[-1] if told else lines[-1], clean)


def without_personal_data(text: str) -> str:
    """The text with numbers of people, codes of enterprises, addresses and quoted rows replaced by stars."""
    return _PERSONAL.sub("＊＊＊", _QUOTED_ROW.sub(r"\1 ＊＊＊", text))
