"""The style page in every dress: every component, every state."""

from __future__ import annotations

import pytest

from .conftest import NARROW, WIDE, PageAt, assert_accessible, screenshot

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_component_in_every_dress(page_at: PageAt, width: int, colours: str) -> None:
    page = page_at(width, color_scheme=colours)
    page.goto("/style")
    page.wait_for_selector("[data-map][data-drawn]")
    screenshot(page, f"style-{width}-{colours}")
    assert_accessible(page)
