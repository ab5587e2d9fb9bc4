"""How much may lie with forms that are not submitted, and for how long: the platform's data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.reference.api import parse_yaml


@dataclass(frozen=True, slots=True)
class Quota:
    """So many files, of so many bytes together."""

    files: int
    bytes: int

    @property
    def megabytes(self) -> int:
        return self.bytes // 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What the data file says."""

    of_person: Quota
    of_party: Quota
    unnamed: timedelta
    named: timedelta


@cache
def limits() -> Limits:
    """The limits of the data file. Raises ValueError where one of them is no positive number."""
    data: dict[str, Any] = parse_yaml((files(__package__) / "data/limits.yaml").read_text(encoding="utf-8"))
    return Limits(
        of_person=_quota(data["of_person"]),
        of_party=_quota(data["of_party"]),
        unnamed=timedelta(days=_positive(data["unnamed_days"])),
        named=timedelta(days=_positive(data["days"])),
    )


def _quota(data: dict[str, Any]) -> Quota:
    return Quota(_positive(data["files"]), _positive(data["megabytes"]) * 1_000_000)


def _positive(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"a limit of forms must be a whole number above nought, not {value!r}")
    return value
