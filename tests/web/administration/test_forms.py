"""The editor of forms: every button, what is refused and where, versions and what changed between them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from tests.kernel.access.factories import PASSWORD, QIQIHAR, SYSTEM, administrator, official
from tests.kernel.forms.factories import a_form, defaults
from yingshang.kernel.forms.api import (
    Document,
    InvalidForm,
    add_field,
    field_settings,
    form_versions,
    get_form,
    get_form_version,
    move_field,
    remove_field,
    remove_section,
    set_field,
)

pytestmark = pytest.mark.django_db

FIELD = {
    "kind": "choice",
    "name": "规模",
    "name_en": "Size",
    "width": "half",
    "required": "always",
    "options": "s | 小 | Small\nl | 大 | Large",
}


@pytest.fixture
def client() -> Client:
    made = Client()
    made.post("/account/login/", {"login": administrator().user.username, "password": PASSWORD})
    return made


def text(answer: Any) -> str:
    return str(answer.content.decode())


def latest(code: str) -> Any:
    return get_form_version(actor=SYSTEM, code=code)


def test_a_form_is_made_edited_tried_and_published_by_its_pages(client: Client) -> None:
    made = client.post("/administration/form-new/", {"code": "visit", "name": "走访", "name_en": "Visit"})
    assert made["Location"] == "/administration/forms/visit/edit/"
    edit, field = "/administration/forms/visit/edit/", "/administration/forms/visit/fields"
    new = client.post(
        "/administration/forms/visit/sections/main/add/", {**FIELD, "code": "size", "revision": "1"}
    )
    assert new["Location"].endswith("?at=size#at-size"), text(new)
    more = {"kind": "integer", "name": "人数", "name_en": "Staff", "width": "full", "required": "when"}
    client.post(
        "/administration/forms/visit/sections/main/add/",
        {
            **more,
            "code": "staff",
            "required_field": "size",
            "required_values": "l",
            "when_field": "size",
            "when_values": "l,s",
            "fact": "emp.insured_count",
            "least": "0",
        },
    )
    version = latest("visit")
    assert (
        version.fields["staff"].when == 'size in ("l", "s")'
        and version.fields["staff"].fact == "emp.insured_count"
    )
    assert version.schema["allOf"][0]["then"] == {"required": ["staff"]}
    client.post(edit, {"do": "up:staff"})
    page = text(client.get(edit))
    assert "规模" in page and "满足条件时必填" in page and "从数据预填" in page
    assert list(latest("visit").fields) == ["first_field", "size", "staff"], (
        "a condition looks back, so it stays"
    )
    client.post(edit, {"do": "up:size"})
    assert list(latest("visit").fields) == ["size", "first_field", "staff"]
    client.post(edit, {"do": "add-section", "name": "其他", "name_en": "More"})
    client.post(edit, {"do": "down:staff"})
    assert [len(each.fields) for each in latest("visit").sections] == [2, 1]
    client.post(edit, {"do": "section-up:section_1"})
    assert latest("visit").sections[0].code == "main", "a condition looks back over sections too"
    client.post(edit, {"do": "remove:first_field"})
    client.post(
        "/administration/forms/visit/sections/main/",
        {"name": "甲", "name_en": "First", "note": "", "note_en": ""},
    )
    client.post(edit, {"do": "rename", "name": "走访表", "name_en": "Visits"})
    assert client.get(f"{field}/size/").status_code == 200
    preview = client.get("/administration/forms/visit/preview/?width=phone")
    assert "规模" in text(preview) and "preview phone" in text(preview)
    assert client.post("/administration/forms/visit/preview/", {"size": "l"}).status_code == 422
    assert "可以提交" in text(
        client.post("/administration/forms/visit/preview/", {"size": "l", "staff": "3"})
    )
    client.post("/administration/forms/visit/publish/", {"note": "第一版"})
    assert get_form("visit").name == "走访表"
    client.post(f"{field}/size/", {**FIELD, "name": "企业规模"})
    page = text(client.get("/administration/forms/visit/"))
    assert "企业规模" in page and "版本 2" in page and "第一版" in page
    client.post("/administration/forms/visit/discard/")
    assert [each.number for each in form_versions(actor=SYSTEM, code="visit")] == [1]
    assert "走访表" in text(client.get("/administration/forms/"))
    assert "Visits" in text(client.get("/administration/forms/", headers={"Accept-Language": "en"}))


def test_settings_that_will_not_do_are_told_at_the_setting(client: Client) -> None:
    a_form()
    address = "/administration/forms/loan/fields/number/"
    base = {"kind": "text", "name": "编号", "name_en": "Number", "width": "full", "required": "never"}
    runaway = client.post(address, {**base, "pattern": "^(a+)+$"})
    assert runaway.status_code == 422 and "运行极久" in text(runaway)
    assert "选项应为" in text(client.post(address, {**base, "kind": "choice", "options": ""}))
    assert "代码 | 中文 | 英文" in text(
        client.post(address, {**base, "kind": "choice", "options": "只有一个"})
    )
    assert "整数" in text(client.post(address, {**base, "least": "viele"}))
    assert client.post(address, {**base, "when": "size ="}).status_code == 422
    assert client.post(address, {**base, "when": "nothing = 1"}).status_code == 422
    assert client.get("/administration/forms/loan/fields/nothing/").status_code == 422
    assert client.get("/administration/forms/nothing/").status_code == 404
    taken = client.post("/administration/forms/loan/sections/main/add/", {**base, "code": "amount"})
    assert taken.status_code == 422 and "已有字段" in text(taken)
    assert latest("loan").state == "published", "nothing was saved"


def test_two_who_edit_at_once_are_told(client: Client) -> None:
    a_form()
    edit = "/administration/forms/loan/edit/"
    client.post(edit, {"do": "up:amount", "revision": "0"})
    answer = client.post(edit, {"do": "up:amount", "revision": "0"}, follow=True)
    assert "其他人刚刚修改了这份草稿" in text(answer)


def test_the_source_is_judged_by_line(client: Client) -> None:
    version = a_form()
    address = "/administration/forms/loan/source/"
    data = {"schema": dict(version.schema), "layout": dict(version.layout)}
    data["schema"] = json.loads(json.dumps(data["schema"]))
    data["schema"]["properties"]["name"]["$ref"] = "https://example.org/x.json"
    source = json.dumps(data, ensure_ascii=False, indent=1)
    line = next(number for number, each in enumerate(source.splitlines(), 1) if "$ref" in each)
    answer = client.post(address, {"source": source})
    assert answer.status_code == 422 and f"第 {line} 行" in text(answer) and "从不联网" in text(answer)
    assert "第 2 行" in text(client.post(address, {"source": "{\n!}"}))
    assert "写了两次" in text(client.post(address, {"source": '{"schema": {},\n"schema": {}, "layout": {}}'}))
    assert "schema 和 layout" in text(client.post(address, {"source": "[]"}))
    assert client.post(address, {"source": '{"schema":' * 5000}).status_code == 422
    assert client.post(address, {"source": '{"schema": {"a": NaN}, "layout": {}}'}).status_code == 422
    assert client.post(address, {"source": "x" * 400_001}).status_code == 422
    good = json.dumps({"schema": version.schema, "layout": version.layout}, ensure_ascii=False, indent=1)
    assert client.post(address, {"source": good.replace("演示", "样例")}).status_code == 302


def test_forms_of_elsewhere_do_not_exist_and_others_may_not(client: Client) -> None:
    a_form()
    elsewhere = Client()
    elsewhere.post("/account/login/", {"login": administrator(QIQIHAR).user.username, "password": PASSWORD})
    for page in (
        "",
        "edit/",
        "preview/",
        "source/",
        "fields/amount/",
        "sections/main/",
        "sections/main/add/",
    ):
        assert elsewhere.get(f"/administration/forms/loan/{page}").status_code == 404
    assert elsewhere.post("/administration/forms/loan/edit/", {"do": "remove:amount"}).status_code == 404
    window = Client()
    window.post("/account/login/", {"login": official("window_official").user.username, "password": PASSWORD})
    assert window.get("/administration/forms/").status_code == 403


# --- the pieces -------------------------------------------------------------------------------------------------------


def test_settings_read_and_written_again_change_nothing() -> None:
    defaults()
    for version in (a_form(), get_form("fact_objection")):
        document = Document.of(version)
        for code in version.fields:
            again = set_field(document, field_settings(document, code))
            assert field_settings(again, code) == field_settings(document, code), code


def test_a_field_others_depend_on_stays() -> None:
    defaults()
    document = Document.of(get_form("fact_objection"))
    with pytest.raises(InvalidForm, match="claimed_value"):
        remove_field(document, "kind")
    without = remove_field(document, "claimed_value")
    assert "claimed_value" not in json.dumps(without.schema) + json.dumps(without.layout)
    with pytest.raises(InvalidForm):
        remove_section(document, "contact")
    with pytest.raises(InvalidForm):
        move_field(document, "nothing", 1)
    with pytest.raises(InvalidForm):
        add_field(document, "contact", field_settings(document, "reason"))
