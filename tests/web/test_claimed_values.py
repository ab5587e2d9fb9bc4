"""What is claimed of a fact, and put in its place, is shown as the fact's own value is, on both sides."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests.kernel.access.factories import NOW
from tests.processes.fact_objection import factories as objecting
from tests.web.desk.factories import signed_in

pytestmark = pytest.mark.django_db


def test_on_the_workbench_and_on_the_portal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    city = objecting.a_city()
    row = objecting.answered_objection(city, claimed_value="1500")
    desk = signed_in(city.window).get(f"/desk/cases/{row.case_id}/").content.decode()
    portal = signed_in(city.clerk).get(f"/objections/{row.pk}/").content.decode()
    for page in (desk, portal):
        assert "1,500 人" in page
        assert ">1500<" not in page
    assert portal.count("1,500 人") == 2, "what was claimed, and what was put right"
