"""Who acts for the enterprise: seeing, authorising, revoking."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.kernel.access.api import (
    actor_from,
    find_account,
    get_permission,
    grant_mandate,
    grantable_powers,
    mandates_of_party,
    needs,
    revoke_mandate,
)
from yingshang.processes.enterprise_binding.api import bindings_to_approve
from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of, status_of

from ..enterprises import crumbs_of, enterprise_of, tabs
from ..forms import ClerkForm, name_of


@needs("parties.view_own")
def clerks(request: HttpRequest, party_id: int) -> HttpResponse | HttpResponseRedirect:
    """The list, and the form for one more for those who may."""
    actor, now = actor_from(request), timezone.now()
    enterprise = enterprise_of(request, actor, party_id)
    party_id = enterprise.party.id
    own = enterprise.mandate.powers
    may_grant = "mandates.grant" in own
    powers = tuple(each for each in grantable_powers() if each.code in own)
    form = (
        ClerkForm(request.POST or None, powers=powers, initial={"powers": ["parties.view_own"]})
        if may_grant
        else None
    )
    status = 200
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            user_id, name = find_account(actor=actor, username=form.cleaned_data["username"])
            grant_mandate(
                actor=actor,
                user_id=user_id,
                party_id=party_id,
                powers=form.cleaned_data["powers"],
                valid_until=form.cleaned_data["valid_until"],
                now=now,
            )
        except DomainError as error:
            status = status_of(error)
            form.add_error(None, message_of(error))
        else:
            messages.success(request, _("已授权%(name)s代表企业办事") % {"name": name})
            return redirect("portal:clerks", party_id=party_id)
    today = timezone.localdate(now)
    every = mandates_of_party(actor=actor, party_id=party_id, include_ended=True, today=today)
    return render(
        request,
        "portal/clerks.html",
        {
            "enterprise": enterprise,
            "party": enterprise.party,
            "tabs": tabs(actor, enterprise, "portal:clerks"),
            "crumbs": crumbs_of(enterprise),
            "mandates": [(each, _names(each.powers)) for each in every if each.in_force(today)],
            "ended": [(each, _names(each.powers)) for each in every if not each.in_force(today)],
            "form": form,
            "approvals": [each for each in bindings_to_approve(actor=actor) if each.party_id == party_id],
            "me": int(actor.identifier),
        },
        status=status,
    )


@needs("parties.view_own")
@require_POST
def revoke(request: HttpRequest, party_id: int, mandate_id: int) -> HttpResponseRedirect:
    """End a clerk's mandate, or lay down one's own."""
    actor = actor_from(request)
    enterprise = enterprise_of(request, actor, party_id)
    party_id = enterprise.party.id
    revoke_mandate(actor=actor, mandate_id=mandate_id, now=timezone.now())
    messages.success(request, _("授权已撤销"))
    if mandate_id == enterprise.mandate.id:
        return redirect("portal:enterprises")
    return redirect("portal:clerks", party_id=party_id)


def _names(codes: tuple[str, ...]) -> list[str]:
    return [name_of(get_permission(code)) for code in codes]
