"""Systems that call the API."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from yingshang.kernel.access.api import (
    actor_from,
    clients,
    disable_client,
    needs,
    register_client,
    rotate_secret,
)
from yingshang.rules.errors import DomainError
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.listing import Listing, Page, page_of

from ..forms import ClientForm, ReasonForm
from ..tables import ClientTable


@needs("access.manage_clients")
def client_list(request: HttpRequest) -> HttpResponseBase:
    """The systems of the scope."""
    rows = clients(actor=actor_from(request))

    def fetch(order: str, page: int, per_page: int) -> Page:
        return page_of(rows, order, page, per_page)

    return Listing(request, ClientTable, fetch, name="clients").respond("administration/clients.html")


@needs("access.manage_clients")
@never_cache
def client_add(request: HttpRequest) -> HttpResponse:
    """Register a system. Its secret is on the page that answers, and nowhere else ever."""
    form = ClientForm(request.POST or None, actor=actor_from(request))
    if request.method == "POST" and form.is_valid():
        try:
            secret = register_client(actor=actor_from(request), now=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            refuse(form, error)
        else:
            return render(
                request,
                "administration/client_secret.html",
                {"secret": secret, "name": form.cleaned_data["name"]},
                status=201,
            )
    return render(request, "administration/client_add.html", {"form": form}, status=status_of_form(form))


@needs("access.manage_clients")
@never_cache
@require_POST
def client_rotate(request: HttpRequest, client_id: int) -> HttpResponse:
    """A new secret; the old one stops at once."""
    name = next((each.name for each in clients(actor=actor_from(request)) if each.id == client_id), "")
    secret = rotate_secret(actor=actor_from(request), client_id=client_id, now=timezone.now())
    return render(request, "administration/client_secret.html", {"secret": secret, "name": name})


@needs("access.manage_clients")
def client_disable(request: HttpRequest, client_id: int) -> HttpResponse | HttpResponseRedirect:
    """Shut a system out; its tokens stop at once."""
    actor = actor_from(request)
    client = next((each for each in clients(actor=actor) if each.id == client_id), None)
    if client is None:
        raise Http404
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            disable_client(
                actor=actor, client_id=client_id, reason=form.cleaned_data["reason"], now=timezone.now()
            )
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("接入系统已停用"))
            return redirect("administration:clients")
    context = {"form": form, "client": client}
    return render(request, "administration/client_disable.html", context, status=status_of_form(form))
