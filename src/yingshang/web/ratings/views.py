"""Everybody reads how agencies are found."""

from __future__ import annotations

import csv
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from yingshang.kernel.access.api import open_to_everybody
from yingshang.kernel.ratings.api import AgencyRatings, public_ratings, rated_kinds, rating_levels

from .forms import ResultFilter
from .words import kind_name, level_name, question_name, step_name


@open_to_everybody
def results(request: HttpRequest) -> HttpResponse:
    """How agencies are found."""
    filters = ResultFilter(request.GET)
    rows = public_ratings(**filters.values)
    return render(
        request,
        "ratings/results.html",
        {
            "rows": [_row(each) for each in rows],
            "levels": [level_name(code) for code in rating_levels()],
            "fewest": max(each.rules.publish_from for each in rated_kinds()),
            "filters": filters,
        },
    )


def _row(each: AgencyRatings) -> dict[str, Any]:
    return {
        "of": each,
        "kind": kind_name(each.kind),
        "step": step_name(each.kind, each.step),
        "counts": [(level_name(code), count) for code, count in each.counts],
        "answers": [
            (question_name(each.kind, code), yes / asked) for code, yes, asked in each.answers if asked
        ],
    }


@open_to_everybody
def results_csv(request: HttpRequest) -> HttpResponse:
    """The same as open data, in columns that stay as they are."""
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="ratings.csv"'
    writer = csv.writer(answer)
    levels = list(rating_levels())
    questions = [(kind.code, code) for kind in rated_kinds() for code in kind.rules.questions]
    writer.writerow(
        [
            "kind",
            "agency",
            "step",
            "ratings",
            *(f"level_{code}" for code in levels),
            "satisfied",
            *(f"{kind}_{code}_{what}" for kind, code in questions for what in ("yes", "answered")),
        ]
    )
    for each in public_ratings():
        counts = dict(each.counts)
        told = {(each.kind, code): (yes, asked) for code, yes, asked in each.answers}
        writer.writerow(
            [
                each.kind,
                each.agency_name,
                each.step,
                each.total,
                *(counts[code] for code in levels),
                f"{each.satisfied:.4f}",
                *(number for question in questions for number in told.get(question, ("", ""))),
            ]
        )
    return answer


@open_to_everybody
def results_json(request: HttpRequest) -> JsonResponse:
    """The same for programs."""
    return JsonResponse(
        {
            "levels": {
                str(each.code): {"zh": each.name, "en": each.name_en} for each in rating_levels().values()
            },
            "kinds": {
                kind.code: {
                    "zh": kind.name,
                    "en": kind.name_en,
                    "published_from": kind.rules.publish_from,
                    "steps": {
                        each.code: {"zh": each.name, "en": each.name_en} for each in kind.rules.steps.values()
                    },
                    "questions": {
                        each.code: {"zh": each.name, "en": each.name_en}
                        for each in kind.rules.questions.values()
                    },
                }
                for kind in rated_kinds()
            },
            "agencies": [
                {
                    "kind": each.kind,
                    "agency": each.agency_name,
                    "step": each.step,
                    "ratings": each.total,
                    "levels": {str(code): count for code, count in each.counts},
                    "satisfied": round(each.satisfied, 4),
                    "answers": {code: {"yes": yes, "answered": asked} for code, yes, asked in each.answers},
                }
                for each in public_ratings()
            ],
        },
        json_dumps_params={"ensure_ascii": False},
    )
