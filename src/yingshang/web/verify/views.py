"""The pages of this face. All are open to everybody, and counted."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from yingshang.kernel.access.api import open_to_everybody
from yingshang.web.api.limits import address_of, use

from .checking import check
from .forms import CodeForm


@open_to_everybody
def home(request: HttpRequest) -> HttpResponse | HttpResponseRedirect | HttpResponsePermanentRedirect:
    """The form; what is typed becomes the address of its result."""
    form = CodeForm(request.GET or None)
    if form.is_bound and form.is_valid():
        return redirect("verify:result", code=form.cleaned_data["code"])
    return render(request, "verify/home.html", {"form": form})


@open_to_everybody
@never_cache
def result(request: HttpRequest, code: str) -> HttpResponse | HttpResponseRedirect:
    """One code, checked. The address is short enough for a QR code, and always in the same spelling."""
    now = timezone.now()
    use("verify", f"verify:{address_of(request)}", now=now)
    found = check(code)
    if found.is_valid and found.code != code:
        return redirect("verify:result", code=found.code)
    return render(
        request,
        "verify/result.html",
        {
            "result": found,
            "form": CodeForm(initial={"code": found.code}),
            "now": now,
            "address": request.build_absolute_uri(),
        },
    )
