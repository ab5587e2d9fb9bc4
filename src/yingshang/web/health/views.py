"""For probes and for monitoring. None of these opens a transaction: they must answer when the database does not."""

from __future__ import annotations

from secrets import compare_digest

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from yingshang.kernel.access.api import open_to_everybody

from . import checks, metrics


@open_to_everybody
@transaction.non_atomic_requests
@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Whether this process answers. It looks at nothing else: a database that is down is no reason to be killed."""
    return JsonResponse({"live": True})


@open_to_everybody
@transaction.non_atomic_requests
@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Whether requests can be served: 200, or 503 when the database is away or its tables are of another release.

    The answer names the checks and no more; reasons are for `yingshang doctor`.
    """
    found = {finding.code: finding.status == "ok" for finding in checks.run(checks.READINESS)}
    good = all(found.values())
    return JsonResponse({"ready": good, "checks": found}, status=200 if good else 503)


@open_to_everybody
@transaction.non_atomic_requests
@never_cache
@require_safe
def prometheus(request: HttpRequest) -> HttpResponse:
    """Metrics, for who sends METRICS_TOKEN as a bearer token; without one in the settings, for nobody."""
    token = settings.METRICS_TOKEN
    sent = request.headers.get("Authorization", "")
    if not token or not compare_digest(sent.encode("utf-8"), f"Bearer {token}".encode()):
        return HttpResponse("METRICS_TOKEN\n", status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)
