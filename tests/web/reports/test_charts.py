"""Pictures do not lie: parts fill the whole, something is visible, scales hold what is drawn."""

from __future__ import annotations

import re
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from yingshang.web.reports.charts import Scale, diverging_bar, interval_bar, stacked_bar, step_bar

AMOUNTS = st.decimals(-(10**13), 10**13, allow_nan=False, places=2)


def _spans(picture: str) -> list[tuple[float, float]]:
    found = re.findall(r'<rect class="[^"]*" x="([-\d.]+)%" width="([-\d.]+)%"', picture)
    return [(float(start), float(width)) for start, width in found]


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=4))
def test_stacked_parts_stay_within_the_whole_and_are_visible(values: list[int]) -> None:
    spans = _spans(stacked_bar([("entitled", value) for value in values]))
    assert len(spans) == sum(value > 0 for value in values)
    assert all(width >= 0.39 for _, width in spans)
    assert all(start >= 0 and start + width <= 100.05 for start, width in spans)


@given(st.lists(AMOUNTS, max_size=6))
def test_a_scale_holds_its_values_and_zero_on_a_tick(values: list[Decimal]) -> None:
    scale = Scale.over(values)
    assert 0 in scale.ticks
    assert all(scale.low <= value <= scale.high for value in values)
    assert all(-0.001 <= scale.place(value) <= 100.001 for value in values)
    assert 1 <= len(scale.ticks) <= 7


def test_an_interval_is_solid_then_hatched_with_the_budget_across() -> None:
    picture = interval_bar(Decimal(20), Decimal(80), Scale.over([Decimal(100)]), budget=Decimal(50))
    assert '<rect class="money" x="0%" width="20%"' in picture
    assert '<rect class="money open" x="20%" width="60%"' in picture
    assert '<line class="limit" x1="50%"' in picture


def test_a_budget_beyond_the_scale_is_not_drawn_elsewhere() -> None:
    assert "limit" not in interval_bar(Decimal(1), Decimal(2), Scale.over([Decimal(2)]), budget=Decimal(90))


def test_losses_lie_left_of_zero_and_gains_right() -> None:
    scale = Scale.over([Decimal(100), Decimal(-100)])
    left, right = _spans(diverging_bar((("lose", 40),), (("gain", 60),), scale))
    assert (left, right) == ((30.0, 20.0), (50.0, 30.0))


def test_a_step_begins_where_the_last_one_ended() -> None:
    scale = Scale.over([Decimal(0), Decimal(100)])
    assert _spans(step_bar(Decimal(20), Decimal(60), scale)) == [(20.0, 40.0)]
    assert _spans(step_bar(Decimal(60), Decimal(20), scale)) == [(20.0, 40.0)]
    assert _spans(step_bar(Decimal(20), Decimal(20), scale)) == []
