"""What is filled in to edit a form, and how it becomes settings of a field."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

import yaml
from django import forms
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.forms.api import KINDS, Column, Document, FieldSettings, FormVersionView, kind_names
from yingshang.kernel.reference.api import facts
from yingshang.web.design.formats import english


def kind_choices() -> list[tuple[str, str]]:
    """What a field can be, in the language of the page."""
    return [(kind, kind_names(kind)[1 if english() else 0]) for kind in KINDS]


def fact_choices() -> list[Any]:
    """The facts a field may begin with, by the agency that answers for them."""
    usable = [each for each in facts().values() if each.about == "party" and each.type != "list<context>"]
    listed = sorted(usable, key=lambda each: each.agency)
    own = [
        ("party.name", say("企业名称")),
        ("party.credit_code", say("统一社会信用代码")),
        ("party.region", say("所在区划代码")),
    ]
    groups = [
        (agency, [(each.code, f"{each.name}（{each.code}）") for each in members])
        for agency, members in groupby(listed, key=lambda each: each.agency)
    ]
    return [("", say("不从数据预填")), (say("登记信息"), own), *groups]


class NewForm(forms.Form):
    """A new form."""

    code = forms.SlugField(
        label=_("代码"),
        max_length=40,
        help_text=_("小写字母、数字和下划线，例如 loan_application。定下后不能改。"),
    )
    name = forms.CharField(label=_("名称"), max_length=80)
    name_en = forms.CharField(label=_("英文名称"), max_length=160)


class NameForm(forms.Form):
    """The names of a form."""

    name = forms.CharField(label=_("名称"), max_length=80)
    name_en = forms.CharField(label=_("英文名称"), max_length=160)


class SectionForm(forms.Form):
    """A part of a form."""

    name = forms.CharField(label=_("标题"), max_length=80)
    name_en = forms.CharField(label=_("标题的英文"), max_length=160)
    note = forms.CharField(label=_("说明"), max_length=300, required=False)
    note_en = forms.CharField(label=_("英文说明"), max_length=600, required=False)


class PublishForm(forms.Form):
    """What a new version is for."""

    note = forms.CharField(label=_("这一版改了什么"), max_length=400, required=False)


class FieldForm(forms.Form):
    """The settings of one field. Which of them count depends on what the field is."""

    use_required_attribute = True

    code = forms.SlugField(
        label=_("代码"), max_length=40, help_text=_("小写字母、数字和下划线。定下后不能改。")
    )
    kind = forms.ChoiceField(label=_("类型"))
    name = forms.CharField(label=_("名称"), max_length=80)
    name_en = forms.CharField(label=_("英文名称"), max_length=160)
    hint = forms.CharField(label=_("提示"), max_length=300, required=False)
    hint_en = forms.CharField(label=_("英文提示"), max_length=600, required=False)
    width = forms.ChoiceField(
        label=_("宽度"), choices=[("full", _("整行")), ("half", _("半行")), ("third", _("三分之一行"))]
    )
    required = forms.ChoiceField(
        label=_("必填"),
        choices=[("always", _("必填")), ("never", _("选填")), ("when", _("满足条件时必填"))],
        widget=forms.RadioSelect,
    )
    required_field = forms.ChoiceField(label=_("当这个字段"), required=False)
    required_values = forms.CharField(
        label=_("是以下之一时必填"), required=False, help_text=_("填选项的代码，多个用逗号隔开")
    )
    when_field = forms.ChoiceField(label=_("只在这个字段"), required=False)
    when_values = forms.CharField(
        label=_("是以下之一时显示"),
        required=False,
        help_text=_("填选项的代码，多个用逗号隔开；是否题填 true 或 false"),
    )
    when = forms.CharField(
        label=_("或写成 FEEL 条件"), required=False, max_length=300, help_text=_("只能用排在前面的字段")
    )
    options = forms.CharField(
        label=_("选项"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("每行一个：代码 | 中文 | 英文"),
    )
    columns = forms.CharField(
        label=_("列"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("每行一列：代码 | 中文 | 英文 | 类型 | 必填。类型如 text、integer、money、date"),
    )
    least = forms.CharField(
        label=_("下限"),
        required=False,
        max_length=30,
        help_text=_("文字是最少字数，数值和日期是最小值；日期可写 today"),
    )
    most = forms.CharField(label=_("上限"), required=False, max_length=30)
    pattern = forms.CharField(label=_("正则表达式"), required=False, max_length=300)
    message = forms.CharField(label=_("不符合时的提示"), required=False, max_length=200)
    message_en = forms.CharField(label=_("不符合时的英文提示"), required=False, max_length=400)
    file_types = forms.MultipleChoiceField(
        label=_("文件类型"),
        required=False,
        choices=[(each, each.upper()) for each in ("pdf", "png", "jpg", "docx", "xlsx", "txt", "csv")],
        widget=forms.CheckboxSelectMultiple,
    )
    max_files = forms.IntegerField(label=_("最多几个文件"), required=False, min_value=1, max_value=20)
    max_megabytes = forms.IntegerField(label=_("每个最多几 MB"), required=False, min_value=1, max_value=50)
    fact = forms.ChoiceField(label=_("从数据预填"), required=False)
    last = forms.BooleanField(label=_("从上次填报预填"), required=False)
    personal = forms.BooleanField(label=_("涉及个人信息，显示时打码"), required=False)

    groups = (
        (_("基本"), "", ("code", "kind", "name", "name_en", "hint", "hint_en", "width")),
        (_("选项"), "choice choices", ("options",)),
        (_("表格的列"), "rows", ("columns",)),
        (_("文件"), "files", ("file_types", "max_files", "max_megabytes")),
        (_("界限"), "text long_text integer money decimal date rows uri", ("least", "most")),
        (_("格式"), "text long_text", ("pattern", "message", "message_en")),
        (_("必填"), "", ("required", "required_field", "required_values")),
        (_("显示条件"), "", ("when_field", "when_values", "when")),
    )
    prefill_group = ("fact", "last", "personal")

    def __init__(self, document: Document, settings: FieldSettings | None, data: Any = None) -> None:
        super().__init__(
            data, initial=_initial(settings) if settings else {"width": "full", "required": "never"}
        )
        self.settings = settings
        self.fields["kind"].choices = kind_choices()  # type: ignore[attr-defined]
        self.fields["fact"].choices = fact_choices()  # type: ignore[attr-defined]
        own = settings.code if settings else ""
        names = [("", say("总是显示")), *_fields(document, own)]
        self.fields["when_field"].choices = names  # type: ignore[attr-defined]
        self.fields["required_field"].choices = [("", "—"), *_fields(document, own)]  # type: ignore[attr-defined]
        if settings is not None:
            del self.fields["code"]

    @property
    def shown_groups(self) -> list[dict[str, Any]]:
        """The settings in groups, each with the kinds of fields it is for."""
        every = [kind for kind in KINDS if kind not in ("rows", "files")]
        groups = [*self.groups, (_("预填"), " ".join(every), self.prefill_group)]
        return [
            {
                "name": name,
                "kinds": json.dumps(kinds.split()) if kinds else "",
                "fields": [self[each] for each in fields if each in self.fields],
            }
            for name, kinds, fields in groups
        ]

    def as_settings(self, code: str) -> FieldSettings:
        """What was filled in. Only after it was found to be in order."""
        values = self.cleaned_data
        return FieldSettings(
            code=code,
            kind=values["kind"],
            name=values["name"],
            name_en=values["name_en"],
            hint=values["hint"],
            hint_en=values["hint_en"],
            width=values["width"],
            required=values["required"],
            required_field=values["required_field"],
            required_values=_listed(values["required_values"]),
            when_field=values["when_field"],
            when_values=_listed(values["when_values"]),
            when="" if values["when_field"] else values["when"],
            options=values["options"],
            columns=values["columns"],
            least=values["least"].strip(),
            most=values["most"].strip(),
            pattern=values["pattern"],
            message=values["message"],
            message_en=values["message_en"],
            file_types=tuple(values["file_types"]),
            max_files=values["max_files"] or 1,
            max_megabytes=values["max_megabytes"] or 10,
            fact=values["fact"],
            last=values["last"],
            personal=values["personal"],
        )

    def clean_options(self) -> tuple[tuple[str, str, str], ...]:
        """Lines of code, Chinese, English."""
        rows = _rows(self.cleaned_data["options"])
        for row in rows:
            if len(row) != 3 or not all(row):
                raise forms.ValidationError(
                    say("“%(line)s”：应为 代码 | 中文 | 英文") % {"line": " | ".join(row)}
                )
        return tuple((row[0], row[1], row[2]) for row in rows)

    def clean_columns(self) -> tuple[Column, ...]:
        """Lines of code, Chinese, English, kind, required."""
        columns = []
        for row in _rows(self.cleaned_data["columns"]):
            if not 3 <= len(row) <= 5 or not all(row[:3]):
                raise forms.ValidationError(
                    say("“%(line)s”：应为 代码 | 中文 | 英文 | 类型 | 必填") % {"line": " | ".join(row)}
                )
            kind = row[3] if len(row) > 3 and row[3] else "text"
            if kind not in KINDS or kind in ("rows", "files", "choice", "choices"):
                raise forms.ValidationError(say("“%(kind)s”不能用作列的类型") % {"kind": kind})
            columns.append(Column(row[0], row[1], row[2], kind, len(row) > 4 and bool(row[4])))
        return tuple(columns)


def _fields(document: Document, own: str) -> list[tuple[str, str]]:
    return [
        (code, f"{field.get('title', '')}（{code}）")
        for section in document.layout["sections"]
        for placed in section["fields"]
        if (code := placed["field"]) != own and (field := document.schema["properties"].get(code)) is not None
    ]


def _initial(settings: FieldSettings) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(settings, name) for name in FieldSettings.__dataclass_fields__}
    return {
        **values,
        "required_values": ", ".join(settings.required_values),
        "when_values": ", ".join(settings.when_values),
        "options": "\n".join(" | ".join(each) for each in settings.options),
        "columns": "\n".join(
            " | ".join((each.code, each.name, each.name_en, each.kind, say("必填") if each.required else ""))
            for each in settings.columns
        ),
        "file_types": list(settings.file_types),
    }


def _rows(text: str) -> list[list[str]]:
    lines = [line for line in text.replace("｜", "|").splitlines() if line.strip()]
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(
        each.strip() for each in text.replace("，", ",").replace("、", ",").split(",") if each.strip()
    )


# --- the source -------------------------------------------------------------------------------------------------------

LONGEST_SOURCE = 400_000


class SourceForm(forms.Form):
    """Schema and layout as JSON."""

    source = forms.CharField(
        label=_("表单的 JSON"),
        strip=False,
        max_length=LONGEST_SOURCE,
        widget=forms.Textarea(attrs={"rows": 28, "spellcheck": "false", "class": "source", "wrap": "off"}),
    )


def source_of(version: FormVersionView) -> str:
    """A version as JSON to be edited."""
    return json.dumps({"schema": version.schema, "layout": version.layout}, ensure_ascii=False, indent=2)


class BadSource(Exception):
    """Text that is no JSON, with the line."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def read_source(text: str) -> dict[str, Any]:
    """The JSON of a source. Raises BadSource with the line, also for a name that is written twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _value in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise BadSource(
                say("“%(name)s”写了两次") % {"name": twice}, _line_of(text, f'"{twice}"', twice=True)
            )
        return found

    try:
        data = json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise BadSource(error.msg, error.lineno) from None
    except RecursionError:
        raise BadSource(say("嵌套过深"), 1) from None
    if not isinstance(data, dict) or set(data) != {"schema", "layout"}:
        raise BadSource(say("应为含有 schema 和 layout 的对象"), 1)
    return data


def _line_of(text: str, piece: str, *, twice: bool = False) -> int:
    first = text.find(piece)
    found = text.find(piece, first + 1) if twice else first
    return text.count("\n", 0, max(found, 0)) + 1


def lines_of(text: str) -> dict[str, int]:
    """JSON pointer → line, for every value of a source. JSON is read as the YAML that it also is."""
    lines: dict[str, int] = {}
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, RecursionError):
        return lines
    waiting: list[tuple[str, Any]] = [("", root)]
    while waiting:
        place, node = waiting.pop()
        lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                name = str(key.value).replace("~", "~0").replace("/", "~1")
                lines[f"{place}/{name}"] = key.start_mark.line + 1
                waiting.append((f"{place}/{name}", value))
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend((f"{place}/{number}", value) for number, value in enumerate(node.value))
    return lines


def line_of_place(lines: dict[str, int], place: str) -> int:
    """The line of a place, or of the nearest thing around it."""
    while place and place not in lines:
        place = place.rpartition("/")[0]
    return lines.get(place, 1)
