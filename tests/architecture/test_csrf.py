"""No form is sent, and no page changes anything, without the token against forged requests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

import yingshang
from tests.architecture.test_access_matrix import addresses

TEMPLATES = sorted(Path(yingshang.__file__).parent.rglob("templates/**/*.html"))
FORM = re.compile(r"<form\b[^>]*>.*?</form>", re.DOTALL | re.IGNORECASE)
OPENS = re.compile(r"<form\b[^>]*>", re.IGNORECASE)
POSTS = re.compile(r"""method=["']post["']|\bhx-(post|put|patch|delete)=""", re.IGNORECASE)

# What other systems send carries a credential of its own and no cookie counts there.
WITHOUT = {
    "api:nowhere": "answers that there is nothing",
    "message-reports": "gateways sign what they report",
    "oauth2_provider:token": "systems ask for their token with their secret",
    "oauth2_provider:revoke-token": "and give it back with it",
}


def test_every_form_that_is_sent_carries_the_token() -> None:
    seen, bare = 0, []
    for path in TEMPLATES:
        text = path.read_text("utf-8")
        whole = FORM.findall(text)
        assert len(whole) == len(OPENS.findall(text)), f"{path}: a form that does not end in its own template"
        for form in whole:
            opening = OPENS.match(form)
            if opening and POSTS.search(opening[0]):
                seen += 1
                if "{% csrf_token %}" not in form:
                    bare.append(f"{path.name}: {opening[0][:100]}")
    assert seen > 60
    assert bare == []


def test_what_posts_without_a_form_gets_the_token_from_the_page() -> None:
    outside = [
        (path.name, found[0])
        for path in TEMPLATES
        for found in re.finditer(
            r"<(?!form\b)\w+[^>]*\bhx-(?:post|put|patch|delete)=[^>]*>", path.read_text("utf-8")
        )
    ]
    script = "".join(each.read_text("utf-8") for each in scripts())
    assert not outside or "csrf-token" in script, outside


def scripts() -> list[Path]:
    """The platform's own scripts, as they are written."""
    return sorted((Path(yingshang.__file__).parent / "web" / "design" / "assets").rglob("*.js"))


def test_only_systems_are_spared() -> None:
    assert "django.middleware.csrf.CsrfViewMiddleware" in settings.MIDDLEWARE
    spared = {each.name for each in addresses() if getattr(each.view, "csrf_exempt", False)}
    assert spared == set(WITHOUT)


@pytest.mark.django_db
def test_a_page_refuses_what_comes_without_it() -> None:
    browser = Client(enforce_csrf_checks=True)
    answer = browser.post("/account/login/", {"login": "nobody", "password": "nothing"})
    assert answer.status_code == 403
