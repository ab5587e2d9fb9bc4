"""The page that describes the API: readable on a phone and on a desk, without a finding of axe."""

from __future__ import annotations

import pytest

from tests.browser.conftest import NARROW, PageAt, assert_fits, wide_and_narrow

pytestmark = pytest.mark.django_db(transaction=True)


def test_description(page_at: PageAt) -> None:
    page = page_at(NARROW)
    page.goto("/api/v1/docs", timeout=60_000)  # the first request has the description made
    assert page.locator("article").count() > 20
    wide_and_narrow(page, "api-docs")
    # And as it is when it is opened in the other width.
    page.reload()
    assert page.locator("article").count() > 20
    assert_fits(page)
