"""Addresses and words as somebody types them who means no good: no page breaks, no file carries a formula."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.test import Client
from openpyxl import load_workbook

from tests.examples import some
from tests.kernel.access.factories import HARBIN, arranged, official, person
from tests.web.desk.factories import city, signed_in
from yingshang.kernel.access.models import User

pytestmark = pytest.mark.django_db

ODD = ("-1", "0", "%00", "9" * 30, "%EF%BC%92", "-", "9999-12-31", "0001-01-01", "%ED%A0%80")


@pytest.mark.parametrize(
    ("role", "address", "names"),
    [
        ("department_official", "/desk/", ("page", "per_page", "sort", "kind", "colour")),
        ("department_official", "/desk/search/", ("text",)),
        ("administrator", "/desk/search/", ("text",)),
        (
            "department_official",
            "/desk/parties/",
            ("page", "per_page", "sort", "text", "region", "established_since"),
        ),
        ("department_official", "/desk/imports/", ("per_page", "sort", "text")),
        ("department_official", "/administration/jobs/", ("per_page", "state")),
        ("department_official", "/administration/calendars/", ("year",)),
        ("administrator", "/administration/users/", ("page", "per_page", "sort", "text", "agency_id")),
        ("administrator", "/administration/agencies/", ("page", "per_page", "sort", "region")),
        (
            "auditor",
            "/administration/audit/",
            ("page", "per_page", "sort", "who", "target", "since", "until"),
        ),
        ("leader", "/cockpit/", ("region",)),
        ("department_official", "/desk/appeals/", ("tab", "region_path", "text", "topic")),
        ("department_official", "/desk/appeals/suggest/", ("topic", "item", "region_path")),
        ("department_official", "/appeals/say/", ("about",)),
    ],
)
def test_no_parameter_breaks_a_page(role: str, address: str, names: tuple[str, ...]) -> None:
    browser = signed_in(official(role, HARBIN))
    for name in names:
        for value in some((*ODD, "9" * 5000), 3, of=f"{role} {address} {name}"):
            answer = browser.get(f"{address}?{name}={value}")
            assert answer.status_code < 500, (address, name, value[:40])


def test_an_export_is_as_long_whatever_page_size_the_address_names() -> None:
    city(30)
    browser = signed_in(official("leader", HARBIN))
    answer = browser.get("/desk/parties/?export=csv&per_page=-1")
    assert len(b"".join(answer.streaming_content).splitlines()) == 31


def test_a_name_with_control_characters_does_not_spoil_the_workbook() -> None:
    browser = signed_in(official("administrator", HARBIN))
    who = person(agency_code=HARBIN)
    # As a form takes it: Django refuses U+0000 and nothing else.
    _named(who.user, "甲\x0b乙\x1f")
    answer = browser.get("/administration/users/?export=xlsx")
    assert answer.status_code == 200
    cells = load_workbook(BytesIO(b"".join(answer.streaming_content))).active
    assert cells is not None
    assert any("甲 乙" in str(cell) for row in cells.values for cell in row)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\n="])
def test_no_cell_of_a_file_begins_a_formula(start: str) -> None:
    browser = signed_in(official("administrator", HARBIN))
    _named(person(agency_code=HARBIN).user, f"{start}cmd|'/c calc'!A1")
    answer = browser.get("/administration/users/?export=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert f"'{start}cmd" in text


def _named(user: User, name: str) -> None:
    with arranged():
        User.objects.filter(pk=user.pk).update(name=name)


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00%2B14:00"])
def test_a_moment_at_the_edge_of_time_is_refused(moment: str) -> None:
    (party,) = city(1)
    browser = signed_in(official("leader", HARBIN))
    answer = browser.get(f"/api/v1/parties/{party.credit_code}/facts?as_known_at={moment}")
    assert answer.status_code == 422


def test_the_style_page_takes_any_address() -> None:
    for value in ODD:
        # No form and no link of ours says U+0000: every page refuses it in the same words.
        expected = 400 if value == "%00" else 200
        assert Client().get(f"/style?per_page={value}").status_code == expected, value
