"""The style page in every dress: every component, every state."""

from __future__ import annotations

import pytest

from .conftest import DRAWN, NARROW, PageAt, assert_accessible, colours, screenshot, wait_until, widths

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_component_in_every_dress(page_at: PageAt) -> None:
    page = page_at(NARROW)
    for width in widths(page):
        page.goto("/style")
        page.wait_for_selector("[data-map][data-drawn]")
        wait_until(page, DRAWN)
        for colour in colours(page):
            screenshot(page, f"style-{width}-{colour}")
            assert_accessible(page)
