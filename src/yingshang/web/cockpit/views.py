"""The pages of this face."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from yingshang.kernel.access.api import needs


@needs("cockpit.open")
def home(request: HttpRequest) -> HttpResponse:
    """The first page."""
    return render(request, "cockpit/home.html")
