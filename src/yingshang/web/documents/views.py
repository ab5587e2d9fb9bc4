"""Handing documents over."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header, parse_etags
from django.views.decorators.http import require_safe

from yingshang.kernel.access.api import actor_from, signed_in
from yingshang.kernel.documents.api import OpenDocument, open_document

from .ranges import NotSatisfiable, Range, parse

SHOWN = ("application/pdf", "image/png", "image/jpeg")
"""What a browser may show in place; everything else is a download."""

# A PDF is shown by the browser's own reader, which a sandbox would keep from starting.
_NOTHING_RUNS = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; base-uri 'none'"
)


@signed_in
@require_safe
def document(request: HttpRequest, document_id: int) -> HttpResponseBase:
    """A document, whole or in parts."""
    return hand_over(
        request, open_document(actor=actor_from(request), document_id=document_id, now=timezone.now())
    )


def hand_over(request: HttpRequest, opened: OpenDocument) -> HttpResponseBase:
    """The same for a page that has asked in another way whether it may be opened."""
    try:
        response = _answer(request, opened)
    except BaseException:
        opened.file.close()
        raise
    if not response.streaming:
        opened.file.close()
    found = opened.document
    inline = "inline" in request.GET and found.content_type in SHOWN
    response["ETag"] = _etag(opened)
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, no-cache"
    response["Content-Disposition"] = content_disposition_header(not inline, found.name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    shown_pdf = inline and found.content_type == "application/pdf"
    response["Content-Security-Policy"] = _NOTHING_RUNS if shown_pdf else f"{_NOTHING_RUNS}; sandbox"
    return response


def _etag(opened: OpenDocument) -> str:
    return f'"{opened.document.sha256}"'


def _answer(request: HttpRequest, opened: OpenDocument) -> HttpResponseBase:
    size, etag, kind = opened.document.size, _etag(opened), opened.document.content_type
    wanted = parse_etags(request.headers.get("If-Match", ""))
    if wanted and "*" not in wanted and etag not in wanted:
        return HttpResponse(status=412)
    known = [each.removeprefix("W/") for each in parse_etags(request.headers.get("If-None-Match", ""))]
    if "*" in known or etag in known:
        return HttpResponse(status=304)
    ranges: tuple[Range, ...] | None = None
    header = request.headers.get("Range", "")
    # Only this very content may be continued. Dates are not given, so a date in If-Range fits none.
    same = request.headers.get("If-Range", etag).strip() == etag
    if request.method == "GET" and header and same:
        try:
            ranges = parse(header, size)
        except NotSatisfiable:
            response = HttpResponse(status=416)
            response["Content-Range"] = f"bytes */{size}"
            return response
    if request.method == "HEAD":
        whole = HttpResponse(content_type=kind)
        whole["Content-Length"] = str(size)
        return whole
    if ranges is None:
        return _streamed(_Pieces(opened, opened.chunks(0, size)), 200, kind, size)
    if len(ranges) == 1:
        [one] = ranges
        part = _streamed(_Pieces(opened, opened.chunks(one.start, one.length)), 206, kind, one.length)
        part["Content-Range"] = one.content_range(size)
        return part
    return _several(opened, ranges)


def _several(opened: OpenDocument, ranges: tuple[Range, ...]) -> HttpResponseBase:
    """multipart/byteranges, RFC 9110 section 14.6."""
    size, kind = opened.document.size, opened.document.content_type
    boundary = secrets.token_hex(16)
    heads = [
        f"\r\n--{boundary}\r\nContent-Type: {kind}\r\nContent-Range: {each.content_range(size)}\r\n\r\n".encode()
        for each in ranges
    ]
    end = f"\r\n--{boundary}--\r\n".encode()

    def pieces() -> Iterator[bytes]:
        for head, each in zip(heads, ranges, strict=True):
            yield head
            yield from opened.chunks(each.start, each.length)
        yield end

    length = sum(len(head) for head in heads) + sum(each.length for each in ranges) + len(end)
    return _streamed(_Pieces(opened, pieces()), 206, f"multipart/byteranges; boundary={boundary}", length)


class _Pieces:
    """An iterator that closes the file when the answer is through, or was never begun."""

    def __init__(self, opened: OpenDocument, pieces: Iterator[bytes]) -> None:
        self.opened = opened
        self.pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return self.pieces

    def __next__(self) -> bytes:
        return next(self.pieces)

    def close(self) -> None:
        self.opened.file.close()


def _streamed(pieces: _Pieces, status: int, kind: str, length: int) -> StreamingHttpResponse:
    response = StreamingHttpResponse(pieces, status=status, content_type=kind)
    response["Content-Length"] = str(length)
    return response
