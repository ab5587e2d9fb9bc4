"""Becoming somebody who acts for an enterprise: the code, the consent, or the desk; and answering those who ask."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.kernel.access.api import Actor, actor_from, needs, signed_in
from yingshang.processes.enterprise_binding.api import (
    BindingView,
    ask_for_review,
    bindings,
    confirm_binding,
    decide_clerk,
    get_binding,
    request_binding,
    withdraw_binding,
)
from yingshang.rules.errors import DomainError
from yingshang.web.design.formats import english
from yingshang.web.errors import message_of, status_of

from ..forms import BindForm, CodeForm, RefusalForm, StatementForm

TONES = {"approved": "good", "refused": "bad", "withdrawn": "", "lapsed": ""}


@signed_in
def bind(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """The credit code of the enterprise, and what became of earlier requests."""
    actor = actor_from(request)
    form = BindForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            made = request_binding(
                actor=actor, credit_code=form.cleaned_data["credit_code"], now=timezone.now()
            )
        except DomainError as error:
            status = status_of(error)
            form.add_error("credit_code", message_of(error))
        else:
            return redirect("portal:binding", request_id=made.id)
    return render(
        request,
        "portal/bind.html",
        {"form": form, "bindings": [_shown(each) for each in bindings(actor=actor)], "crumbs": _crumbs()},
        status=status,
    )


@signed_in
def binding(request: HttpRequest, request_id: int) -> HttpResponse:
    """Where a request stands, and what can be done now."""
    return _page(request, actor_from(request), request_id)


@signed_in
@require_POST
def confirm(request: HttpRequest, request_id: int) -> HttpResponse | HttpResponseRedirect:
    """Enter the code."""
    actor = actor_from(request)
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _page(request, actor, request_id, code=form)
    try:
        answer = confirm_binding(
            actor=actor, request_id=request_id, code=form.cleaned_data["code"], now=timezone.now()
        )
    except DomainError as error:
        form.add_error("code", message_of(error))
        return _page(request, actor, request_id, code=form, status=status_of(error))
    if not answer.right:
        form.add_error("code", _("验证码不对，还可以试%(left)s次") % {"left": answer.attempts_left})
        return _page(request, actor, request_id, code=form, status=422)
    if answer.state == "approved":
        messages.success(request, _("绑定成功"))
        return redirect("portal:enterprises")
    return redirect("portal:binding", request_id=request_id)


@signed_in
@require_POST
def send_code(request: HttpRequest, request_id: int) -> HttpResponse | HttpResponseRedirect:
    """Another code, to the same contact."""
    actor = actor_from(request)
    view = get_binding(actor=actor, request_id=request_id)
    made = request_binding(actor=actor, credit_code=view.credit_code, now=timezone.now())
    messages.success(request, _("新的验证码已发出"))
    return redirect("portal:binding", request_id=made.id)


@signed_in
@require_POST
def review(request: HttpRequest, request_id: int) -> HttpResponse | HttpResponseRedirect:
    """Ask the desk instead."""
    actor = actor_from(request)
    form = StatementForm(request.POST)
    if not form.is_valid():
        return _page(request, actor, request_id, statement=form)
    ask_for_review(
        actor=actor, request_id=request_id, statement=form.cleaned_data["statement"], now=timezone.now()
    )
    return redirect("portal:binding", request_id=request_id)


@signed_in
@require_POST
def withdraw(request: HttpRequest, request_id: int) -> HttpResponseRedirect:
    """Take the request back."""
    withdraw_binding(actor=actor_from(request), request_id=request_id, now=timezone.now())
    messages.success(request, _("申请已撤回"))
    return redirect("portal:bind")


@needs("mandates.grant")
@require_POST
def decide(request: HttpRequest, party_id: int, request_id: int) -> HttpResponseRedirect:
    """Agree that somebody becomes a clerk, or refuse with a reason."""
    form = RefusalForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    approve = request.POST.get("answer") == "approve"
    decide_clerk(
        actor=actor_from(request), request_id=request_id, approve=approve, reason=reason, now=timezone.now()
    )
    messages.success(request, _("已同意") if approve else _("已拒绝"))
    return redirect("portal:clerks", party_id=party_id)


def _page(
    request: HttpRequest,
    actor: Actor,
    request_id: int,
    *,
    code: CodeForm | None = None,
    statement: StatementForm | None = None,
    status: int = 200,
) -> HttpResponse:
    view = get_binding(actor=actor, request_id=request_id)
    return render(
        request,
        "portal/binding.html",
        {
            "binding": view,
            "shown": _shown(view),
            "steps": _steps(view),
            "code": code or CodeForm(),
            "statement": statement or StatementForm(),
            "crumbs": [*_crumbs(), (view.credit_code, None)],
        },
        status=status if code is None or status != 200 else 422,
    )


def _shown(view: BindingView) -> dict[str, Any]:
    return {
        "view": view,
        "state": view.state_name_en[:1].upper() + view.state_name_en[1:] if english() else view.state_name,
        "tone": TONES.get(view.state, "note"),
    }


def _steps(view: BindingView) -> list[dict[str, str]]:
    """The way of this request; the step in the middle depends on who has to answer."""
    done = view.state == "approved"
    if view.state in ("in_review",) or view.derivation:
        middle = [{"name": _("窗口核实"), "state": "here" if view.state == "in_review" else "done"}]
    elif view.state == "awaiting_representative":
        middle = [{"name": _("填写验证码"), "state": "done"}, {"name": _("法定代表人同意"), "state": "here"}]
    else:
        middle = [{"name": _("填写验证码"), "state": "here" if view.state == "code_sent" else "done"}]
    if view.state in ("refused", "withdrawn", "lapsed"):
        middle[-1]["state"] = "failed"
    return [
        {"name": _("提出申请"), "state": "done"},
        *middle,
        {"name": _("绑定成功"), "state": "done" if done else ""},
    ]


def _crumbs() -> list[tuple[str, str | None]]:
    return [
        (_("首页"), reverse("portal:home")),
        (_("我的企业"), reverse("portal:enterprises") + "?all"),
        (_("绑定企业"), reverse("portal:bind")),
    ]
