"""The platform's addresses, and one page with a form of its own, as a process would have it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

from yingshang.config.urls import handler403, handler404, handler500
from yingshang.config.urls import urlpatterns as ours
from yingshang.kernel.access.api import needs
from yingshang.kernel.forms.api import SubmissionView
from yingshang.web.portal.filling import fill

__all__ = ["handler403", "handler404", "handler500", "urlpatterns"]

SUBMITTED: list[SubmissionView] = []


@needs("forms.fill_own")
def page(request: HttpRequest, code: str, party_id: int) -> HttpResponse:
    """A form to be tried."""

    def took(view: SubmissionView) -> str:
        SUBMITTED.append(view)
        return "/messages/"

    return fill(
        request,
        form_code=code,
        party_id=party_id,
        subject="try",
        on_submit=took,
        title="演示表单",
        lead="说明",
        fixed={"fact": "emp.insured_count"} if code == "fact_objection" else {},
    )


urlpatterns: list[Any] = [*ours, path("filling/<str:code>/<int:party_id>/", page, name="try-filling")]
