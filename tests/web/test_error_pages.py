"""Pages that say what went wrong: in the language of the page, and the last one without a database."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import translation

from tests.kernel.access.factories import official, person
from tests.web.desk.factories import session_of
from yingshang.web.errors import server_error


def _words(response: HttpResponse) -> str:
    return response.content.decode()


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "系统出错了"), ("en", "Something went wrong")])
def test_what_broke_may_be_the_database(language: str, words: str) -> None:
    """No database here: pytest refuses a query in this test."""
    request = RequestFactory().get("/", HTTP_X_REQUEST_ID="0d5f2c8e-number")
    with translation.override(language):
        response = server_error(request)
    assert response.status_code == 500
    assert words in _words(response)
    assert "0d5f2c8e-number" in _words(response), "the number by which an operator finds the log"
    assert f'lang="{language}"' in _words(response)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "missing", "closed"),
    [
        ("zh-hans", "没有这个页面", "您没有打开这个页面的权限"),
        ("en", "There is no such page", "This page is not open to you"),
    ],
)
def test_refusals_speak_the_language_of_the_page(language: str, missing: str, closed: str) -> None:
    client = Client(headers={"accept-language": language})
    response = client.get("/nowhere")
    assert (response.status_code, missing in _words(response)) == (404, True)
    client.cookies["sessionid"] = session_of(person())
    response = client.get("/desk/")
    assert (response.status_code, closed in _words(response)) == (403, True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "words"), [("zh-hans", "无法处理这个请求"), ("en", "This request makes no sense")]
)
def test_a_host_that_is_none_of_ours_gets_a_page_of_ours(language: str, words: str) -> None:
    client = Client(headers={"accept-language": language, "host": "elsewhere.example"})
    response = client.get("/")
    assert (response.status_code, words in _words(response)) == (400, True)


@pytest.mark.django_db
def test_after_logging_in_officials_come_to_their_workbench() -> None:
    for who, target in ((official("window_official"), "/desk/"), (person(), "/")):
        client = Client()
        client.cookies["sessionid"] = session_of(who)
        assert client.get("/start").headers["location"] == target
