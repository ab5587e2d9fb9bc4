"""The style page, and the choice of colours and size of text."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import django_tables2 as tables
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from yingshang.kernel.access.api import actor_from, open_to_everybody, set_preferences

from .charts import Chart, RegionMap, RegionValue, Series
from .display import TEXTS, remember
from .templatetags.design import CLOCKS

_DAY = datetime(2026, 11, 21, 14, 5, tzinfo=ZoneInfo("Asia/Shanghai"))


@open_to_everybody
@require_POST
def display(request: HttpRequest) -> HttpResponse:
    """Remember a choice of display: in this browser, and the size of text in the account too."""
    text = request.POST.get("text", "")
    actor = actor_from(request)
    if actor.kind == "user" and text in TEXTS:
        set_preferences(actor=actor, large_text=text == "large", now=timezone.now())
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    response: HttpResponse
    if request.headers.get("X-Requested-With") == "fetch":
        response = HttpResponse(status=204)
    else:
        response = HttpResponseRedirect(target)
    remember(response, request, theme=request.POST.get("theme", ""), text=text)
    return response


@open_to_everybody
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Change the language of the pages, and of messages too for somebody with an account."""
    actor, wanted = actor_from(request), request.POST.get("language", "")
    if actor.kind == "user" and wanted in dict(settings.LANGUAGES):
        set_preferences(actor=actor, language=wanted, now=timezone.now())
    return set_language(request)


class _SampleForm(forms.Form):
    """One field of every kind."""

    name = forms.CharField(
        label=gettext_lazy("企业名称"), help_text=gettext_lazy("与营业执照一致。"), max_length=60
    )
    amount = forms.DecimalField(label=gettext_lazy("申请金额（元）"))
    day = forms.DateField(
        label=gettext_lazy("开始日期"), widget=forms.DateInput(attrs={"type": "date"}), required=False
    )
    size = forms.ChoiceField(
        label=gettext_lazy("企业规模"),
        choices=[("small", gettext_lazy("小型")), ("micro", gettext_lazy("微型"))],
    )
    way = forms.ChoiceField(
        label=gettext_lazy("领取方式"),
        choices=[("post", gettext_lazy("邮寄")), ("window", gettext_lazy("窗口领取"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("说明"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    password = forms.CharField(label=gettext_lazy("密码"), widget=forms.PasswordInput)
    agreed = forms.BooleanField(label=gettext_lazy("以上内容属实"))


class _SampleUpload(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("选择文件，或拖到这里"),
        help_text=gettext_lazy("CSV、Excel 或 Parquet，最大 200 MB。"),
    )


class _SampleTable(tables.Table):
    name = tables.Column(verbose_name=gettext_lazy("项目"))
    amount = tables.Column(
        verbose_name=gettext_lazy("金额"), attrs={"td": {"class": "number"}, "th": {"class": "number"}}
    )
    day = tables.Column(verbose_name=gettext_lazy("日期"), orderable=False)

    class Meta:
        empty_text = gettext_lazy("没有记录")


class _SampleListing:
    """Stands for `yingshang.web.listing.Listing`, with three rows of its own."""

    def __init__(
        self, request: HttpRequest, rows: list[dict[str, Any]], *, total: int, narrowed: bool = False
    ) -> None:
        self.table = _SampleTable(rows, order_by="-amount")
        self.table.request = request
        self.table.paginate(per_page=20, page=1)
        self.total, self.narrowed = total, narrowed
        self.number, self.last = 3, -(-total // 20)
        self.export_is_cut = total > 10_000
        self.workbook_limit, self.csv_limit = 10_000, 50_000


def _sample_rows() -> list[dict[str, Any]]:
    from .formats import day, money

    return [
        {"name": _("稳岗返还"), "amount": money(Decimal("152300.50")), "day": day(_DAY)},
        {"name": _("研发补助"), "amount": money(Decimal("98000")), "day": day(date(2026, 9, 3))},
        {"name": _("设备更新贴息"), "amount": money(Decimal("7645.08")), "day": day(date(2026, 1, 15))},
    ]


@open_to_everybody
def style(request: HttpRequest) -> HttpResponse:
    """Every component in every state."""
    blank, wrong = _SampleForm(prefix="blank"), _SampleForm({"wrong-amount": "x"}, prefix="wrong")
    months = [_("%(month)s月") % {"month": month} for month in range(1, 13)]
    return render(
        request,
        "design/style.html",
        {
            "crumbs": [(_("首页"), "/"), (_("界面规范"), None)],
            "blank": blank,
            "wrong": wrong,
            "upload": _SampleUpload(),
            "moment": _DAY,
            "figure": Decimal("1234.56"),
            "large": Decimal("13800000"),
            "share": Decimal("0.1234"),
            "tones": ["", "note", "good", "warn", "bad"],
            "clocks": list(CLOCKS),
            "listing": _SampleListing(request, _sample_rows(), total=12_345),
            "empty_listing": _SampleListing(request, [], total=0, narrowed=True),
            "pairs": [
                (_("企业名称"), _("演示企业")),
                (_("统一社会信用代码"), "91230102MA00000000"),
                (_("从业人员"), None),
            ],
            "entries": [
                {"title": _("受理"), "when": _DAY, "who": _("窗口人员"), "tone": "good"},
                {
                    "title": _("审核"),
                    "when": _DAY,
                    "who": _("业务人员"),
                    "tone": "note",
                    "text": _("材料齐全"),
                },
                {"title": _("拨付"), "tone": "", "next": True, "text": _("预计 3 个工作日内")},
            ],
            "steps": [
                {"name": _("申请"), "state": "done"},
                {"name": _("审核"), "state": "here", "note": _("还剩 3 个工作日")},
                {"name": _("公示"), "state": ""},
                {"name": _("拨付"), "state": ""},
            ],
            "failed_steps": [
                {"name": _("申请"), "state": "done"},
                {"name": _("审核"), "state": "failed", "note": _("需要补正")},
                {"name": _("公示"), "state": ""},
            ],
            "tabs": [
                {"name": _("全部"), "url": "#tabs", "here": True, "count": 12},
                {"name": _("未读"), "url": "#tabs", "count": 3},
                {"name": _("已读"), "url": "#tabs"},
            ],
            "bars": Chart(
                "bar",
                months,
                [
                    Series(_("受理"), [12, 18, 9, 22, 31, 28, 25, 30, 33, 29, 35, None]),
                    Series(_("办结"), [10, 15, 11, 20, 27, 29, 22, 31, 30, 30, 33, None]),
                ],
                unit=_("件"),
            ),
            "lines": Chart(
                "line",
                months,
                [Series(_("平均办理时长"), [6.1, 5.8, 5.9, 5.2, None, 4.6, 4.4, 4.1, 3.9, 3.9, 3.6, 3.4])],
                unit=_("工作日"),
            ),
            "ring": Chart(
                "pie", [_("符合"), _("待定"), _("不符合")], [Series(_("判定"), [120, 45, 310])], unit=_("户")
            ),
            "ranking": Chart(
                "bar",
                [_("市场监管"), _("税务"), _("人社")],
                [Series(_("超期"), [9, 4, 1], tone="bad")],
                unit=_("件"),
                horizontal=True,
            ),
            "map": RegionMap(
                "cockpit/maps/230000.json",
                [
                    RegionValue("230100", "哈尔滨市", 5321),
                    RegionValue("230200", "齐齐哈尔市", 2210),
                    RegionValue("230600", "大庆市", 1804),
                    RegionValue("231000", "牡丹江市", 1222),
                    RegionValue("230500", "双鸭山市", None),
                ],
                unit=_("户"),
            ),
        },
    )
