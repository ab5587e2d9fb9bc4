"""The style page holds every component; every icon is in the file of icons; navigation knows who may go where."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from tests.kernel.access.factories import PASSWORD, enterprise, legal_representative_of, official, person
from yingshang.kernel.access.api import VISITOR, rule_of
from yingshang.kernel.access.models import User
from yingshang.web.design import navigation

SOURCE = Path(navigation.__file__).parent
WEB = SOURCE.parent
ICON = re.compile(r"{%\s*icon\s+\"([\w-]+)\"|icon=\"([\w-]+)\"|\|default:\"([\w-]+)\"|\bicon\(\"([\w-]+)\"")
IN_PYTHON = re.compile(
    r"\bicon\(\"([\w-]+)\"|\"icon\": \"([\w-]+)\"|Destination\([^)]*?\"[\w:-]+\", \"([\w-]+)\""
)


def listed() -> set[str]:
    lines = (SOURCE / "assets" / "icons.txt").read_text("utf-8").splitlines()
    return {name for line in lines if (name := line.partition("#")[0].strip())}


def test_every_icon_that_is_used_is_in_the_file() -> None:
    used: dict[str, str] = {}
    for path in WEB.rglob("*.html"):
        if "reports" in path.parts:
            continue
        text = path.read_text("utf-8")
        for found in re.findall(r"{%\s*icon\s+[\"']([\w-]+)[\"']", text) + re.findall(
            r"\bicon=\"([\w-]+)\"", text
        ):
            used[found] = path.name
    for path in WEB.rglob("*.py"):
        for groups in IN_PYTHON.findall(path.read_text("utf-8")):
            used[next(name for name in groups if name)] = path.name
    for destination in navigation.all_destinations():
        used[destination.icon] = destination.view
    assert {name: place for name, place in used.items() if name not in listed()} == {}


def test_built_assets_are_there() -> None:
    for name in ("design.css", "design.js", "charts.js", "theme.js", "icons.svg"):
        assert (SOURCE / "static" / "design" / "build" / name).stat().st_size > 100, "make install"
    sprite = (SOURCE / "static" / "design" / "build" / "icons.svg").read_text("utf-8")
    assert set(re.findall(r'<symbol id="([\w-]+)"', sprite)) == listed()


def test_the_style_page_shows_every_component() -> None:
    page = (SOURCE / "templates" / "design" / "style.html").read_text("utf-8")
    base = "".join(
        path.read_text("utf-8")
        for path in (SOURCE / "templates" / "design").rglob("*.html")
        if path.name != "style.html"
    )
    tags = {"chart": "{% chart ", "map": "{% region_map ", "clock": "{% clock "}
    for component in (SOURCE / "templates" / "design" / "components").glob("*.html"):
        name = component.stem
        shown = (
            f"components/{name}.html" in page or f'component "{name}"' in page or tags.get(name, "\0") in page
        )
        inside = f"components/{name}.html" in base
        assert shown or inside, f"{name} is not on the style page"


@pytest.mark.django_db
def test_the_style_page_is_open_and_reads_nothing(client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = client.get("/style")
    assert [each["sql"] for each in queries if "SAVEPOINT" not in each["sql"]] == []
    assert response.status_code == 200
    assert "script-src" in response["Content-Security-Policy"]
    html = response.content.decode()
    assert re.findall(r"<script(?![^>]*(?:src=|application/json))", html) == [], "no script inside the page"
    assert re.findall(r"\son\w+=\"", html) == [], "no event attributes"


def test_every_destination_leads_somewhere() -> None:
    for destination in navigation.all_destinations():
        assert rule_of(resolve(reverse(destination.view)).func) is not None, destination.view


@pytest.mark.django_db
def test_navigation_shows_what_one_may_open() -> None:
    def names(actor: object) -> set[str]:
        return {each.view for face in ("portal", "account") for each in navigation.destinations(face, actor)}  # type: ignore[arg-type]

    assert "portal:messages" not in names(VISITOR)
    boss = legal_representative_of(enterprise()).actor()
    assert {"portal:home", "portal:enterprises", "portal:messages"} <= names(boss)
    assert "desk:home" not in names(boss)
    assert "desk:home" in names(official("window_official").actor())
    assert "cockpit:home" in names(official("leader").actor())


@pytest.mark.django_db
def test_choices_of_display_are_remembered(client: Client) -> None:
    response = client.post("/display", {"theme": "dark", "text": "large", "next": "/style"})
    assert response["Location"] == "/style"
    html = client.get("/style").content.decode()
    assert 'data-bs-theme="dark"' in html and 'data-text="large"' in html
    client.post("/display", {"theme": "purple"})
    assert 'data-bs-theme="dark"' in client.get("/style").content.decode(), "what is unknown changes nothing"


@pytest.mark.django_db
def test_an_address_elsewhere_is_not_followed(client: Client) -> None:
    assert client.post("/display", {"theme": "dark", "next": "https://example.org/"})["Location"] == "/"
    assert client.post("/display", {"theme": "dark", "next": "//example.org/"})["Location"] == "/"


@pytest.mark.django_db
def test_large_text_and_language_belong_to_the_account(client: Client) -> None:
    who = person()
    client.post("/account/login/", {"login": who.user.username, "password": PASSWORD})
    client.post("/display", {"text": "large"})
    client.post("/language", {"language": "en", "next": "/"})
    user = User.objects.get(pk=who.id)
    assert user.large_text
    assert user.language == "en"
    del client.cookies["text"]
    assert 'data-text="large"' in client.get("/").content.decode()


@pytest.mark.django_db
def test_the_mark_of_the_demonstration(client: Client, settings: object) -> None:
    settings.DEMONSTRATION = True  # type: ignore[attr-defined]
    assert "演示数据" in client.get("/").content.decode()
