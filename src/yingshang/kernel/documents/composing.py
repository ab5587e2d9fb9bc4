"""From a template's texts and values to a PDF."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import segno
from django.conf import settings

from . import children, typesetting
from .errors import CannotTypeset
from .template_text import LANGUAGES, fill

BOTH = "both"


def compose(
    texts: Mapping[str, Mapping[str, str]],
    values: Mapping[str, Any],
    *,
    language: str,
    day: date,
    receipt_code: str | None = None,
) -> dict[str, Any]:
    """What the layout is given. `language` is one of the two, or "both" for one behind the other."""
    parts = [
        fill(texts[each], values, each) for each in (LANGUAGES if language == BOTH else (_known(language),))
    ]
    if receipt_code:
        parts[-1]["code"] = _code(receipt_address(receipt_code))
    author = parts[0]["signature"] or parts[0]["heading"]
    return {
        "document": {
            "parts": parts,
            "author": [author] if author else [],
            "date": [day.year, day.month, day.day],
        },
        "timestamp": int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()),
    }


def pdf(composed: Mapping[str, Any]) -> bytes:
    """The document as PDF/A-2a and PDF/UA-1, with its fonts. Equal input makes equal bytes."""
    return _typeset(composed, "pdf")


def pictures(composed: Mapping[str, Any], *, ppi: int = 96) -> list[bytes]:
    """The pages as PNG."""
    answer = _typeset({**composed, "ppi": ppi}, "png")
    pages = []
    while answer:
        (length,) = struct.unpack_from(">I", answer)
        pages.append(answer[4 : 4 + length])
        answer = answer[4 + length :]
    return pages


def receipt_address(code: str) -> str:
    """Where anybody can look at a receipt."""
    return f"{settings.PUBLIC_ADDRESS.rstrip('/')}/verify/{code}"


def _known(language: str) -> str:
    return language if language in LANGUAGES else LANGUAGES[0]


def _code(address: str) -> dict[str, Any]:
    picture = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        picture, kind="svg", scale=4, border=2, xmldecl=False, svgns=True, light="#fff", nl=False
    )
    return {
        "svg": picture.getvalue().decode("utf-8"),
        "alt": f"二维码 QR code: {address}",
        "words": [
            "扫描二维码查验本文书的存证回执。",
            "Scan the code to verify the receipt of this document.",
            address,
        ],
    }


def _typeset(job: Mapping[str, Any], form: str) -> bytes:
    try:
        return children.run(
            typesetting.__name__,
            json.dumps(job, ensure_ascii=False).encode("utf-8", "replace"),
            form,
            seconds=typesetting.SECONDS,
        )
    except children.TookTooMuch as error:
        raise CannotTypeset(
            f"the text could not be set as a document ({error}); shorten it or use plain text",
            message_zh="这段内容无法排版成文书，请缩短内容或使用普通文字",
            cause=str(error),
        ) from None
