"""Results by agency, for everybody: the page, and the same as open data."""

from __future__ import annotations

import csv

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from yingshang.areas.appeals.api import learning_rules, published_results, served_regions
from yingshang.kernel.access.api import open_to_everybody
from yingshang.kernel.reference.api import find_region


@open_to_everybody
def results(request: HttpRequest) -> HttpResponse:
    """How agencies dealt with appeals over the last months."""
    code = request.GET.get("region", "")
    region = find_region(code) if code.isdigit() else None
    return render(
        request,
        "appeals/results/results.html",
        {
            "results": published_results(region_path=region.path if region else ""),
            "regions": served_regions(),
            "region": region,
            "fewest": learning_rules().publish_from,
        },
    )


@open_to_everybody
def results_csv(request: HttpRequest) -> HttpResponse:
    """The same as open data, in columns that stay as they are."""
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="appeals-results.csv"'
    writer = csv.writer(answer)
    writer.writerow(
        [
            "agency",
            "region_path",
            "since",
            "until",
            "received",
            "answered",
            "in_time",
            "contacted_in_time",
            "days_to_answer",
        ]
    )
    found = published_results()
    for each in found.rows:
        shares = (each.in_time, each.contacted_in_time, each.days_to_answer)
        writer.writerow(
            [
                each.agency_name,
                each.region_path,
                f"{found.since:%Y-%m}",
                f"{found.until:%Y-%m}",
                each.received,
                each.answered,
                *("" if value is None else f"{value:.4f}" for value in shares),
            ]
        )
    return answer
