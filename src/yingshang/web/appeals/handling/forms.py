"""Filters of the list, and a form for each step an official may take."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yingshang.areas.appeals import api
from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import extension_reasons, pause_reasons
from yingshang.kernel.parties.api import AgencyRow
from yingshang.web.fields import MomentField
from yingshang.web.filters import DayField, FilterForm, choices
from yingshang.web.words import in_language

from ..saying.forms import ProjectField, SeveralFiles
from ..words import (
    OUTCOMES,
    REQUEST_KINDS,
    WAYS,
    Words,
    link_kind_name,
    named_choices,
    state_choices,
    topic_choices,
)

Choices = list[tuple[str, Any]]


class DeskFilter(FilterForm):
    """Appeals by what one looks for."""

    text = forms.CharField(label=_("搜索"), max_length=100)
    state = forms.ChoiceField(label=_("状态"))
    topic = forms.ChoiceField(label=_("主题"))
    agency_id = forms.TypedChoiceField(label=_("主办单位"), coerce=int)
    region_path = forms.ChoiceField(label=_("地区"))
    channel = forms.ChoiceField(label=_("渠道"))
    difficulty = forms.ChoiceField(label=_("难度"))
    overdue = forms.ChoiceField(label=_("办理期限"))
    about = forms.CharField(widget=forms.HiddenInput, max_length=120)
    tab = forms.CharField(widget=forms.HiddenInput, max_length=10)

    def __init__(
        self,
        data: QueryDict,
        *,
        agencies: Iterable[AgencyRow],
        regions: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.fields["text"].widget.attrs["placeholder"] = _("编号、信用代码或内容")
        for name, pairs, every in (
            ("state", state_choices("appeal"), _("全部状态")),
            ("topic", topic_choices(), _("全部主题")),
            ("agency_id", [(str(each.id), each.name) for each in agencies], _("全部单位")),
            ("region_path", regions, _("全部地区")),
            ("channel", named_choices("channels"), _("全部渠道")),
            ("difficulty", named_choices("difficulties"), _("全部难度")),
            ("overdue", [("yes", _("已超期"))], _("不限")),
        ):
            self.fields[name].choices = choices(pairs, every)  # type: ignore[attr-defined]

    @property
    def asked(self) -> dict[str, Any]:
        """As the room's arguments."""
        found = {name: value for name, value in self.values.items() if name != "tab"}
        if "state" in found:
            found["states"] = [found.pop("state")]
        if "overdue" in found:
            found["overdue"] = True
        kind, colon, number = found.pop("about", "").partition(":")
        if colon:
            found["linked_to"] = (kind, number)
        return found

    @property
    def narrowed(self) -> bool:
        return bool(self.asked)


def _text(label: Any, *, rows: int = 3, required: bool = True, hint: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=required, help_text=hint, widget=forms.Textarea(attrs={"rows": rows})
    )


def _words(table: Words) -> Choices:
    return list(table.items())


class StepForm(forms.Form):
    """Fields of a step. What may stand in them, the action says."""

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})


class _AgencyForm(StepForm):
    agency = forms.TypedChoiceField(label=_("单位"), coerce=int)

    def __init__(self, *arguments: Any, agencies: Iterable[AgencyRow] = (), **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        grouped: dict[str, Choices] = {}
        for each in agencies:
            grouped.setdefault(each.region_name, []).append((str(each.id), each.name))
        self.fields["agency"].choices = [("", _("请选择")), *grouped.items()]  # type: ignore[attr-defined]


class DispatchForm(_AgencyForm):
    """Who deals with it, what it is about, how difficult it is."""

    topic = forms.ChoiceField(label=_("主题"), required=False)
    difficulty = forms.ChoiceField(label=_("难度"), required=False, widget=forms.RadioSelect)
    urgency = forms.ChoiceField(label=_("紧急程度"), required=False, widget=forms.RadioSelect)
    reason = _text(
        _("说明"), rows=2, required=False, hint=_("提高难度会延长期限，并告知诉求人；裁定时必填。")
    )

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        self.fields["topic"].choices = choices(topic_choices(), _("不确定"))  # type: ignore[attr-defined]
        self.fields["difficulty"].choices = named_choices("difficulties")  # type: ignore[attr-defined]
        self.fields["urgency"].choices = named_choices("urgencies")  # type: ignore[attr-defined]


class ReassignForm(_AgencyForm):
    """Another agency."""

    reason = _text(_("理由"))


class PartForm(_AgencyForm):
    """Which agency is asked for what."""

    question = _text(_("请协办的事项"))


class ConsultForm(StepForm):
    """About what, with whom, until when, and where one meets."""

    question = _text(_("会商什么"))
    agency_ids = forms.TypedMultipleChoiceField(
        label=_("邀请的单位"),
        coerce=int,
        required=False,
        help_text=_("可以选多个；电脑上按住 Ctrl 或 ⌘ 点选。"),
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )
    with_reporter = forms.BooleanField(label=_("邀请诉求人参加"), required=False)
    working_days = forms.IntegerField(
        label=_("几个工作日内发表意见"), required=False, min_value=1, help_text=_("不填按规定的天数。")
    )
    meeting_at = MomentField(label=_("会议时间"), required=False)
    meeting_place = forms.CharField(label=_("会议地点"), max_length=200, required=False)
    meeting_address = forms.CharField(
        label=_("视频会议网址"), max_length=300, required=False, help_text=_("以 https:// 开头。")
    )

    def __init__(self, *arguments: Any, agencies: Iterable[AgencyRow] = (), **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        grouped: dict[str, Choices] = {}
        for each in agencies:
            grouped.setdefault(each.region_name, []).append((str(each.id), each.name))
        self.fields["agency_ids"].choices = list(grouped.items())  # type: ignore[attr-defined]


class LinkForm(StepForm):
    """What it is about: something of the enterprise, a policy item by its code, or a project by the code it has."""

    about = forms.ChoiceField(label=_("企业的事项"), required=False)
    code = forms.CharField(label=_("或者政策事项代码"), max_length=80, required=False)
    project = ProjectField(label=_("或者投资项目代码"))

    def __init__(self, *arguments: Any, offered: Iterable[tuple[str, str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        pairs = [(f"{kind}:{number}", f"{link_kind_name(kind)} {name}") for kind, number, name in offered]
        if pairs:
            self.fields["about"].choices = choices(pairs, _("请选择"))  # type: ignore[attr-defined]
        else:
            del self.fields["about"]
            self.fields["code"].label = _("政策事项代码")

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        kind, _colon, number = (told.get("about") or "").partition(":")
        if not number:
            kind, number = "policy_item", (told.get("code") or "").strip()
        if not number:
            kind, number = "project", told.get("project") or ""
        if not number and "project" not in self.errors:
            raise forms.ValidationError(_("请选择一项，或者填写政策事项代码、投资项目代码"))
        return {"kind": kind, "identifier": number}


class UnlinkForm(StepForm):
    """Which link is taken away."""

    kind = forms.CharField(max_length=80)
    identifier = forms.CharField(max_length=80)


class DeclineForm(StepForm):
    """Why not, and where to go instead."""

    reason = _text(_("不予受理的理由"), hint=_("会原样告诉诉求人。"))
    instead = _text(_("可以向哪里提出"), rows=2)


class JoinForm(StepForm):
    """Which one it is joined to."""

    main = forms.TypedChoiceField(
        label=_("并入哪一件"), coerce=int, empty_value=None, required=False, widget=forms.RadioSelect
    )
    number = forms.CharField(label=_("或者填写编号"), max_length=24, required=False)
    reason = _text(_("说明"), rows=2, required=False)

    def __init__(
        self, *arguments: Any, actor: Actor, likes: Iterable[api.AlikeAppeal] = (), **kwargs: Any
    ) -> None:
        super().__init__(*arguments, **kwargs)
        self.actor = actor
        self.fields["main"].choices = [  # type: ignore[attr-defined]
            (str(each.id), f"{each.number} {each.title}") for each in likes
        ]
        if not self.fields["main"].choices:  # type: ignore[attr-defined]
            del self.fields["main"]

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if not told.get("main"):
            now = timezone.now()
            number = (told.get("number") or "").strip().upper()
            found = api.desk_appeals(actor=self.actor, text=number, limit=1, now=now).rows if number else ()
            if not found or found[0].number != number:
                raise forms.ValidationError(_("请选择要并入的诉求，或者填写它的完整编号"))
            told["main"] = found[0].id
        return told


class BounceForm(StepForm):
    """Why it is not theirs."""

    reason = _text(_("退回的理由"))
    suggested = forms.CharField(label=_("建议由哪个单位办理"), max_length=200, required=False)


class ReasonForm(StepForm):
    """Why."""

    reason = _text(_("理由"))


class ContactForm(StepForm):
    """How who said it was spoken with."""

    way = forms.ChoiceField(label=_("方式"), choices=list(WAYS.items()), widget=forms.RadioSelect)
    not_reached = forms.BooleanField(label=_("没有联系上"), required=False)
    said = _text(_("联系情况"), required=False, hint=_("加密保存，只有办理的人看得到。"))


class TextForm(StepForm):
    """Words."""

    text = _text(_("内容"))


class TimeForm(StepForm):
    """More time, or a pause, for a reason in law."""

    kind = forms.ChoiceField(label=_("申请"), choices=list(REQUEST_KINDS.items()), widget=forms.RadioSelect)
    reason_code = forms.ChoiceField(label=_("法定事由"))
    working_days = forms.IntegerField(label=_("延长几个工作日"), required=False, min_value=1)
    note = _text(_("说明"), rows=2, required=False)

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)

        def named(rows: Any) -> Choices:
            return [(each.code, in_language(each.name, each.name_en)) for each in rows]

        self.fields["reason_code"].choices = [  # type: ignore[attr-defined]
            (_("延长期限"), named(extension_reasons())),
            (_("中止计时"), named(pause_reasons())),
        ]


class ListForm(StepForm):
    """Until when, and how."""

    due_on = DayField(label=_("办结期限"))
    instruction = _text(_("批示"), required=False)


class RemarkForm(StepForm):
    """A remark nobody has to make."""

    remark = _text(_("意见"), rows=2, required=False)


class NeededRemarkForm(StepForm):
    """A remark."""

    remark = _text(_("意见"), rows=2)


class ReplyForm(StepForm):
    """The reply."""

    outcome = forms.ChoiceField(label=_("办理结果"), choices=list(OUTCOMES.items()), widget=forms.RadioSelect)
    text = _text(_("答复"), rows=8, hint=_("企业看到的就是这些文字。不写内部意见，不写他人的个人信息。"))
    # The answers of the library that were put into it, which are counted.
    used = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)


class AnswerForm(StepForm):
    """An answer between agencies."""

    answer = _text(_("答复"), rows=4)


class DecideForm(StepForm):
    """Granted or not."""

    verdict = forms.ChoiceField(
        label=_("审批结果"),
        choices=[("granted", _("批准")), ("refused", _("不批准"))],
        widget=forms.RadioSelect,
    )
    decision = _text(_("意见"), rows=2, required=False)


class DemandForm(StepForm):
    """What is demanded."""

    demand = _text(_("督办要求"))


class FileForm(StepForm):
    """A file of an official."""

    attached = SeveralFiles(label=_("附件"), help_text=_("诉求人也能看到。"))


class EmptyForm(StepForm):
    """Nothing to fill in."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step: what it is called, what is asked, what it does, and which event of the room allows it.

    `about` is what of the appeal it is done to: itself, or one of its parts, requests, replies.
    """

    name: str | Promise
    event: str
    form: type[StepForm]
    act: Callable[..., Any]
    icon: str = "writing-sign"
    about: str = "appeal"
    danger: bool = False
    done: str | Promise = ""


def _contact(told: dict[str, Any]) -> dict[str, Any]:
    return {"way": told["way"], "said": told["said"], "reached": not told["not_reached"]}


ARGUMENTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "dispatch": lambda told: {
        "agency_id": told["agency"],
        **{name: told[name] for name in ("topic", "difficulty", "urgency", "reason")},
    },
    "reassign": lambda told: {"agency_id": told["agency"], "reason": told["reason"]},
    "part": lambda told: {"agency_id": told["agency"], "question": told["question"]},
    "join": lambda told: {"main_id": told["main"], "reason": told["reason"]},
    "contact": _contact,
    "time": lambda told: {
        "kind": told["kind"],
        "reason_code": told["reason_code"],
        "working_days": told["working_days"] if told["kind"] == "extend" else None,
        "note_text": told["note"],
    },
    "reply": lambda told: {
        "text": told["text"],
        "outcome": told["outcome"],
        "answers": [int(each) for each in told["used"].split(",") if each.isdecimal() and len(each) < 19],
    },
    "resume": lambda told: {"note_text": told["remark"]},
    "decide": lambda told: {"granted": told["verdict"] == "granted", "decision": told["decision"]},
    "propose": lambda told: {},
}
"""What a form says → the arguments of its action; the others are called alike."""

STEPS: dict[str, Step] = {
    "dispatch": Step(_("派单办理"), "dispatched", DispatchForm, api.dispatch_appeal, "send"),
    "contact": Step(_("记录联系"), "contacted", ContactForm, api.record_contact, "phone"),
    "reply": Step(_("起草答复"), "reply_written", ReplyForm, api.write_reply, "edit"),
    "join": Step(_("并入同类诉求"), "joined", JoinForm, api.join_appeal, "link"),
    "part": Step(_("请其他单位协办"), "part_asked", PartForm, api.ask_for_part, "users-group"),
    "consult": Step(_("发起会商"), "consulted", ConsultForm, api.call_consultation, "message"),
    "time": Step(_("申请延期或中止"), "time_asked", TimeForm, api.ask_for_time, "hourglass"),
    "resume": Step(_("恢复计时"), "resumed", RemarkForm, api.resume_appeal, "player-play"),
    "bounce": Step(_("退回派单单位"), "bounced", BounceForm, api.bounce_appeal, "arrow-back-up"),
    "raise": Step(_("上报上一级"), "raised", ReasonForm, api.raise_appeal, "stairs"),
    "reassign": Step(_("改派"), "reassigned", ReassignForm, api.reassign_appeal, "arrows-diff"),
    "settle": Step(_("督查办结"), "settled", ReasonForm, api.settle_appeal, "gavel", danger=True),
    "notice": Step(_("发督办单"), "notice_issued", DemandForm, api.issue_notice, "alert-triangle"),
    "list": Step(_("挂牌督办"), "listed", ListForm, api.put_on_leaders_list, "stairs"),
    "unlist": Step(_("摘牌"), "unlisted", ReasonForm, api.take_off_leaders_list, "x"),
    "note": Step(_("内部备注"), "noted", TextForm, api.write_note, "message-circle"),
    "file": Step(_("添加附件"), "file_added", FileForm, api.add_official_file, "paperclip"),
    "link": Step(_("关联事项"), "linked", LinkForm, api.link_appeal, "link"),
    "unlink": Step(_("去掉关联"), "unlinked", UnlinkForm, api.unlink_appeal, "x"),
    "part-again": Step(_("撤出并案"), "parted", ReasonForm, api.part_appeal, "rotate-2"),
    "decline": Step(_("不予受理"), "declined", DeclineForm, api.decline_appeal, "circle-x", danger=True),
    "give": Step(_("给出协办意见"), "given", AnswerForm, api.give_part, "check", "part"),
    "end": Step(_("不再需要"), "over", ReasonForm, api.end_part, "x", "part"),
    "decide": Step(_("审批"), "granted", DecideForm, api.decide_on_time, "rubber-stamp", "request"),
    "propose": Step(_("提交审签"), "proposed", EmptyForm, api.propose_reply, "send", "reply"),
    "send": Step(_("审签并发送"), "sent", RemarkForm, api.send_reply, "rubber-stamp", "reply"),
    "return": Step(_("退回修改"), "returned", NeededRemarkForm, api.return_reply, "arrow-back-up", "reply"),
}
