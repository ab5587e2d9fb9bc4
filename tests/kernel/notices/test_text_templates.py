"""Templates that people edit: checked when saved, published as versions, used from then on."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NANGANG,
    NOW,
    SYSTEM,
    administrator,
    no_event,
    official,
    one_event,
    person,
)
from yingshang.kernel.access.api import NotAllowed, roles
from yingshang.kernel.notices.api import (
    InvalidTemplate,
    NoDraft,
    Recipient,
    TemplateNotFound,
    UnknownTemplate,
    check_texts,
    discard_text_draft,
    get_text_template,
    inbox,
    load_defaults,
    message_templates,
    preview_text,
    publish_text,
    save_text_draft,
    send,
    text_templates,
)
from yingshang.kernel.notices.models import Message, TextTemplate, TextTemplateVersion
from yingshang.kernel.reference.api import get_region

CODE = "notices.announcement"
GOOD = {
    "zh-hans": ("【通知】{{ title }}", "{{ text }}。特此通知。"),
    "en": ("Notice: {{ title }}", "{{ text }}"),
}


def loaded(region_code: str = HARBIN) -> None:
    load_defaults(actor=SYSTEM, region_path=get_region(region_code).path, now=NOW)


def tell(who: Any) -> Any:
    send(
        actor=SYSTEM,
        to=Recipient(user_id=who.id),
        template=CODE,
        context={"title": "停水", "text": "明天停水"},
        now=NOW,
        channels=["in_app"],
    )
    return inbox(actor=who.actor()).rows[0]


@pytest.mark.django_db
def test_the_rooms_files_are_brought_in_once_and_left_as_people_made_them() -> None:
    with one_event("notices.templates_loaded"):
        loaded()
    assert {row.code for row in TextTemplate.objects.all()} == {each.code for each in message_templates()}
    chief = administrator().actor()
    save_text_draft(actor=chief, code=CODE, texts=GOOD, now=NOW)
    publish_text(actor=chief, code=CODE, now=NOW)
    with no_event():
        loaded()
    assert get_text_template(actor=chief, code=CODE).published.texts == GOOD  # type: ignore[union-attr]


@pytest.mark.django_db
def test_what_is_published_is_what_is_sent() -> None:
    who = person()
    assert tell(who).subject == "停水", "the file's words where nothing was brought in"
    assert Message.objects.latest("id").template_version is None
    loaded()
    chief = administrator().actor()
    with one_event("notices.template_saved"):
        assert save_text_draft(actor=chief, code=CODE, texts=GOOD, now=NOW) == 2
    assert tell(who).subject == "停水", "a draft is not used"
    with one_event("notices.template_published") as events:
        assert publish_text(actor=chief, code=CODE, now=NOW) == 2
    assert events[0]["before"]["version"] == 1
    assert (tell(who).subject, tell(who).body) == ("【通知】停水", "明天停水。特此通知。")
    assert Message.objects.latest("id").template_version == 2
    found = get_text_template(actor=chief, code=CODE)
    assert [each.number for each in found.versions] == [2, 1]
    assert found.draft is None
    with no_event(), pytest.raises(NoDraft):
        publish_text(actor=chief, code=CODE, now=NOW)


@pytest.mark.django_db
def test_a_draft_is_one_and_can_be_thrown_away() -> None:
    loaded()
    chief = administrator().actor()
    save_text_draft(actor=chief, code=CODE, texts=GOOD, now=NOW)
    assert save_text_draft(actor=chief, code=CODE, texts=GOOD, now=NOW) == 2
    row = TextTemplate.objects.get(code=CODE)
    with pytest.raises(IntegrityError), transaction.atomic():
        TextTemplateVersion.objects.create(template=row, number=3, texts={}, saved_at=NOW)
    with one_event("notices.template_draft_discarded"):
        discard_text_draft(actor=chief, code=CODE, now=NOW)
    with no_event(), pytest.raises(NoDraft):
        discard_text_draft(actor=chief, code=CODE, now=NOW)


@pytest.mark.parametrize(
    ("subject", "body", "where", "what"),
    [
        (
            "{{ titel }}",
            "{{ text }}",
            "中文标题第1行",
            "没有变量“titel”；可用：title、text。是否指 {{ title }}？",
        ),
        ("{{ title }}", "一\n二\n{{ wer }}", "中文正文第3行", "没有变量“wer”；可用：title、text。"),
        ("{{ title }}", "{% if titl %}a{% endif %}", "中文正文第1行", "没有变量“titl”"),
        ("{{ title }}", "{% if title == other %}a{% endif %}", "中文正文第1行", "没有变量“other”"),
        ("{{ title }}", "{{ text.secret }}", "中文正文第1行", "不要加 .secret"),
        ("{{ title }}", "{% include 'x' %}", "中文正文第1行", "不能使用 {% include %}"),
        ("{{ title }}", "{% load static %}", "中文正文第1行", "不能使用 {% load %}"),
        ("{{ title }}", "{% for x in text %}{{ x }}{% endfor %}", "中文正文第1行", "不能使用 {% for %}"),
        ("{{ title }}", "{{ text|center:'999999999' }}", "中文正文第1行", "不能使用过滤器 center"),
        ("{{ title }}", "{{ text ", "中文正文第1行", "{{ 没有配对"),
        ("{{ title }}", "a\n{{ text\n}}", "中文正文第2行", "{{ 没有配对"),
        ("{{ title }}", "a {# b #}", "中文正文第1行", "不能使用 {#"),
        ("{{ title }}", "{% if %}", "中文正文第1行", "写法有误"),
        ("{{ title }}", "a\n{{ text| }}", "中文正文第2行", "写法有误"),
        (" ", "{{ text }}", "中文标题第1行", "不能为空"),
        ("题" * 201, "{{ text }}", "中文标题第1行", "有201字，最多200字"),
    ],
)
def test_a_wording_is_checked_when_it_is_saved(subject: str, body: str, where: str, what: str) -> None:
    problems = check_texts({"zh-hans": (subject, body)}, fields=("title", "text"))
    assert problems[0].where_zh == where
    assert what in problems[0].message_zh


def test_conditions_and_some_filters_are_allowed() -> None:
    body = (
        "{% if title and not text %}{{ title|default:'无'|truncatechars:10 }}{% else %}{{ text }}{% endif %}"
    )
    assert check_texts({"zh-hans": ("标题", body)}, fields=("title", "text")) == ()


@pytest.mark.django_db
def test_a_wrong_wording_is_not_saved_and_every_problem_is_told() -> None:
    loaded()
    chief = administrator().actor()
    with no_event(), pytest.raises(InvalidTemplate) as caught:
        save_text_draft(actor=chief, code=CODE, texts={"zh-hans": ("{{ titel }}", "{{ x }}")}, now=NOW)
    assert len(caught.value.details["problems"]) == 3, "two variables, and no English"
    # A code nobody can read is of no use.
    with no_event(), pytest.raises(InvalidTemplate, match="is missing"):
        texts = {"zh-hans": ("验证码", "您好"), "en": ("Code", "{{ code }}")}
        save_text_draft(actor=chief, code="enterprise_binding.code", texts=texts, now=NOW)
    rendered, problems = preview_text(actor=chief, code=CODE, texts={**GOOD, "en": ("{{ x }}", "y")})
    assert rendered["zh-hans"].subject == "【通知】〔title〕"
    assert "en" not in rendered and problems[0].language == "en"


@pytest.mark.django_db
def test_a_variable_that_a_release_took_away_does_not_leave_a_gap() -> None:
    loaded()
    row = TextTemplate.objects.get(code=CODE)
    TextTemplateVersion.objects.create(
        template=row,
        number=2,
        state="published",
        texts={"zh-hans": {"subject": "{{ gone }}", "body": "{{ text }}"}},
        saved_at=NOW,
    )
    assert tell(person()).subject == "停水"


@pytest.mark.django_db
def test_who_manages_which_templates() -> None:
    loaded(DAOLI)
    assert len(text_templates(actor=administrator(HARBIN).actor())) == len(message_templates())
    outside = administrator(NANGANG).actor()
    assert text_templates(actor=outside) == ()
    for action in (
        lambda: get_text_template(actor=outside, code=CODE),
        lambda: save_text_draft(actor=outside, code=CODE, texts=GOOD, now=NOW),
        lambda: publish_text(actor=outside, code=CODE, now=NOW),
    ):
        with no_event(), pytest.raises(TemplateNotFound):
            action()
    for role in roles():
        if role.code != "administrator":
            with no_event(), pytest.raises(NotAllowed):
                save_text_draft(actor=official(role.code).actor(), code=CODE, texts=GOOD, now=NOW)


def test_a_misspelt_code_is_corrected() -> None:
    from yingshang.kernel.notices.api import get_template

    with pytest.raises(UnknownTemplate, match=r"did you mean notices\.announcement"):
        get_template("notices.anouncement")
