"""The style page in every dress: every component, every state."""

from __future__ import annotations

import pytest

from .conftest import NARROW, WIDE, PageAt, assert_accessible, colours, screenshot

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_component_in_every_dress(page_at: PageAt, width: int) -> None:
    page = page_at(width)
    page.goto("/style")
    page.wait_for_selector("[data-map][data-drawn]")
    for colour in colours(page):
        screenshot(page, f"style-{width}-{colour}")
        assert_accessible(page)
