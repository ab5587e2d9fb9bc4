"""Flows: definitions with their versions, written as a list of steps, drawn, or uploaded; checked and published."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.kernel.access.api import Actor, actor_from, needs, roles
from yingshang.kernel.clock.api import published_ladders
from yingshang.kernel.flow.api import (
    DefinitionDetail,
    Finding,
    InvalidSteps,
    definitions,
    discard_definition_draft,
    draw,
    get_definition,
    get_definition_version,
    migrate_case,
    migration_report,
    preview_definition,
    publish_version,
    save_draft,
)
from yingshang.rules.errors import DomainError
from yingshang.web.design.formats import english
from yingshang.web.errors import message_of
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.listing import Listing, Page, page_of
from yingshang.web.words import TERM_UNITS, in_language

from ..flow_steps import DEEPEST, EditedFlow, from_document, from_form
from ..forms import FlowFilter, PublishFlowForm, UploadFlowForm
from ..tables import FlowTable

ALLOWED = (
    ("return", gettext_lazy("退回补正")),
    ("deficiency", gettext_lazy("容缺受理")),
    ("commitment", gettext_lazy("告知承诺")),
    ("consult", gettext_lazy("会商")),
    ("delegate", gettext_lazy("转交同事")),
    ("reject", gettext_lazy("退件")),
)


def _hows(flow: EditedFlow) -> list[list[tuple[str, Any]]]:
    """For each step, how it may stand to what is before it: as deep as it stands, and one group further in."""
    found, deep = [], 0
    for step in flow.steps:
        deep = min(max(step.level, deep) + 1, DEEPEST)
        choices: list[tuple[str, Any]] = [
            ("after-0", _("前面都办完之后")),
            ("beside-0", _("与上一环节同时（并联）")),
        ]
        for level in range(1, deep + 1):
            inside = {"level": level}
            choices.append((f"after-{level}", _("第 %(level)d 层分支内，接上一环节") % inside))
            if level < DEEPEST:
                choices.append((f"beside-{level}", _("第 %(level)d 层分支内再并联") % inside))
        found.append(choices)
        deep = step.level
    return found


@dataclass(frozen=True, slots=True)
class FindingShown:
    """A finding in the page's language."""

    severity: str
    where: str
    line: int | None
    words: str


@needs("flow.manage")
def flow_list(request: HttpRequest) -> HttpResponseBase:
    """Every flow the actor manages."""
    actor = actor_from(request)
    filters = FlowFilter(request.GET)
    rows = definitions(actor=actor, **filters.values)

    def fetch(order: str, page: int, per_page: int) -> Page:
        return page_of(rows, order, page, per_page)

    return Listing(request, FlowTable, fetch, name="flows", order="name", filters=filters).respond(
        "administration/flows.html"
    )


@needs("flow.manage")
def flow(request: HttpRequest, code: str) -> HttpResponse:
    """One flow: what is in force, its draft with what the check found, and every version."""
    return _flow_page(request, code, PublishFlowForm())


def _flow_page(request: HttpRequest, code: str, form: PublishFlowForm) -> HttpResponse:
    actor = actor_from(request)
    found = get_definition(actor=actor, code=code)
    newest = found.versions[0] if found.versions else None
    published = newest and get_definition_version(actor=actor, code=code, number=newest.number)
    draft = found.draft
    return render(
        request,
        "administration/flow.html",
        {
            "flow": found,
            "title": in_language(found.name, found.name_en),
            "newest": newest,
            "drawing": _drawn(published.bpmn) if published else "",
            "draft": draft,
            "draft_drawing": _drawn(draft.bpmn) if draft else "",
            "findings": _shown(draft.findings) if draft else (),
            "can_be_published": bool(draft and draft.can_be_published),
            "by_steps": _edited(_text_to_begin_with(actor, found)) is not None,
            "form": form,
        },
        status=status_of_form(form),
    )


@needs("flow.manage")
def flow_version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One published version, as it was drawn."""
    actor = actor_from(request)
    found = get_definition(actor=actor, code=code)
    version = get_definition_version(actor=actor, code=code, number=number)
    return render(
        request,
        "administration/flow_version.html",
        {
            "flow": found,
            "title": in_language(found.name, found.name_en),
            "version": version,
            "drawing": _drawn(version.bpmn),
            "newest": found.versions[0].number,
        },
    )


@needs("flow.manage")
def flow_file(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The BPMN of a version, to take elsewhere."""
    version = get_definition_version(actor=actor_from(request), code=code, number=number)
    response = HttpResponse(version.bpmn, content_type="application/xml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{code}-v{number}.bpmn"'
    return response


@needs("flow.manage")
def flow_steps(request: HttpRequest, code: str = "") -> HttpResponse | HttpResponseRedirect:
    """Write a flow as a list of steps. Each button sends all of it; only saving keeps it."""
    actor, now = actor_from(request), timezone.now()
    found = get_definition(actor=actor, code=code) if code else None
    new_code = request.POST.get("code", "").strip()
    problem = ""
    if request.method == "POST":
        edited: EditedFlow | None = from_form(request.POST)
        operation = request.POST.get("op", "")
        assert edited is not None
        if operation == "save":
            try:
                document = json.dumps(edited.document(code or new_code), ensure_ascii=False)
                save_draft(
                    actor=actor,
                    code=code or new_code,
                    steps=document,
                    region_path=_home_of(actor),
                    expected=_moment(request.POST.get("expected", "")) if code else None,
                    now=now,
                )
            except DomainError as error:
                # What is wrong in the list stands in the check beside it.
                problem = (
                    "" if isinstance(error, InvalidSteps) and error.details["problems"] else message_of(error)
                )
                problem = problem or _("没有保存：请先改正右侧列出的错误。")
            else:
                messages.success(request, _("草稿已保存。"))
                return redirect("administration:flow", code=code or new_code)
        else:
            edited = edited.changed(operation)
        expected = request.POST.get("expected", "")
    else:
        edited = _edited(_text_to_begin_with(actor, found)) if found else EditedFlow()
        if edited is None:
            messages.warning(request, _("这个流程不能写成步骤清单，请在图上编辑。"))
            return redirect("administration:flow-modeler", code=code)
        expected = found.draft.changed_at.isoformat() if found and found.draft else ""
    htmx = bool(request.htmx)  # type: ignore[attr-defined]
    return render(
        request,
        "administration/flow_steps_form.html" if htmx else "administration/flow_steps.html",
        {
            "code": code,
            "new_code": new_code,
            "title": in_language(edited.name, edited.name_en) or code,
            "flow": edited,
            "expected": expected,
            "problem": problem,
            "url": request.path,
            "check_url": reverse("administration:flow-check"),
            "roles": _roles(),
            "ladders": _ladders(),
            "units": list(TERM_UNITS.items()),
            "rows": list(zip(edited.steps, _hows(edited), strict=True)),
            "allows": ALLOWED,
            **_checked(
                actor, steps=json.dumps(edited.document(code or new_code or "flow"), ensure_ascii=False)
            ),
        },
        # htmx shows a refusal too; the buttons that only change the list are no refusals.
        status=422 if problem else 200,
    )


@needs("flow.manage")
@require_POST
def flow_check(request: HttpRequest) -> HttpResponse:
    """What a list of steps, or a diagram, would become: the drawing and the findings. Nothing is kept."""
    actor = actor_from(request)
    if "bpmn" in request.POST:
        checked = _checked(actor, bpmn=request.POST["bpmn"], code=request.POST.get("code", ""))
    else:
        code = request.POST.get("code", "").strip() or "flow"
        document = from_form(request.POST).document(code)
        checked = _checked(actor, steps=json.dumps(document, ensure_ascii=False))
    return render(request, "administration/flow_check.html", checked)


@needs("flow.manage")
def flow_modeler(request: HttpRequest, code: str) -> HttpResponse | HttpResponseRedirect:
    """Draw a flow in the browser."""
    actor, now = actor_from(request), timezone.now()
    found = get_definition(actor=actor, code=code)
    problem, bpmn = "", ""
    expected = request.POST.get("expected", "")
    if request.method == "POST":
        bpmn = request.POST.get("bpmn", "")
        try:
            save_draft(actor=actor, code=code, bpmn=bpmn, expected=_moment(expected), now=now)
        except DomainError as error:
            problem = message_of(error)
        else:
            messages.success(request, _("草稿已保存。"))
            return redirect("administration:flow", code=code)
    elif found.draft:
        bpmn, expected = found.draft.bpmn, found.draft.changed_at.isoformat()
    elif found.versions:
        bpmn = get_definition_version(actor=actor, code=code, number=found.versions[0].number).bpmn
    return render(
        request,
        "administration/flow_modeler.html",
        {
            "flow": found,
            "title": in_language(found.name, found.name_en),
            "bpmn": bpmn,
            "expected": expected,
            "problem": problem,
            "words": _modeler_words(),
            "choices": {
                "roles": _roles(),
                "ladders": _ladders(),
                "allow": [(value, str(name)) for value, name in ALLOWED],
            },
            "check_url": reverse("administration:flow-check"),
        },
        status=422 if problem else 200,
    )


@needs("flow.manage")
def flow_upload(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """A BPMN file as the draft of a flow. What the check says of it is shown; only a readable file is kept."""
    actor = actor_from(request)
    form = UploadFlowForm(
        request.POST or None, request.FILES or None, initial={"code": request.GET.get("code", "")}
    )
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            save_draft(
                actor=actor,
                code=values["code"],
                bpmn=values["file"],
                region_path=_home_of(actor),
                note=values["note"],
                now=timezone.now(),
            )
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("已上传为草稿。"))
            return redirect("administration:flow", code=values["code"])
    return render(request, "administration/flow_upload.html", {"form": form}, status=status_of_form(form))


@needs("flow.manage")
@require_POST
def flow_publish(request: HttpRequest, code: str) -> HttpResponse | HttpResponseRedirect:
    """Put the draft into force for the cases that begin from now on."""
    form = PublishFlowForm(request.POST)
    if form.is_valid():
        try:
            version = publish_version(
                actor=actor_from(request), code=code, note=form.cleaned_data["note"], now=timezone.now()
            )
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(
                request, _("第 %(number)d 版已发布，新的办件按它办理。") % {"number": version.number}
            )
            return redirect("administration:flow", code=code)
    return _flow_page(request, code, form)


@needs("flow.manage")
@require_POST
def flow_discard(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Throw the draft away."""
    actor = actor_from(request)
    discard_definition_draft(actor=actor, code=code, now=timezone.now())
    messages.success(request, _("草稿已丢弃。"))
    left = any(each.code == code for each in definitions(actor=actor))
    return redirect("administration:flow", code=code) if left else redirect("administration:flows")


@needs("flow.manage")
def flow_migration(request: HttpRequest, code: str, number: int) -> HttpResponse | HttpResponseRedirect:
    """Which open cases of other versions could go on in this one, which not and why; and have some go on."""
    actor = actor_from(request)
    found = get_definition(actor=actor, code=code)
    if request.method == "POST":
        moved, refusals = 0, []
        for each in request.POST.getlist("case")[:500]:
            if not each.isdecimal():
                raise Http404
            try:
                migrate_case(actor=actor, case_id=int(each), to_version=number, now=timezone.now())
                moved += 1
            except DomainError as error:
                refusals.append(message_of(error))
        if moved:
            messages.success(
                request, _("%(n)d 件办件已换到第 %(number)d 版。") % {"n": moved, "number": number}
            )
        for reason in sorted(set(refusals)):
            messages.error(request, reason)
        return redirect("administration:flow-migration", code=code, number=number)
    version = get_definition_version(actor=actor, code=code, number=number)
    report = migration_report(actor=actor, code=code, to_version=number)
    return render(
        request,
        "administration/flow_migration.html",
        {
            "flow": found,
            "title": in_language(found.name, found.name_en),
            "version": version,
            "report": report,
            "rows": [(each, each.why(get_language() or "zh-hans")) for each in report.rows],
        },
    )


# --- what the pages are made of ---------------------------------------------------------------------------------------


def _text_to_begin_with(actor: Actor, found: DefinitionDetail) -> str:
    """The list of steps of the draft, else of the newest version; empty where it was drawn or uploaded."""
    if found.draft:
        return found.draft.steps
    if found.versions:
        return get_definition_version(actor=actor, code=found.code, number=found.versions[0].number).steps
    return ""


def _edited(text: str) -> EditedFlow | None:
    """The form of a list of steps, or None where there is none: it was drawn, or uploaded."""
    if not text:
        return None
    document = yaml.safe_load(text)
    return from_document(document) if isinstance(document, dict) else None


def _checked(actor: Actor, **text: str) -> dict[str, Any]:
    """The drawing and the findings of a text. A list that does not hold together has problems and no drawing."""
    try:
        preview = preview_definition(actor=actor, **text)
    except InvalidSteps as error:
        problems = error.details.get("problems") or ()
        return {
            "drawing": "",
            "findings": [
                FindingShown(
                    "error", each["field"], None, each["message"] if english() else each["message_zh"]
                )
                for each in problems
            ]
            or [FindingShown("error", "", None, message_of(error))],
        }
    return {"drawing": _drawn(preview.bpmn), "findings": _shown(preview.findings)}


def _shown(findings: Iterable[Finding]) -> tuple[FindingShown, ...]:
    language = get_language() or "zh-hans"
    return tuple(FindingShown(each.severity, each.where, each.line, each.text(language)) for each in findings)


def _drawn(bpmn: str) -> str:
    """The SVG; nothing where the text is no diagram, which the findings say."""
    try:
        return draw(bpmn, language=get_language() or "zh-hans")
    except DomainError:
        return ""


def _roles() -> list[tuple[str, str]]:
    return [(role.code, in_language(role.name, role.name_en)) for role in roles()]


def _ladders() -> list[tuple[str, str]]:
    return [(each.code, in_language(each.shown.name, each.shown.name_en)) for each in published_ladders()]


def _home_of(actor: Actor) -> str:
    """The region a flow made by the actor belongs to: the highest they manage."""
    scope = actor.scope("flow.manage")
    if scope.everywhere:
        return ""
    return min((*scope.subtrees, *scope.regions), key=len, default="")


def _moment(text: str) -> datetime | None:
    """When the draft that was opened had been changed, as the form carries it."""
    return parse_datetime(text) if text else None


def _modeler_words() -> dict[str, Any]:
    return {
        "flow": _("流程本身"),
        "lane": _("泳道"),
        "step": _("环节"),
        "arrow": _("连线"),
        "start": _("开始"),
        "end": _("结束"),
        "exclusive": _("条件分支"),
        "parallel": _("并联"),
        "name": _("名称"),
        "name_en": _("英文名称"),
        "code": _("代码"),
        "code_hint": _("小写字母、数字和下划线，例如 service_center。"),
        "id": _("代号"),
        "id_hint": _("字母、数字和下划线；条件里用 outcome_of_代号 读它的结果。"),
        "source": _("依据"),
        "case_term": _("全程时限"),
        "term": _("时限"),
        "unit": _("单位"),
        "units": {code: str(name) for code, name in TERM_UNITS.items()},
        "ladder": _("提醒阶梯"),
        "facts": _("申请时提供的数据"),
        "facts_hint": _("条件可以使用，用顿号隔开。"),
        "form": _("表单代码"),
        "sets": _("写入办件的数据"),
        "sets_hint": _("后面的条件可以使用；有表单的写其中的字段代码。用顿号隔开。"),
        "role": _("岗位"),
        "apart": _("不能与这些环节同一人办理"),
        "apart_hint": _("环节代号，用顿号隔开。"),
        "allow": _("允许的办理方式"),
        "outcomes": _("办理结果"),
        "add_outcome": _("新增结果"),
        "ends": _("办件结束"),
        "remove": _("删除"),
        "none": _("不用"),
        "condition": _("条件（FEEL）"),
        "condition_hint": _('例如 outcome_of_accept = "accepted"'),
        "otherwise": _("其他情况都走这里"),
        "only_after_exclusive": _("只有条件分支之后的连线才有条件。"),
    }
