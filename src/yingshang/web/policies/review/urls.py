"""Addresses of these pages, by face."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import consultation_views as consultation
from . import version_views as versions

portal: list[URLPattern] = [
    path("consultations/", consultation.consultation_list, name="consultations"),
    path("consultations/<int:consultation_id>/", consultation.consultation_page, name="consultation"),
]
desk: list[URLPattern] = [
    path("consultations/", consultation.desk_list, name="consultations"),
    path("consultations/<int:consultation_id>/", consultation.desk_page, name="consultation"),
    path(
        "consultations/<int:consultation_id>/comments/<int:number>/",
        consultation.comment_answer,
        name="comment-answer",
    ),
    path(
        "consultations/<int:consultation_id>/comments/<int:number>/clear/",
        consultation.comment_clear,
        name="comment-clear",
    ),
    path("consultations/<int:consultation_id>/enter/", consultation.comment_enter, name="comment-enter"),
    path(
        "consultations/<int:consultation_id>/conclude/",
        consultation.conclude,
        name="consultation-conclude",
    ),
    path("items/<str:code>/versions/", versions.version_list, name="versions"),
    path("items/<str:code>/versions/submit/", versions.submit, name="version-submit"),
    path("items/<str:code>/versions/correct/", versions.correct, name="version-correct"),
    path("items/<str:code>/versions/revoke/", versions.revoke, name="version-revoke"),
    path("items/<str:code>/versions/publish/", versions.publish, name="version-publish"),
    path("items/<str:code>/versions/withdraw/", versions.withdraw, name="version-withdraw"),
    path(
        "items/<str:code>/versions/opinion/<int:review_id>/", versions.review_opinion, name="review-opinion"
    ),
    path("items/<str:code>/versions/judge/", versions.judge, name="finding-judge"),
    path("items/<str:code>/versions/<int:before>/<int:after>/", versions.compare, name="version-compare"),
]
