"""Columns that several tables have: moments, and codes shown as words."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import django_tables2 as tables
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from yingshang.web.design.icons import icon

from . import words
from .words import Words

Tone = tuple[str, str]
"""How a code looks: a tone of the design system and an icon. The word beside them says the same."""

_QUIET: Tone = ("", "point-filled")

TONES: dict[str, dict[str, Tone]] = {
    "job": {
        "running": ("note", "progress"),
        "waiting": ("", "hourglass"),
        "failed": ("bad", "circle-x"),
        "succeeded": ("good", "circle-check"),
        "cancelled": ("", "x"),
    },
    "sensitivity": {
        "public": ("good", "world"),
        "internal": ("", "building"),
        "confidential": ("warn", "lock"),
        "personal": ("bad", "user"),
    },
    "import": {
        "running": ("note", "progress"),
        "done": ("good", "circle-check"),
        "failed": ("bad", "circle-x"),
    },
    "status": {
        "存续": ("good", "circle-check"),
        "迁出": ("warn", "logout"),
        "注销": ("", "circle-x"),
        "吊销": ("bad", "circle-x"),
    },
    "active": {"yes": ("good", "circle-check"), "no": ("", "circle-x")},
    "change": {
        "added": ("good", "plus"),
        "removed": ("bad", "minus"),
        "changed": ("warn", "edit"),
        "same": ("", "point-filled"),
    },
    "flow": {
        "ready": ("note", "inbox"),
        "claimed": ("note", "progress"),
        "consulting": ("warn", "message-circle"),
        "paused": ("warn", "player-pause"),
        "done": ("good", "circle-check"),
        "cancelled": ("", "x"),
    },
    "case": {
        "running": ("note", "progress"),
        "returned": ("warn", "player-pause"),
        "completed": ("good", "circle-check"),
        "rejected": ("bad", "circle-x"),
        "withdrawn": ("", "arrow-back-up"),
    },
    "version": {"draft": ("warn", "edit"), "published": ("good", "circle-check")},
    "finding": {
        "error": ("bad", "circle-x"),
        "warning": ("warn", "alert-triangle"),
        "note": ("note", "info-circle"),
    },
    "message": {
        "queued": ("", "hourglass"),
        "sent": ("note", "send"),
        "delivered": ("good", "check"),
        "read": ("good", "mail-opened"),
        "failed": ("bad", "circle-x"),
    },
    "campaign": {
        "draft": ("", "edit"),
        "review": ("warn", "hourglass"),
        "scheduled": ("note", "clock"),
        "sending": ("note", "progress"),
        "paused": ("warn", "player-pause"),
        "done": ("good", "circle-check"),
        "cancelled": ("", "x"),
    },
    "binding": {
        "waiting": ("warn", "hourglass"),
        "approved": ("good", "circle-check"),
        "refused": ("bad", "circle-x"),
    },
}

_WORDS: dict[str, Words] = {
    "job": words.JOB_STATES,
    "status": words.STATUSES,
    "sensitivity": words.SENSITIVITIES,
    "import": words.IMPORT_STATES,
    "active": words.ACTIVE,
    "change": words.CHANGES,
    "message": words.MESSAGE_STATES,
    "campaign": words.CAMPAIGN_STATES,
    "flow": words.TASK_STATES,
    "case": words.CASE_STATES,
    "version": words.VERSION_STATES,
    "finding": words.FINDING_SEVERITIES,
}


def tone_tag(kind: str, code: str, word: str = "") -> SafeString:
    """A code as a badge: word, icon, tone."""
    if not code and not word:
        return format_html('<span class="unknown">{}</span>', gettext("未知"))
    tone, name = TONES.get(kind, {}).get(code, _QUIET)
    shown = word or str(_WORDS.get(kind, {}).get(code, code))
    return format_html('<span class="tag {}">{}{}</span>', tone, icon(name), shown)


class MomentColumn(tables.Column):
    """A time in the platform's zone, to the minute."""

    def render(self, value: datetime) -> str:
        local = timezone.localtime(value)
        return format_html(
            '<time datetime="{}" class="nowrap">{}</time>', local.isoformat(), f"{local:%Y-%m-%d %H:%M}"
        )

    def value(self, **kwargs: Any) -> Any:
        value = kwargs["value"]
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else ""


class DayColumn(tables.Column):
    """A day."""

    def render(self, value: date) -> str:
        return format_html('<time datetime="{0}" class="nowrap">{0}</time>', value.isoformat())

    def value(self, **kwargs: Any) -> Any:
        value = kwargs["value"]
        return value.isoformat() if isinstance(value, date) else ""


class WordColumn(tables.Column):
    """A code shown as its word."""

    def __init__(self, words: Words, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = words

    def render(self, value: str) -> str:
        return str(self.words.get(value, value))

    def value(self, **kwargs: Any) -> Any:
        return str(self.words.get(kwargs["value"], kwargs["value"] or ""))


class ToneColumn(tables.Column):
    """A code shown as a badge."""

    def __init__(self, kind: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind

    def render(self, value: Any) -> SafeString:
        return tone_tag(self.kind, _code(value))

    def value(self, **kwargs: Any) -> Any:
        code = _code(kwargs["value"])
        return str(_WORDS.get(self.kind, {}).get(code, code))


def _code(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value or "")


class CountColumn(tables.Column):
    """A whole number, with separators, at the right."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"td": {"class": "number"}, "th": {"class": "number"}}
        super().__init__(**({"attrs": attrs} | kwargs))

    def render(self, value: int) -> str:
        return f"{value:,}"

    def value(self, **kwargs: Any) -> Any:
        return kwargs["value"]
