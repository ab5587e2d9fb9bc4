"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import experts, field, own, scoring

portal: list[URLPattern] = []
desk: list[URLPattern] = [
    path("experts/", experts.expert_list, name="experts"),
    path("experts/<int:expert_id>/", experts.expert, name="expert"),
    path("scorings/", scoring.scoring_list, name="scorings"),
    path("scorings/draw", scoring.scoring_draw, name="scoring-draw"),
    path("scorings/<int:panel_id>/", scoring.scoring, name="scoring"),
    path("scorings/<int:panel_id>/seats/<int:seat_id>", scoring.scoring_replace, name="scoring-replace"),
    path("scorings/<int:panel_id>/drop", scoring.scoring_drop, name="scoring-drop"),
    path("my-scorings/", own.own_list, name="my-scorings"),
    path("my-scorings/<int:panel_id>/", own.own_scoring, name="my-scoring"),
    path("my-scorings/<int:panel_id>/<int:claim_id>", own.own_score, name="my-scoring-score"),
    path("my-scorings/<int:panel_id>/conflict", own.own_conflict, name="my-scoring-conflict"),
    path("field-checks/", field.check_list, name="field-checks"),
    path("field-checks/<int:check_id>/", field.check, name="field-check"),
    path("field-checks/<int:check_id>/photos", field.photo_add, name="field-check-photo"),
    path("field-checks/<int:check_id>/photos/<int:photo_id>", field.photo_remove, name="field-check-unphoto"),
    path("field-checks/<int:check_id>/answer", field.check_answer, name="field-check-answer"),
    path("field-checks/<int:check_id>/cancel", field.check_cancel, name="field-check-cancel"),
    path("<int:claim_id>/field-check", field.check_order, name="field-check-order"),
]
