"""Users and appointments, and the roles they hold."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.kernel.access.api import (
    activate_user,
    actor_from,
    appoint,
    create_user,
    deactivate_user,
    end_appointment,
    get_user,
    is_locked_out,
    needs,
    permissions,
    reset_second_factor,
    roles,
    unlock_user,
    users,
)
from yingshang.rules.errors import DomainError
from yingshang.web.forms import refuse, rehearse, status_of_form
from yingshang.web.listing import Listing, Page
from yingshang.web.words import in_language

from ..forms import AppointForm, ReasonForm, UserFilter, UserForm
from ..tables import UserTable


@needs("access.view_users")
def user_list(request: HttpRequest) -> HttpResponseBase:
    """Everybody with an account in the scope."""
    actor = actor_from(request)
    filters = UserFilter(request.GET, actor=actor)

    def fetch(order: str, page: int, per_page: int) -> Page:
        return users(actor=actor, order=order, page=page, per_page=per_page, **filters.values)

    listing = Listing(request, UserTable, fetch, name="users", order="name", filters=filters)
    return listing.respond("administration/users.html", {"may_manage": actor.may("access.manage_users")})


@needs("access.manage_users")
def user_add(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """A new account, kept by an agency. The person sets the password by e-mail."""
    form = UserForm(request.POST or None, actor=actor_from(request))
    if request.method == "POST" and form.is_valid():
        try:
            user_id = create_user(actor=actor_from(request), now=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("账号已建立。请任职，之后本人才能进入工作台。"))
            return redirect("administration:user", user_id=user_id)
    return render(request, "administration/user_add.html", {"form": form}, status=status_of_form(form))


@needs("access.view_users")
def user(request: HttpRequest, user_id: int) -> HttpResponse:
    """One user: what they hold, and held."""
    return _user_page(request, user_id)


@needs("access.manage_users")
def user_appoint(request: HttpRequest, user_id: int) -> HttpResponse | HttpResponseRedirect:
    """Give a role in an agency. Asked by htmx while choosing, it explains conflicts before anything is saved."""
    actor, now = actor_from(request), timezone.now()
    form = AppointForm(request.POST or None, actor=actor)
    valid = form.is_valid()
    if request.htmx:  # type: ignore[attr-defined]
        problem = (
            rehearse(appoint, actor=actor, user_id=user_id, now=now, **form.cleaned_data) if valid else ""
        )
        return render(
            request, "administration/appointment_check.html", {"problem": problem, "complete": valid}
        )
    if request.method == "POST" and valid:
        try:
            appoint(actor=actor, user_id=user_id, now=now, **form.cleaned_data)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("已任职"))
            return redirect("administration:user", user_id=user_id)
    return _user_page(request, user_id, appoint_form=form, status=status_of_form(form))


@needs("access.manage_users")
@require_POST
def user_change(request: HttpRequest, user_id: int, what: str) -> HttpResponse | HttpResponseRedirect:
    """Close or open an account, take off its lock, or its second factor."""
    actor, now = actor_from(request), timezone.now()
    form = ReasonForm(request.POST)
    actions: dict[str, Any] = {
        "deactivate": deactivate_user,
        "activate": activate_user,
        "unlock": unlock_user,
        "reset-second-factor": reset_second_factor,
    }
    if form.is_valid():
        try:
            actions[what](actor=actor, user_id=user_id, reason=form.cleaned_data["reason"], now=now)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("已保存"))
            return redirect("administration:user", user_id=user_id)
    return _user_page(request, user_id, wrong=(what, form), status=422)


@needs("access.manage_users")
@require_POST
def appointment_end(
    request: HttpRequest, user_id: int, appointment_id: int
) -> HttpResponse | HttpResponseRedirect:
    """Take a role away."""
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            end_appointment(
                actor=actor_from(request),
                appointment_id=appointment_id,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("任职已结束"))
            return redirect("administration:user", user_id=user_id)
    return _user_page(request, user_id, wrong=("end", form), status=422)


@needs("access.view_roles")
def role_matrix(request: HttpRequest) -> HttpResponse:
    """Which role may do what, how far, and what may not be held together."""
    found = roles()
    names = {role.code: in_language(role.name, role.name_en) for role in found}
    groups: dict[str, list[dict[str, Any]]] = {}
    for permission in permissions():
        groups.setdefault(permission.code.partition(".")[0], []).append(
            {
                "code": permission.code,
                "name": in_language(permission.name, permission.name_en),
                "held": [permission.code in role.permissions for role in found],
            }
        )
    rows = [
        {
            "code": role.code,
            "name": names[role.code],
            "description": role.description,
            "reach": role.reach,
            "conflicts": [names.get(code, code) for code in role.conflicts],
            "second_factor": role.second_factor,
        }
        for role in found
    ]
    return render(request, "administration/roles.html", {"rows": rows, "rooms": groups})


def _user_page(
    request: HttpRequest,
    user_id: int,
    *,
    appoint_form: forms.Form | None = None,
    wrong: tuple[str, forms.Form] | None = None,
    status: int = 200,
) -> HttpResponse:
    actor, today = actor_from(request), timezone.localdate()
    found = get_user(actor=actor, user_id=user_id)
    held = found.summary.appointments
    may_manage = actor.may("access.manage_users") and actor.identifier != str(user_id)
    return render(
        request,
        "administration/user.html",
        {
            "detail": found,
            "user_shown": found.summary,
            "role_names": {role.code: in_language(role.name, role.name_en) for role in roles()},
            "current": [each for each in held if each.in_force(today)],
            "past": [each for each in held if not each.in_force(today)],
            "is_locked_out": is_locked_out(actor=actor, user_id=user_id, now=timezone.now()),
            "may_manage": may_manage,
            "appoint_form": appoint_form or (AppointForm(actor=actor) if may_manage else None),
            "wrong": wrong,
        },
        status=status,
    )
