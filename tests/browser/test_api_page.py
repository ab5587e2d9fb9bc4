"""The page that describes the API: readable on a phone and on a desk, without a finding of axe."""

from __future__ import annotations

import pytest

from tests.browser.conftest import NARROW, WIDE, PageAt, assert_accessible, assert_fits, screenshot

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_description(page_at: PageAt, width: int) -> None:
    page = page_at(width)
    page.goto("/api/v1/docs")
    assert page.locator("article").count() > 20
    assert_accessible(page)
    assert_fits(page)
    screenshot(page, f"api-docs-{width}")
