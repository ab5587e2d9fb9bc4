"""Every test begins with no requests counted against its address."""

from __future__ import annotations

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def nothing_counted(db: None) -> None:
    cache.clear()
