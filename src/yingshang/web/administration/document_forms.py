"""The form of a document template: the texts of one language."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.documents.api import TextProblem
from yingshang.web.design.formats import english

FIELDS: dict[str, tuple[Any, Any]] = {
    "heading": (_("发文机关标志"), _("红色大字，下有红线；不需要版头时留空。")),
    "number": (_("文号"), ""),
    "title": (_("标题"), ""),
    "addressee": (_("主送"), _("以冒号结尾。")),
    "body": (
        _("正文"),
        _(
            "一行是一段。以“一、”“（一）”开头的行是标题，以“|”开头的行是表格的一行；一行中的变量都没有内容时，这一行不出现。"
        ),
    ),
    "signature": (_("署名"), ""),
    "date": (_("成文日期"), ""),
    "note": (_("附注"), _("自动加圆括号。")),
}
REQUIRED = ("title", "body")


class DocumentTextsForm(forms.Form):
    """Eight texts with {{ variables }}."""

    expected = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (label, hint) in FIELDS.items():
            widget = (
                forms.Textarea(attrs={"rows": 16, "spellcheck": "false"})
                if name == "body"
                else forms.TextInput(attrs={"spellcheck": "false"})
            )
            self.fields[name] = forms.CharField(
                label=label,
                help_text=hint,
                required=name in REQUIRED,
                max_length=20_000 if name == "body" else 300,
                widget=widget,
            )

    def texts(self) -> dict[str, str]:
        """What was typed, valid or not."""
        return {name: str(self.data.get(name, "")) for name in FIELDS}

    def show(self, problems: list[TextProblem], language: str) -> None:
        """Each problem at its field, with its place; those of the other language at the top."""
        for each in problems:
            words = each.message if english() else each.message_zh
            if each.language == language:
                if each.field in REQUIRED and not self.data.get(each.field, "").strip():
                    continue  # the field says so itself
                place = _("第 %(line)s 行第 %(column)s 个字：%(what)s")
                self.add_error(each.field, place % {"line": each.line, "column": each.column, "what": words})
            else:
                where = {"zh-hans": _("中文"), "en": _("英文")}[each.language]
                self.add_error(None, f"{where} · {FIELDS[each.field][0]}: {words}")
