"""The pages of this face. All are open to everybody, and counted."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from yingshang.kernel.access.api import open_to_everybody
from yingshang.kernel.ledger.api import cosigners, key_views, latest_checkpoint
from yingshang.web.api.limits import address_of, use

from .checking import check
from .forms import CodeForm, ReceiptForm
from .receipts import by_code, is_receipt_code, verifier


@open_to_everybody
def home(request: HttpRequest) -> HttpResponse | HttpResponseRedirect | HttpResponsePermanentRedirect:
    """The form; what is typed becomes the address of its result."""
    form = CodeForm(request.GET or None)
    if form.is_bound and form.is_valid():
        return redirect("verify:result", code=form.cleaned_data["code"])
    return render(
        request,
        "verify/home.html",
        {
            "form": form,
            "receipt_form": ReceiptForm(),
            "keys": key_views(),
            "cosigners": [each for each in cosigners() if each.active],
            "checkpoint": latest_checkpoint(),
            "verifier_digest": verifier()[1],
        },
    )


@open_to_everybody
@never_cache
def result(request: HttpRequest, code: str) -> HttpResponse | HttpResponseRedirect:
    """One code, checked: a receipt's or an enterprise's. The address is short enough for a QR code."""
    now = timezone.now()
    use("verify", f"verify:{address_of(request)}", now=now)
    if is_receipt_code(code):
        return by_code(request, code)
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
