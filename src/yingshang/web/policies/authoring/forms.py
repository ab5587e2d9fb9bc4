"""Forms of these pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from yingshang.areas.policies.api import TAKEN_KINDS, ItemSummary
from yingshang.kernel.access.api import Actor
from yingshang.kernel.reference.api import Region, children_of, get_region
from yingshang.web.filters import DayField
from yingshang.web.regions import region_of_path

from .tables import STATUSES

AUTHOR = "policies.author"


def places_of(actor: Actor) -> list[Region]:
    """The divisions an author writes for: those of the reach, and one level below each."""
    scope = actor.scope(AUTHOR)
    paths = [""] if scope.everywhere else [*scope.subtrees, *scope.regions]
    found: dict[str, Region] = {}
    for path in sorted(set(paths)):
        own = region_of_path(path)
        if own is None:
            continue
        found[own.code] = own
        if path in scope.subtrees or scope.everywhere:
            found |= {each.code: each for each in children_of(own.code)}
    return list(found.values())


def place_choices(actor: Actor) -> list[tuple[str, str]]:
    """The same as choices."""
    return [(each.code, f"{each.name}（{each.code}）") for each in places_of(actor)]


def path_of(code: str) -> str:
    """The path of a division as scopes carry it; "" for the whole country."""
    return get_region(code).path if code.strip("0") else ""


class TakeInForm(forms.Form):
    """A document as a file or as text."""

    file = forms.FileField(
        label=_("文件"),
        required=False,
        max_length=200,
        help_text=_("PDF、Word（.docx）、OFD 或文本文件。扫描件没有文字，请先识别（OCR）或粘贴正文。"),
        widget=forms.FileInput(attrs={"accept": ",".join(f".{each}" for each in TAKEN_KINDS)}),
    )
    text = forms.CharField(
        label=_("或者粘贴正文"), required=False, widget=forms.Textarea(attrs={"rows": 12}), strip=True
    )
    region = forms.ChoiceField(label=_("适用地区"))

    def __init__(self, *arguments: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        self.fields["region"].choices = place_choices(actor)  # type: ignore[attr-defined]

    @property
    def most(self) -> int:
        """Bytes a file may have."""
        return int(settings.DOCUMENT_UPLOAD_LIMIT)

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if not found.get("file") and not found.get("text") and "file" not in self.errors:
            self.add_error("file", _("请上传文件，或者粘贴正文。"))
        return found


class DocumentForm(forms.Form):
    """What is said of a document."""

    title = forms.CharField(label=_("标题"), max_length=200)
    number = forms.CharField(label=_("文号"), max_length=80, required=False)
    issuer = forms.CharField(label=_("发文机关"), max_length=200, required=False)
    issued_on = DayField(label=_("成文日期"), required=False)
    region = forms.ChoiceField(label=_("适用地区"))
    status = forms.ChoiceField(label=_("效力"), choices=list(STATUSES.items()))
    url = forms.URLField(label=_("出处网址"), max_length=500, required=False, assume_scheme="https")
    note = forms.CharField(
        label=_("说明"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    is_public = forms.BooleanField(
        label=_("在政策库公开"), required=False, help_text=_("公开后任何人都能看到正文。")
    )
    text = forms.CharField(label=_("正文"), widget=forms.Textarea(attrs={"rows": 18}), strip=False)
    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        self.fields["region"].choices = place_choices(actor)  # type: ignore[attr-defined]


class NewItemForm(forms.Form):
    """A new item: its code, name and place."""

    code = forms.RegexField(
        label=_("编号"),
        regex=r"^[\w.\-]+$",
        max_length=80,
        help_text=_("全平台唯一，定下后不能改。可用字母、数字、汉字和 - _ ."),
        error_messages={"invalid": _("编号只能用字母、数字、汉字和 - _ .")},
    )
    name = forms.CharField(label=_("事项名称"), max_length=200)
    region = forms.ChoiceField(label=_("发布地区"))

    def __init__(self, *arguments: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        self.fields["region"].choices = place_choices(actor)  # type: ignore[attr-defined]


class AddToDraftForm(forms.Form):
    """The draft sentences are added to."""

    draft = forms.ChoiceField(label=_("加入哪份草稿"))
    replace_amount = forms.BooleanField(
        label=_("用所选句子的金额替换草稿现有的金额"),
        required=False,
        help_text=_("不勾选时保留草稿现有的金额，没有金额的草稿会写入所选句子的金额。"),
    )

    def __init__(self, *arguments: Any, drafts: Sequence[ItemSummary], **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        self.fields["draft"].choices = [  # type: ignore[attr-defined]
            (each.code, f"{each.name}（{each.code}）") for each in drafts
        ]


class ImportForm(forms.Form):
    """An item as YAML."""

    source = forms.CharField(
        label=_("政策事项 YAML"),
        widget=forms.Textarea(attrs={"rows": 14, "class": "source", "spellcheck": "false"}),
        strip=False,
        max_length=500_000,
    )

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
