"""Receipts on this face: by their code, pasted or uploaded; and the file that verifies them anywhere."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache

from yingshang.kernel.access.api import open_to_everybody
from yingshang.kernel.ledger import api as ledger
from yingshang.web.api.errors import NothingHere
from yingshang.web.api.limits import address_of, use

from .forms import ReceiptForm

CODE_LENGTH = 21
VERIFIER = "verify_receipt.py"


@dataclass(frozen=True, slots=True)
class Shown:
    """A verdict as the page tells it."""

    verdict: ledger.Verdict
    message: str
    occurred_at: datetime | None
    recorded_at: datetime | None
    signed_at: datetime | None
    cosigned: tuple[tuple[str, datetime], ...]
    altered: bool = False


def is_receipt_code(code: str) -> bool:
    """Whether a text has the length of a receipt's code; a credit code is shorter."""
    return len(code.replace("-", "").replace(" ", "")) == CODE_LENGTH


@cache
def verifier() -> tuple[bytes, str]:
    """The standalone verifier, and its SHA-256."""
    content = resources.files("yingshang.kernel.ledger").joinpath(f"standalone/{VERIFIER}").read_bytes()
    return content, hashlib.sha256(content).hexdigest()


def by_code(request: HttpRequest, code: str) -> HttpResponse:
    """The page behind a printed code."""
    event_id = ledger.event_of_code(code)
    if event_id is None:
        return render(request, "verify/receipt.html", {"missing": True, "code": code}, status=404)
    state = ledger.event_state(event_id)
    receipt = ledger.receipt(event_id)
    if receipt is None:
        return render(request, "verify/receipt.html", {"waiting": True, "code": code})
    shown = show(ledger.verify_receipt(receipt), altered=state.altered)
    return render(
        request,
        "verify/receipt.html",
        {
            "shown": shown,
            "code": receipt["code"],
            "now": timezone.now(),
            "address": request.build_absolute_uri(),
        },
    )


@open_to_everybody
@never_cache
def check(request: HttpRequest) -> HttpResponse:
    """A receipt, pasted or as a file."""
    sent = request.method == "POST"
    form = ReceiptForm(request.POST, request.FILES) if sent else ReceiptForm()
    if not sent or not form.is_valid():
        status = 422 if sent else 200
        return render(request, "verify/check.html", {"form": form, "keys": ledger.key_views()}, status=status)
    use("verify", f"verify:{address_of(request)}", now=timezone.now())
    shown = show(ledger.verify_receipt(form.content))
    return render(request, "verify/receipt.html", {"shown": shown, "now": timezone.now(), "form": form})


@open_to_everybody
@never_cache
def download(request: HttpRequest, code: str) -> HttpResponse:
    """The receipt behind a code, to be kept."""
    use("verify", f"verify:{address_of(request)}", now=timezone.now())
    event_id = ledger.event_of_code(code)
    receipt = None if event_id is None else ledger.receipt(event_id)
    if receipt is None:
        raise NothingHere("there is no such receipt yet", message_zh="没有这张回执，或尚未归档")
    return HttpResponse(
        json.dumps(receipt, ensure_ascii=False, indent=1),
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="receipt-{event_id}.json"'},
    )


@open_to_everybody
def verifier_file(request: HttpRequest) -> HttpResponse:
    """The verifier of one file."""
    content, digest = verifier()
    return HttpResponse(
        content,
        content_type="text/x-python; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{VERIFIER}"',
            "ETag": f'"{digest[:32]}"',
            "Cache-Control": "public, max-age=3600",
        },
    )


def show(verdict: ledger.Verdict, *, altered: bool = False) -> Shown:
    """A verdict with its times read, in the reader's language."""
    english = (get_language() or "").startswith("en")
    return Shown(
        verdict=verdict,
        message=verdict.message if english else verdict.message_zh,
        occurred_at=_moment(verdict.entry.get("time")),
        recorded_at=_moment(verdict.entry.get("recorded")),
        signed_at=ledger.issued_at(verdict.size) if verdict.ok else None,
        cosigned=tuple(
            (str(each["name"]), moment)
            for each in verdict.cosignatures
            if (moment := _from_seconds(each["timestamp"])) is not None
        ),
        altered=altered,
    )


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00")) if text else None
    except ValueError:
        return None


def _from_seconds(seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
