"""Verification: open to everybody, public facts only, never too often."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.web.desk.factories import DAOLI, city
from yingshang.kernel.reference.api import make_credit_code

CODE = make_credit_code("9", "1", "350211", "M000100Y")

pytestmark = pytest.mark.django_db


def test_without_an_account_a_registered_code_shows_public_facts_only(client: Client) -> None:
    (party,) = city(1, places=(DAOLI,))
    page = client.get(f"/verify/{party.credit_code}").content.decode()
    for text in (party.name, "代码有效", "市场监管", "黑龙江省哈尔滨市道里区", "演示数据"):
        assert text in page
    for secret in (party.contact_phone, party.contact_email, "2345678.90", "2,345,678.90"):
        assert secret not in page


def test_a_valid_code_that_is_not_registered_here(client: Client) -> None:
    page = client.get(f"/verify/{CODE}").content.decode()
    assert "代码有效" in page and "本平台没有这个代码的登记" in page


@pytest.mark.parametrize(
    "code", [CODE[:-1] + ("1" if CODE[-1] != "1" else "2"), "123", "哈尔滨", CODE[:-1] + "O"]
)
def test_a_wrong_code_is_told_place_by_place(client: Client, code: str) -> None:
    answer = client.get(f"/verify/{code}")
    assert answer.status_code == 200
    assert "不是有效的统一社会信用代码" in answer.content.decode()


def test_what_is_typed_becomes_one_address(client: Client) -> None:
    assert (
        client.get("/verify/", {"code": f" {CODE[:8]} {CODE[8:].lower()} "})["Location"] == f"/verify/{CODE}"
    )
    assert client.get(f"/verify/{CODE.lower()}")["Location"] == f"/verify/{CODE}"


@pytest.mark.parametrize("code", ["<script>", "a/b", "....", ""])
def test_what_can_be_no_code_stays_on_the_form(client: Client, code: str) -> None:
    answer = client.get("/verify/", {"code": code})
    assert answer.status_code == 200 and "<script>" not in answer.content.decode().split("<main")[1]


def test_the_first_page_says_what_can_be_verified_and_what_cannot(client: Client) -> None:
    page = client.get("/verify/").content.decode()
    assert "可以核验" in page and "尚不能核验" in page


def test_one_address_cannot_ask_without_end(client: Client) -> None:
    statuses = [client.get(f"/verify/{CODE}").status_code for _ in range(32)]
    assert statuses[:30] == [200] * 30 and 429 in statuses
    address = f"/verify/{CODE}"
    refused = client.get(address)
    assert int(refused["Retry-After"]) >= 1
    assert f'href="{address}"' in refused.content.decode()
    assert client.get(f"/verify/{CODE}", REMOTE_ADDR="192.0.2.7").status_code == 200


def test_a_merged_code_answers_with_the_party_that_was_kept(client: Client) -> None:
    one, other = city(2, places=(DAOLI,))
    from tests.kernel.access.factories import arranged

    with arranged():
        other.merged_into = one
        other.save()
    page = client.get(f"/verify/{other.credit_code}").content.decode()
    assert one.name in page and "现用代码" in page
