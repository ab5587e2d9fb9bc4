"""What is decided once of the sample city, and who works in it. How it is filled: test_demonstration."""

from __future__ import annotations

import stat
from datetime import date
from pathlib import Path

import pytest

from yingshang.operations.errors import UnknownCity
from yingshang.operations.sample_city import (
    Demonstration,
    described,
)

AS_OF = date(2026, 11, 21)


def test_what_was_decided_first_stays(tmp_path: Path) -> None:
    first = Demonstration.of(tmp_path, city="tiny", today=AS_OF)
    assert Demonstration.of(tmp_path, city="tiny", today=date(2027, 1, 1)) == first
    assert stat.S_IMODE((tmp_path / "demonstration.json").stat().st_mode) == 0o600
    larger = Demonstration.of(tmp_path, city="small", today=date(2027, 1, 1))
    assert (larger.city, larger.as_of, larger.password) == ("small", AS_OF, first.password)
    with pytest.raises(UnknownCity, match="tiny, small, large"):
        Demonstration.of(tmp_path, city="metropolis", today=AS_OF)


def test_nobody_has_two_roles_that_conflict() -> None:
    """The file could ask for what the platform refuses; better to see that here than at somebody's first start."""
    held: dict[str, list[str]] = {}
    for person in described()["staff"]:
        held.setdefault(person["username"], []).append(person["role"])
    assert all(len(roles) == 1 for roles in held.values())
