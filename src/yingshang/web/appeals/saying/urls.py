"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import by_key, views

portal: list[URLPattern] = [
    path("", views.mine, name="mine"),
    path("new/", views.new, name="new"),
    path("say/", by_key.say, name="say"),
    path("say/done/", by_key.said, name="said"),
    path("code/", by_key.code, name="code"),
    path("follow/", by_key.follow, name="follow"),
    path("followed/", by_key.followed, name="followed"),
    path("followed/files/<int:document_id>/", by_key.followed_file, name="followed-file"),
    path("followed/<slug:what>", by_key.followed_step, name="followed-step"),
    path("<int:appeal_id>/", views.appeal, name="appeal"),
    path("<int:appeal_id>/<slug:what>", views.step, name="step"),
]
