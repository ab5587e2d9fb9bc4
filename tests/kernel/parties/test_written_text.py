"""What a person wrote of a fact is shown as the fact's own value is."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from yingshang.kernel.parties.api import written_text


@pytest.mark.parametrize(
    ("column", "written", "shown"),
    [
        ("fin.revenue.2025", "1234567.5", "1,234,567.50 元"),
        ("fin.revenue.2025", "1,234,567.50 元", "1,234,567.50 元"),
        ("emp.total", "1200", "1,200 人"),
        ("ent.region", "230102", "哈尔滨市道里区 230102"),
        ("ent.established", "2020-01-31", "2020-01-31"),
        ("ent.is_legal_person", "是", "是"),
        ("emp.total", "大约一千", "大约一千"),
        ("emp.total", "******", "******"),
        ("no.such", "1200", "1200"),
    ],
)
def test_as_the_facts_own_value(column: str, written: str, shown: str) -> None:
    with override("zh-hans"):
        assert written_text(column, written) == shown
