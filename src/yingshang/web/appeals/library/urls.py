"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import desk as pages
from . import public, templates

portal: list[URLPattern] = [
    path("answers/", public.answers, name="answers"),
    path("answers/<int:answer_id>/", public.answer, name="answer"),
    path("suggestions/", public.suggestions, name="suggestions"),
]
desk: list[URLPattern] = [
    path("answers/", pages.answer_list, name="answers"),
    path("answers/of/<int:reply_id>/", pages.new_answer, name="new-answer"),
    path("answers/<int:answer_id>/", pages.answer, name="answer"),
    path("answers/<int:answer_id>/<slug:what>", pages.answer_step, name="answer-step"),
    path("answers/templates/", templates.template_list, name="templates"),
    path("answers/templates/new/", templates.new_template, name="new-template"),
    path("answers/templates/<int:template_id>/", templates.template, name="template"),
    path("answers/templates/<int:template_id>/retire", templates.retire, name="retire-template"),
]
