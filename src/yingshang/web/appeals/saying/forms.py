"""What is asked of who says something: little."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from yingshang.areas.appeals.api import Link, Reporter, file_limits, read_project_code, text_limits
from yingshang.kernel.access.api import Actor
from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of
from yingshang.web.filters import FilterForm, choices
from yingshang.web.uploads import files_together, megabytes

from ..words import link_kind_name, state_choices


class Files(forms.ClearableFileInput):
    """Several files at once."""

    allow_multiple_selected = True

    def __init__(self) -> None:
        kinds = [f".{each}" for each in file_limits()["kinds"]]
        # A telephone shows its recordings, whatever it calls them; what they are, the room that takes them finds out.
        super().__init__(attrs={"accept": ",".join((*kinds, "audio/*"))})


class SeveralFiles(forms.FileField):
    """The files of one field; each is looked at by the room that takes it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=Files(), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Each of them; a form with none is refused where one is needed."""
        sent = data if isinstance(data, list) else [data]
        return [super(SeveralFiles, self).clean(each, initial) for each in sent or [None]]


class ProjectField(forms.CharField):
    """The code of an investment project, however it was typed; empty where there is none."""

    def __init__(self, **kwargs: Any) -> None:
        defaults = {"label": _("投资项目代码"), "max_length": 80, "required": False}
        super().__init__(**{**defaults, **kwargs})

    def clean(self, value: Any) -> str:
        """As the standard writes it. Raises ValidationError with what is wrong."""
        text: str = super().clean(value)
        try:
            return read_project_code(text) if text else ""
        except DomainError as error:
            raise forms.ValidationError(message_of(error)) from error


def attaching(actor: Actor) -> dict[str, Any]:
    """What the fields for files say to who fills them in: each file, and all that one form takes."""
    limits = file_limits()
    largest = int(limits["largest_bytes"])
    together = min(files_together(actor), int(limits["most_files"]) * largest)
    shown = {
        **limits,
        "longest_minutes": int(limits["longest_seconds"]) // 60,
        "largest_megabytes": megabytes(min(largest, together)),
        "together_bytes": together,
        "together_megabytes": megabytes(together),
    }
    return {"limits": shown, "accept": Files().attrs["accept"]}


class SayForm(forms.Form):
    """What happened, where, and how to reach who says it. What may be said, the room that takes it says."""

    body = forms.CharField(
        label=_("发生了什么事"),
        help_text=_("写明什么事、在哪里、从什么时候开始，希望怎样解决。不用写身份证号、银行账号。"),
        widget=forms.Textarea(attrs={"rows": 7}),
        strip=False,
    )
    title = forms.CharField(
        label=_("标题"), required=False, help_text=_("一句话说明；不写就用正文的第一句。")
    )
    about = forms.ChoiceField(label=_("关于哪件事"), required=False)
    project = ProjectField(help_text=_("和投资项目有关的，填写24位项目代码。"))
    party = forms.TypedChoiceField(
        label=_("代表哪家企业"), coerce=int, empty_value=None, required=False, widget=forms.RadioSelect
    )
    region = forms.ChoiceField(label=_("事情发生在哪里"), required=False)
    anonymous = forms.BooleanField(
        label=_("匿名：不让办理单位看到是谁说的"), required=False, widget=forms.CheckboxInput
    )
    name = forms.CharField(label=_("联系人"), max_length=60, required=False)
    phone = forms.CharField(
        label=_("联系电话"),
        max_length=30,
        required=False,
        help_text=_("只有办理这件事的人看得到，每次查看都有记录。"),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
    )
    mail = forms.EmailField(label=_("电子邮箱"), max_length=120, required=False)

    def __init__(
        self,
        *arguments: Any,
        regions: list[tuple[str, str]],
        parties: list[tuple[int, str]] | None = None,
        about: list[Link] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        # The room refuses what is longer and says by how much; a browser that cuts it off silently would lose it.
        self.fields["body"].widget.attrs["data-most"] = text_limits().body_longest
        if about:
            pairs = [
                (f"{each.kind}:{each.id}", f"{link_kind_name(each.kind)}　{each.label}") for each in about
            ]
            self.fields["about"].choices = choices(pairs, _("不关联"))  # type: ignore[attr-defined]
        else:
            del self.fields["about"]
        if parties:
            self.fields["party"].choices = [  # type: ignore[attr-defined]
                *((str(number), name) for number, name in parties),
                ("", _("不代表企业，以个人名义")),
            ]
        else:
            del self.fields["party"]
            self.fields["region"].required = True
            self.fields["region"].error_messages["required"] = _("请选择诉求所在的地区")
        first = _("企业所在地") if parties else _("请选择")
        self.fields["region"].choices = [("", first), *regions]  # type: ignore[attr-defined]

    @property
    def links(self) -> list[Link]:
        """What it is about, if they said so."""
        kind, _colon, number = (self.cleaned_data.get("about") or "").partition(":")
        project = self.cleaned_data.get("project")
        return [
            *([Link(kind, number)] if number else []),
            *([Link("project", project)] if project else []),
        ]

    @property
    def reporter(self) -> Reporter:
        """How to reach them."""
        told = self.cleaned_data
        return Reporter(told["name"], told["phone"], told["mail"])


class OwnFilter(FilterForm):
    """One's own appeals by words and state."""

    text = forms.CharField(label=_("搜索"), max_length=100)
    state = forms.ChoiceField(label=_("状态"))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["text"].widget.attrs["placeholder"] = _("编号或内容")
        self.fields["state"].choices = choices(state_choices("appeal"), _("全部状态"))  # type: ignore[attr-defined]


class FollowForm(forms.Form):
    """The number of an appeal and the code it was given with."""

    use_required_attribute = False
    number = forms.CharField(label=_("诉求编号"), max_length=24)
    key = forms.CharField(
        label=_("查询码"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
