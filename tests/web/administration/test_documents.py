"""Document templates in the administration: looked at, written, refused, published, brought back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.kernel.access.factories import DAOLI, NOW, SYSTEM, one_event
from tests.kernel.access.factories import official as in_office
from tests.kernel.documents.factories import templates
from tests.web.desk.factories import signed_in
from yingshang.kernel.documents.api import (
    get_document_template,
    load_defaults,
    template_versions,
)
from yingshang.kernel.documents.models import DocumentTemplate

pytestmark = pytest.mark.django_db

HOME = "/administration/documents/"
REPLY = f"{HOME}objection_reply/"


@pytest.fixture
def administrator() -> Client:
    """An administrator of the province, whose templates they are."""
    templates()
    return signed_in(in_office("administrator", "230000"))


def _texts(**changes: str) -> dict[str, str]:
    published = get_document_template(actor=SYSTEM, code="objection_reply").published
    assert published is not None
    return dict(published.texts["zh-hans"]) | {"expected": ""} | changes


def _page(response: Any) -> str:
    return str(response.content.decode())


def test_templates_are_listed_with_what_they_are_for(administrator: Client) -> None:
    page = _page(administrator.get(HOME))
    assert "异议答复书" in page and "存证回执" in page and "第 1 版" in page


def test_an_administrator_of_a_district_does_not_manage_those_of_the_province(administrator: Client) -> None:
    district = signed_in(in_office("administrator", DAOLI))
    assert "异议答复书" not in _page(district.get(HOME))
    assert district.get(REPLY).status_code == 404
    assert district.post(f"{REPLY}preview/", _texts()).status_code == 404
    assert district.post(f"{REPLY}publish/").status_code == 404
    assert signed_in(in_office("department_official", DAOLI)).get(HOME).status_code == 403


def test_a_template_is_written_looked_at_and_published(administrator: Client) -> None:
    with one_event("documents.template_drafted"):
        answer = administrator.post(f"{REPLY}edit/", _texts(title="答复书：{{ fact }}"))
    assert answer.status_code == 302
    page = _page(administrator.get(REPLY))
    assert "保存文书模板草稿" in page and "documents.template" not in page
    # The English of the version in use is the draft's, too.
    draft = get_document_template(actor=SYSTEM, code="objection_reply").draft
    assert draft is not None and draft.texts["en"]["title"].startswith("Reply")
    with one_event("documents.template_published"):
        administrator.post(f"{REPLY}publish/")
    assert [each.number for each in template_versions(actor=SYSTEM, code="objection_reply")] == [2, 1]
    with one_event("documents.template_restored"):
        administrator.post(f"{REPLY}restore/1/")
    draft = get_document_template(actor=SYSTEM, code="objection_reply").draft
    assert draft is not None and draft.texts["zh-hans"]["title"] == "关于“{{ fact }}”异议的答复书"
    with one_event("documents.template_draft_discarded"):
        administrator.post(f"{REPLY}discard/")
    assert administrator.post(f"{REPLY}publish/").status_code == 409
    assert administrator.post(f"{REPLY}restore/9/").status_code == 404


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("第一行\n你单位 {{ enterprize }}", "第 2 行第 5 个字：没有变量“enterprize”，是否应为“enterprise”？"),
        ("{{ agency.__class__ }}", "花括号内只能写变量名"),
        ("{{ xyzzy }}", "可用的有：number、enterprise"),
        ("甲 {{ agency", "“{{”没有配对"),
        ("甲 }} 乙", "“}}”没有配对"),
        ("", "这个字段是必填项"),
        ("字" * 20_001, "20000"),
    ],
)
def test_a_text_that_could_not_be_filled_in_is_refused_with_its_place(
    administrator: Client, body: str, said: str
) -> None:
    answer = administrator.post(f"{REPLY}edit/", _texts(body=body))
    assert answer.status_code == 422
    assert said in _page(answer).replace("&quot;", '"').replace("&#x27;", "'")
    assert get_document_template(actor=SYSTEM, code="objection_reply").draft is None


def test_what_somebody_else_saved_meanwhile_is_not_overwritten(administrator: Client) -> None:
    administrator.post(f"{REPLY}edit/", _texts(title="第一次"))
    draft = get_document_template(actor=SYSTEM, code="objection_reply").draft
    assert draft is not None
    before = draft.saved_at.isoformat()
    administrator.post(f"{REPLY}edit/", _texts(title="第二次", expected=before))
    answer = administrator.post(f"{REPLY}edit/", _texts(title="第三次", expected=before))
    assert answer.status_code == 422
    assert "刚刚保存过这份草稿" in _page(answer)


def test_what_is_typed_is_shown_as_pages(administrator: Client) -> None:
    page = _page(administrator.post(f"{REPLY}preview/", _texts()))
    assert page.count("data:image/png;base64,") == 2
    assert "没有变量“nobody”" in _page(administrator.post(f"{REPLY}preview/", _texts(body="{{ nobody }}")))
    page = _page(administrator.get(f"{REPLY}1/pages/?language=en"))
    assert "data:image/png;base64," in page
    assert administrator.get(f"{REPLY}7/pages/").status_code == 404
    assert administrator.get(f"{REPLY}draft/pages/").status_code == 404


def test_a_version_is_downloaded_as_pdf(administrator: Client) -> None:
    answer = administrator.get(f"{REPLY}1/pdf/?language=en")
    assert answer.content.startswith(b"%PDF-")
    assert answer["Content-Disposition"].startswith("attachment; filename=")


def test_defaults_are_added_once_and_leave_what_people_changed(administrator: Client) -> None:
    DocumentTemplate.objects.filter(code="objection_reply").update(name="我们的答复书")
    assert load_defaults(actor=SYSTEM, region_path="23", now=NOW) == ()
    assert DocumentTemplate.objects.get(code="objection_reply").name == "我们的答复书"
