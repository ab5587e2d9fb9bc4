"""What is typed to send a message to many."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.notices.api import (
    Audience,
    CampaignContent,
    CampaignView,
    message_kinds,
)
from yingshang.kernel.parties.api import CONDITION_OPERATORS, FactCondition
from yingshang.kernel.reference.api import facts, find_region, industries
from yingshang.web.fields import MomentField
from yingshang.web.filters import FilterForm, choices
from yingshang.web.messages import channel_choices
from yingshang.web.words import (
    CAMPAIGN_STATES,
    FACT_OPERATORS,
    MESSAGE_STATES,
    PARTY_STATUSES,
    SIZES,
    STATUSES,
    in_language,
)

CONDITIONS = 3
LIST_ENDINGS = (".csv", ".txt", ".xlsx", ".parquet")
LARGEST_LIST = 8 * 1024 * 1024


class CampaignFilter(FilterForm):
    """Mass messages by name and state."""

    text = forms.CharField(label=_("名称"), max_length=60)
    state = forms.ChoiceField(label=_("状态"), choices=choices(CAMPAIGN_STATES.items(), _("全部状态")))


class RecipientFilter(FilterForm):
    """Messages by enterprise, channel and state."""

    text = forms.CharField(label=_("企业名称"), max_length=60)
    channel = forms.ChoiceField(label=_("渠道"))
    state = forms.ChoiceField(label=_("状态"), choices=choices(MESSAGE_STATES.items(), _("全部状态")))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["channel"].choices = choices(channel_choices(), _("全部渠道"))  # type: ignore[attr-defined]


class CampaignForm(forms.Form):
    """The text, the channels, and for whom."""

    title = forms.CharField(label=_("名称"), max_length=120, help_text=_("只有工作人员看得到。"))
    kind = forms.ChoiceField(
        label=_("种类"), help_text=_("企业按种类选择是否接收；紧急通知不能关闭，也不受静默时段限制。")
    )
    channels = forms.MultipleChoiceField(label=_("渠道"), widget=forms.CheckboxSelectMultiple)
    subject = forms.CharField(label=_("标题"), max_length=200)
    body = forms.CharField(
        label=_("正文"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text=_("可用变量：{{ enterprise }} 企业名称，{{ credit_code }} 统一社会信用代码。"),
    )
    subject_en = forms.CharField(label=_("英文标题"), max_length=200, required=False)
    body_en = forms.CharField(
        label=_("英文正文"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    link = forms.CharField(
        label=_("链接"),
        max_length=300,
        required=False,
        help_text=_("点“去办理”到哪里，例如 /enterprise/。"),
    )
    region = forms.CharField(
        label=_("区划代码"), max_length=9, required=False, help_text=_("含下级；不填为您的全部范围。")
    )
    industry = forms.ChoiceField(label=_("行业"), required=False)
    size = forms.ChoiceField(label=_("规模"), required=False, choices=choices(SIZES.items(), _("全部规模")))
    status = forms.ChoiceField(label=_("登记状态"), required=False)

    def __init__(self, *args: Any, fixed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What nobody can switch off and what goes out at night is chosen on purpose, never because it stands first.
        mass = sorted((each for each in message_kinds().values() if each.mass), key=lambda each: each.urgent)
        self._choices("kind", [(each.code, in_language(each.name, each.name_en)) for each in mass])
        self._choices("channels", channel_choices(of_people=True))
        sections = [
            (each.code, f"{each.code} {each.name}")
            for each in industries().values()
            if each.code == each.section
        ]
        self._choices("industry", choices(sections, _("全部行业")))
        statuses = [(each, STATUSES.get(each, each)) for each in PARTY_STATUSES]
        self._choices("status", choices(statuses, _("全部状态")))
        known = [
            (code, f"{fact.name}")
            for code, fact in facts().items()
            if fact.about == "party"
            and fact.sensitivity != "personal"
            and fact.series is None
            and fact.type in CONDITION_OPERATORS
        ]
        for number in range(1, CONDITIONS + 1):
            self.fields[f"fact_{number}"] = forms.ChoiceField(
                label=_("事实"), required=False, choices=choices(known, _("不限"))
            )
            self.fields[f"operator_{number}"] = forms.ChoiceField(
                label=_("比较"), required=False, choices=list(FACT_OPERATORS.items())
            )
            self.fields[f"value_{number}"] = forms.CharField(label=_("值"), required=False, max_length=60)
        self.fixed = fixed

    def _choices(self, name: str, pairs: Any) -> None:
        self.fields[name].choices = pairs  # type: ignore[attr-defined]

    @property
    def conditions(self) -> list[tuple[Any, Any, Any]]:
        """The fields of each condition, side by side."""
        return [
            (self[f"fact_{number}"], self[f"operator_{number}"], self[f"value_{number}"])
            for number in range(1, CONDITIONS + 1)
        ]

    def clean_region(self) -> str:
        code = str(self.cleaned_data["region"]).strip()
        if code and find_region(code) is None:
            raise forms.ValidationError(_("没有这个区划代码。"))
        return code

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if bool(values.get("subject_en")) != bool(values.get("body_en")):
            self.add_error("body_en", _("英文标题和正文要么都写，要么都不写。"))
        for number in range(1, CONDITIONS + 1):
            if values.get(f"fact_{number}") and not values.get(f"value_{number}"):
                self.add_error(f"value_{number}", _("请填写值；是否类的填“是”或“否”。"))
        return values

    @property
    def content(self) -> CampaignContent:
        """What was typed, for the room."""
        values = self.cleaned_data
        texts = {"zh-hans": (values["subject"], values["body"])}
        if values["subject_en"]:
            texts["en"] = (values["subject_en"], values["body_en"])
        yes = {"是": "true", "否": "false"}
        conditions = tuple(
            FactCondition(
                values[f"fact_{number}"],
                values[f"operator_{number}"] or "is",
                yes.get(values[f"value_{number}"].strip(), values[f"value_{number}"].strip()),
            )
            for number in range(1, CONDITIONS + 1)
            if values.get(f"fact_{number}")
        )
        audience = Audience(
            region=values["region"],
            industry=values["industry"],
            size=values["size"],
            status=values["status"],
            facts=conditions,
        )
        return CampaignContent(
            title=values["title"],
            kind=values["kind"],
            channels=values["channels"],
            texts=texts,
            link=values["link"],
            audience=audience,
        )

    @staticmethod
    def initial_of(campaign: CampaignView) -> dict[str, Any]:
        """What is typed already."""
        audience = campaign.audience
        subject, body = campaign.texts["zh-hans"]
        subject_en, body_en = campaign.texts.get("en", ("", ""))
        words = {"true": "是", "false": "否"}
        values: dict[str, Any] = {
            "title": campaign.title,
            "kind": campaign.kind,
            "channels": list(campaign.channels),
            "subject": subject,
            "body": body,
            "subject_en": subject_en,
            "body_en": body_en,
            "link": campaign.link,
            "region": audience.region,
            "industry": audience.industry,
            "size": audience.size,
            "status": audience.status,
        }
        for number, each in enumerate(audience.facts[:CONDITIONS], 1):
            values[f"fact_{number}"], values[f"operator_{number}"] = each.column, each.operator
            values[f"value_{number}"] = words.get(each.value, each.value)
        return values


class ListForm(forms.Form):
    """Credit codes: a file, or one a line."""

    file = forms.FileField(
        label=_("选择文件，或拖到这里"),
        required=False,
        help_text=_("CSV、Excel（.xlsx）或 Parquet，有一列是统一社会信用代码。"),
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(LIST_ENDINGS)}),
    )
    codes = forms.CharField(
        label=_("或者把代码贴在这里，每行一个"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and not file.name.lower().endswith(LIST_ENDINGS):
            raise forms.ValidationError(_("不支持这种文件。请上传 CSV、Excel（.xlsx）或 Parquet 文件。"))
        if file and file.size > LARGEST_LIST:
            raise forms.ValidationError(_("文件太大。"))
        return file


class SubmitForm(forms.Form):
    """When to send it, and why its sensitive words may stay."""

    send_at = MomentField(label=_("发送时间"), required=False, help_text=_("不填为立即发送。"))
    reason = forms.CharField(
        label=_("保留这些词的理由"),
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("由另一位有群发权限的人员放行后才会发送。理由记入操作记录。"),
    )

    @property
    def moment(self) -> datetime | None:
        found: datetime | None = self.cleaned_data["send_at"]
        return found


class VerdictForm(forms.Form):
    """Let the words of somebody else's message through, or give it back."""

    decision = forms.ChoiceField(
        label=_("决定"),
        choices=[("approve", _("放行")), ("refuse", _("退回修改"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label=_("理由"), max_length=400, widget=forms.Textarea(attrs={"rows": 3}))


class ResendForm(forms.Form):
    """Over which channels to remind those who have not read it."""

    channels = forms.MultipleChoiceField(label=_("渠道"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channels"].choices = channel_choices(of_people=True)  # type: ignore[attr-defined]
