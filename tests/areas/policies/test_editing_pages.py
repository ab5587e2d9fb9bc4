"""The pages of authors: taking in, proposing, editing field by field and as YAML, two authors, bad input."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.areas.policies.factories import author, hiring, issued_document, written_item
from tests.kernel.access.factories import DAOLI, HARBIN, NOW, arranged, official
from tests.kernel.parties.factories import region_tree
from tests.web.desk.factories import signed_in
from yingshang.areas.policies.api import create_item, get_item
from yingshang.areas.policies.models import ItemVersion, PolicyDocument
from yingshang.kernel.ledger.models import AuditEvent

pytestmark = pytest.mark.django_db

EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "policies").glob("P*.yaml"))


@pytest.fixture
def writer() -> Any:
    region_tree()
    return author()


@pytest.fixture
def page(writer: Any) -> Client:
    return signed_in(writer)


def _fields(response: Any) -> dict[str, Any]:
    """What a browser would send of the editor as it stands."""
    from html.parser import HTMLParser

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: dict[str, list[str]] = {}
            self.inside = False
            self.text: str | None = None
            self.select: str | None = None

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            if tag == "form":
                self.inside = given.get("id") == "editor"
            name = given.get("name")
            if not self.inside:
                return
            if tag == "input" and name:
                self.found.setdefault(name, []).append(given.get("value") or "")
            if tag == "textarea" and name:
                self.text = name
                self.found.setdefault(name, []).append("")
            if tag == "select":
                self.select = name
            if tag == "option" and self.select and "selected" in given:
                self.found[self.select] = [given.get("value") or ""]

        def handle_endtag(self, tag: str) -> None:
            if tag == "textarea":
                self.text = None
            if tag == "select":
                self.select = None
            if tag == "form":
                self.inside = False

        def handle_data(self, data: str) -> None:
            if self.text:
                # The newline after the tag is the browser's, a textarea sends its lines with \r\n.
                self.found[self.text][-1] += data

    reader = Reader()
    reader.feed(response.content.decode())
    for name in ("source", "began"):
        if name in reader.found:
            reader.found[name] = [
                each.removeprefix("\n").replace("\n", "\r\n") for each in reader.found[name]
            ]
    return dict(reader.found)


def _open(page: Client, code: str = "HIRING") -> dict[str, Any]:
    return _fields(page.get(reverse("policies_desk:item", args=[code])))


def _save(page: Client, fields: dict[str, Any], code: str = "HIRING", **changed: Any) -> Any:
    return page.post(reverse("policies_desk:item", args=[code]), {**fields, "op": "save", **changed})


def _source(code: str = "HIRING") -> str:
    return str(ItemVersion.objects.get(item__code=code).source)


def test_saving_without_a_change_changes_not_a_byte(page: Client, writer: Any) -> None:
    written_item(actor=writer.actor())
    assert _save(page, _open(page)).status_code == 302
    assert _source() == hiring()


@pytest.mark.parametrize("file", EXAMPLES[::8], ids=lambda file: file.stem)
def test_an_example_goes_through_its_fields_unchanged(page: Client, file: Path) -> None:
    """Every field is read off and sent back: the text stays, byte for byte."""
    source = file.read_text("utf-8")
    with arranged():
        region_tree()
    from django.http import QueryDict
    from django.template.loader import render_to_string

    from yingshang.web.policies.authoring.editor import Sent, read_sent, view_of

    shown = view_of(Sent(source), "fields")
    html = (
        '<form id="editor">'
        + render_to_string("policies/authoring/fields.html", {"shown": shown})
        + "</form>"
    )
    data = QueryDict(mutable=True)

    class _Response:
        content = html.encode()

    for name, values in _fields(_Response()).items():
        data.setlist(name, values)
    data["source"] = source
    assert read_sent(data).source == source


def test_a_condition_is_changed_as_a_row_and_the_rest_stays(page: Client, writer: Any) -> None:
    written_item(actor=writer.actor())
    before = AuditEvent.objects.count()
    fields = _open(page)
    assert fields["r/conditions/0/fact"] == ["参保人数"]
    answer = _save(page, fields, **{"r/conditions/0/value": ["20"], "f/name": "新的名称"})
    assert answer.status_code == 302
    assert _source() == hiring(staff=20).replace("name: 吸纳就业补贴", "name: 新的名称")
    assert list(AuditEvent.objects.values_list("action", flat=True))[before:] == ["policies.item_saved"]


def test_a_row_becomes_feel_and_a_row_again(page: Client, writer: Any) -> None:
    written_item(actor=writer.actor())
    address = reverse("policies_desk:item", args=["HIRING"])
    as_feel = _fields(page.post(address, {**_open(page), "op": "feel:conditions/0"}))
    assert as_feel["f/conditions/0/when"] == ["参保人数 >= 10"]
    assert as_feel["m/conditions/0"] == ["feel"]
    changed = {
        **as_feel,
        "f/conditions/0/when": '主体类型 in ("企业", "个体工商户")',
        "op": "row:conditions/0",
    }
    as_row = _fields(page.post(address, changed))
    assert as_row["r/conditions/0/comparison"] == ["in"]
    assert as_row["r/conditions/0/value"] == ["企业", "个体工商户", ""]
    assert _source() == hiring()


def test_conditions_are_added_moved_and_taken_away(page: Client, writer: Any) -> None:
    written_item(actor=writer.actor())
    address = reverse("policies_desk:item", args=["HIRING"])
    added = _fields(page.post(address, {**_open(page), "op": "add:conditions"}))
    assert added["m/conditions/1"] == ["row"]
    named = {
        **added,
        "r/conditions/1/fact": "所在区划",
        "r/conditions/1/comparison": "within",
        "r/conditions/1/value": ["2301"],
    }
    up = _fields(page.post(address, {**named, "op": "up:conditions/1"}))
    assert up["r/conditions/0/value"] == ["2301", ""]
    gone = _fields(page.post(address, {**up, "op": "remove:conditions/0"}))
    assert gone["source"][0].replace("\r\n", "\n") == hiring()


@pytest.mark.parametrize("way", ["bands", "table", "grants", "amount"])
def test_the_amount_by_bands_by_a_table_by_formula(page: Client, writer: Any, way: str) -> None:
    written_item(actor=writer.actor())
    address = reverse("policies_desk:item", args=["HIRING"])
    shown = page.post(address, {**_open(page), "op": f"way:benefit/{way}"})
    answer = _save(page, _fields(shown))
    assert answer.status_code == 302
    assert f"  {way}:" in _source()


def test_problems_stand_beside_their_fields(page: Client, writer: Any) -> None:
    written_item(actor=writer.actor())
    fields = _open(page)
    check = reverse("policies_desk:item-check", args=["HIRING"])
    sent = {
        **fields,
        "m/conditions/0": "feel",
        "f/conditions/0/when": "参保人数 >= >= 10",
        "f/benefit/amount": "1000 / 0",
    }
    body = page.post(check, sent).content.decode()
    slot = body.split('id="p-conditions-0-when"')[1].split("</div>")[0]
    assert "told error" in slot
    row = page.post(check, {**fields, "r/conditions/0/value": ["很多"]}).content.decode()
    assert "不是数字" in row.split('id="p-conditions-0-when"')[1].split("</div>")[0]
    unknown = page.post(check, {**fields, "r/conditions/0/fact": "参保人树"}).content.decode()
    assert "参保人数" in unknown.split('id="p-conditions-0-when"')[1].split("</div>")[0]
    assert _source() == hiring()


def test_a_parameter_without_days_and_a_day_that_is_none(page: Client, writer: Any) -> None:
    written_item(actor=writer.actor())
    address = reverse("policies_desk:item", args=["HIRING"])
    added = _fields(page.post(address, {**_open(page), "op": "add:parameters"}))
    body = page.post(
        reverse("policies_desk:item-check", args=["HIRING"]),
        {**added, "f/parameters/0/values/0/from": "", "f/effective/from": "2026-02-31"},
    ).content.decode()
    assert "2026-01-31" in body.split('id="p-effective-from"')[1].split("</div>")[0]
    assert "parameters" in added["source"][0]
    without = page.post(address, {**added, "f/parameters/0/values/0/from": ""}).content.decode()
    assert "没有写起止日期，按一直有效计算" in without


def test_scenarios_run_beside_the_item(page: Client, writer: Any) -> None:
    source = hiring() + (
        "scenarios:\n"
        "  - {name: 十人, facts: {参保人数: 10}, outcome: entitled, amount: 10000}\n"
        "  - {name: 写错的, facts: {参保人数: 9}, outcome: entitled}\n"
    )
    written_item(source=source, actor=writer.actor())
    body = page.get(reverse("policies_desk:item", args=["HIRING"])).content.decode()
    assert "十人" in body and "一致" in body
    assert "结论应为“符合”，算得“不符合”" in body


def test_a_formula_that_divides_by_nought_is_told_by_a_scenario(page: Client, writer: Any) -> None:
    source = hiring().replace("1000 * 参保人数", "1000 / (参保人数 - 10)") + (
        "scenarios:\n  - {name: 十人, facts: {参保人数: 10}, outcome: entitled, amount: 10000}\n"
    )
    written_item(source=source, actor=writer.actor())
    body = page.get(reverse("policies_desk:item", args=["HIRING"])).content.decode()
    assert "不一致" in body
    assert "金额应为 10000 元，算得没有金额：" in body and "零" in body
    slot = body.split('id="p-benefit-amount"')[1].split("</div>")[0]
    assert "“参保人数”为 10 时除数为零" in slot


def test_the_second_of_two_authors_is_told_and_nothing_is_lost(page: Client, writer: Any) -> None:
    written_item(actor=writer.actor())
    mine, theirs = _open(page), _open(page)
    assert _save(page, theirs, **{"f/name": "对方的名称"}).status_code == 302
    answer = _save(page, mine, **{"r/conditions/0/value": ["30"]})
    assert answer.status_code == 409
    body = answer.content.decode()
    assert "对方的名称" in body and "参保人数 &gt;= 30" in body
    assert answer.context["merged"].conflicts == ()
    merged = answer.context["merged"].text
    kept = page.post(
        reverse("policies_desk:item", args=["HIRING"]),
        {"revision": "2", "view": "yaml", "source": merged.replace("\n", "\r\n"), "op": "save"},
    )
    assert kept.status_code == 302
    assert _source() == hiring(staff=30).replace("name: 吸纳就业补贴", "name: 对方的名称")


def test_what_was_ticked_stays_ticked_when_somebody_saved_in_between(page: Client, writer: Any) -> None:
    written_item(actor=writer.actor())
    with arranged():
        ItemVersion.objects.update(remarks=["请核对期限。", "请核对金额。"])
    mine, theirs = _open(page), _open(page)
    assert _save(page, theirs, **{"f/name": "对方的名称", "settled": ["请核对期限。"]}).status_code == 302
    answer = _save(page, mine, **{"r/conditions/0/value": ["30"], "settled": ["请核对金额。"]})
    assert answer.status_code == 409
    # What the other has settled is gone; what was ticked here is ticked on the page that puts both together.
    assert answer.context["remarks"] == [("请核对金额。", True)]
    assert re.search(r'name="settled" value="请核对金额。" checked', answer.content.decode())


def test_links_to_sentences_are_kept_whatever_the_page_shows(page: Client, writer: Any) -> None:
    number = issued_document(actor=writer.actor())
    with arranged():
        create_item(
            actor=writer.actor(),
            source=hiring(),
            document_id=number,
            links={"insured": [3], "benefit": [5]},
            now=NOW,
        )
    address = reverse("policies_desk:item", args=["HIRING"])
    as_yaml = _fields(page.post(address, {**_open(page), "l/insured": "3、4", "op": "view:yaml"}))
    assert as_yaml["l/insured"] == ["3、4"]
    back = _fields(page.post(address, {**as_yaml, "op": "view:fields"}))
    assert _save(page, back).status_code == 302
    assert ItemVersion.objects.get().links == {"insured": [3, 4], "benefit": [5]}


def test_beside_an_item_of_a_long_document_stands_what_it_points_at(page: Client, writer: Any) -> None:
    text = "".join(f"第{number}句，参保人数不少于{number}人。" for number in range(1, 401))
    number = issued_document(actor=writer.actor(), text=text)
    with arranged():
        create_item(
            actor=writer.actor(), source=hiring(), document_id=number, links={"insured": [200]}, now=NOW
        )
    shown = page.get(reverse("policies_desk:item", args=["HIRING"])).context["sentences"]
    assert [each.number for each in shown] == list(range(188, 213))
    assert (
        page.get(reverse("policies_desk:document", args=[number])).content.decode().count('name="s"') == 400
    )


def test_yaml_that_is_no_item_is_not_saved_and_not_lost(page: Client, writer: Any) -> None:
    written_item(actor=writer.actor())
    broken = hiring().replace("conditions:", "conditions: [")
    answer = _save(page, {"revision": "1", "view": "yaml", "source": broken})
    assert answer.status_code == 422
    assert "conditions: [" in answer.content.decode()
    assert _source() == hiring()


def test_the_yaml_goes_out_and_in_as_it_is(page: Client, writer: Any) -> None:
    written_item(actor=writer.actor())
    out = page.get(reverse("policies_desk:item-yaml", args=["HIRING"]))
    assert out.content.decode() == hiring()
    again = hiring("SECOND")
    answer = page.post(reverse("policies_desk:item-new"), {"source": again.replace("\n", "\r\n")})
    assert answer.status_code == 302
    assert _source("SECOND") == again


def test_text_is_pasted_sentences_marked_proposals_accepted(page: Client, writer: Any) -> None:
    from tests.areas.policies.factories import TEXT

    answer = page.post(reverse("policies_desk:document-new"), {"text": TEXT, "region": HARBIN})
    number = PolicyDocument.objects.get().pk
    assert answer.url == reverse("policies_desk:document-edit", args=[number])
    shown = page.get(reverse("policies_desk:document", args=[number]))
    assert shown.content.decode().count('class="sentence"') == 6
    address = reverse("policies_desk:propose", args=[number]) + "?s=3&s=5"
    proposals = page.get(address).content.decode()
    assert 'name="accept"' in proposals and "参保人数 &gt;= 10" in proposals
    made = page.post(
        address, {"accept": ["0", "1", "2"], "code": "NEW", "name": "就业补贴", "region": HARBIN}
    )
    assert made.url == reverse("policies_desk:item", args=["NEW"])
    item = get_item(actor=writer.actor(), code="NEW")
    assert item.open is not None
    assert 3 in [one for each in item.open.links.values() for one in each]
    both = page.get(reverse("policies_desk:document", args=[number])).content.decode()
    assert "就业补贴" in both and 'data-items="NEW"' in both


def test_nothing_to_read_is_told_on_the_form(page: Client) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from tests.kernel.documents.factories import plain_pdf

    scan = SimpleUploadedFile("扫描.pdf", plain_pdf(), "application/pdf")
    answer = page.post(reverse("policies_desk:document-new"), {"file": scan, "region": HARBIN})
    assert answer.status_code == 422
    assert "粘贴正文" in answer.content.decode()
    nothing = page.post(reverse("policies_desk:document-new"), {"region": HARBIN})
    assert nothing.status_code == 422


def test_two_who_check_one_document(page: Client, writer: Any) -> None:
    number = issued_document(actor=writer.actor())
    address = reverse("policies_desk:document-edit", args=[number])
    said = {"title": "甲", "region": HARBIN, "status": "in_force", "text": "一、正文。", "revision": "1"}
    assert page.post(address, said).status_code == 302
    second = page.post(address, {**said, "title": "乙"})
    assert second.status_code == 422
    body = second.content.decode()
    assert 'value="乙"' in body and "甲" in body
    assert page.post(address, {**said, "title": "乙", "revision": "2"}).status_code == 302


def test_lists_need_few_queries_however_long(
    page: Client, writer: Any, django_assert_max_num_queries: Any
) -> None:
    for count in range(4):
        written_item(f"HIRING-{count}", actor=writer.actor())
    issued_document(actor=writer.actor())
    with django_assert_max_num_queries(14):
        page.get(reverse("policies_desk:items"))
    with django_assert_max_num_queries(14):
        page.get(reverse("policies_desk:documents"))


def test_another_place_does_not_exist_and_readers_do_not_write(writer: Any) -> None:
    written_item(actor=writer.actor())
    client = signed_in(official("policy_author", DAOLI))
    assert client.get(reverse("policies_desk:item", args=["HIRING"])).status_code == 404
    client = signed_in(official("supervisor", HARBIN))
    address = reverse("policies_desk:item", args=["HIRING"])
    shown = client.get(address)
    assert shown.status_code == 200 and "保存草稿" not in shown.content.decode()
    assert client.post(address, {"op": "save", "source": hiring(), "revision": "1"}).status_code == 403
    assert _source() == hiring()
