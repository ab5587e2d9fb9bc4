"""Where gateways report what became of messages: one address for each. Who may report shows the signature."""

from __future__ import annotations

from dataclasses import asdict

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from yingshang.kernel.access.api import open_to_everybody
from yingshang.kernel.notices.api import LARGEST_BODY, receive_reports
from yingshang.rules.errors import DomainError

from .errors import status_of


@open_to_everybody
@csrf_exempt
@require_POST
def message_reports(request: HttpRequest, gateway: str) -> JsonResponse:
    """Take in the reports of one gateway; the answer counts what they came to."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > LARGEST_BODY:
        return JsonResponse(
            {"code": "notices.too_large", "message": "the body is over the limit"}, status=413
        )
    try:
        result = receive_reports(
            gateway=gateway,
            timestamp=request.headers.get("X-Timestamp", ""),
            signed=request.headers.get("X-Signature", ""),
            body=request.body,
            now=timezone.now(),
        )
    except DomainError as error:
        return JsonResponse(error.as_dict(), status=status_of(error))
    return JsonResponse(asdict(result))
