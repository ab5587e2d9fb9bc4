"""What somebody may send in the place of what a form asks: refused, never an error of ours."""

from __future__ import annotations

from yingshang.web.contracts.registering.reading import Reading
from yingshang.web.contracts.registering.rows import _hundredth


def test_a_share_out_of_all_bounds_and_proposals_that_are_none_are_left_alone() -> None:
    assert _hundredth("1e9999999") == "1e9999999"
    assert Reading.kept("[" * 50_000) == Reading()
