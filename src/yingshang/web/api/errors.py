"""Refusals of the API itself; those of the kernel pass through unchanged."""

from __future__ import annotations

from typing import Any

from yingshang.rules.errors import DomainError


class ApiError(DomainError):
    """A request that cannot be answered as it was made. `headers` go out with the answer."""

    code = "api.unusable"

    def __init__(
        self, message: str, *, message_zh: str, headers: dict[str, str] | None = None, **details: Any
    ) -> None:
        super().__init__(message, message_zh=message_zh, **details)
        self.headers = headers or {}


class Malformed(ApiError):
    """A body that is not what its content type says, or a header that cannot be read. Answered with 400."""

    code = "api.malformed"


class KeyMissing(ApiError):
    """A write without an `Idempotency-Key`. Answered with 400."""

    code = "api.idempotency_key_missing"


class Unauthenticated(ApiError):
    """No credentials where some are needed, or credentials that are not valid. Answered with 401."""

    code = "api.unauthenticated"


class ForgeryCheckFailed(ApiError):
    """A write with a session cookie and without a matching CSRF token. Answered with 403."""

    code = "api.csrf_failed"


class NoSuchAddress(ApiError):
    """An address the API does not have. Answered with 404."""

    code = "api.address_not_found"


class NothingHere(ApiError):
    """The address names something that does not exist. Answered with 404."""

    code = "api.not_found"


class MethodNotAllowed(ApiError):
    """An address that does not answer this method. Answered with 405."""

    code = "api.method_not_allowed"


class NotAcceptable(ApiError):
    """The caller accepts nothing the API can answer with. Answered with 406."""

    code = "api.not_acceptable"


class InProgress(ApiError):
    """The first request with this `Idempotency-Key` has not been answered yet. Answered with 409."""

    code = "api.in_progress_conflict"


class Changed(ApiError):
    """The thing has changed since the caller read it (`If-Match`). Answered with 412."""

    code = "api.changed"


class TooLarge(ApiError):
    """A body over the limit. Answered with 413."""

    code = "api.too_large"


class UnsupportedContent(ApiError):
    """A body of a content type the operation does not take. Answered with 415."""

    code = "api.unsupported_content"


class Invalid(ApiError):
    """Parameters or fields that do not fit; `errors` names each. Answered with 422."""

    code = "api.invalid"


class CursorUnusable(ApiError):
    """A cursor that was not made by this platform, or for another list or other filters. Answered with 422."""

    code = "api.cursor_unusable"


class KeyReused(ApiError):
    """An `Idempotency-Key` used before for another request. Answered with 422."""

    code = "api.idempotency_key_reused"


class TooManyRequests(ApiError):
    """More requests than allowed; `Retry-After` says when to come back. Answered with 429."""

    code = "api.too_many"


class Broken(ApiError):
    """Something of ours went wrong; the request's number finds it in the log. Answered with 500."""

    code = "api.broken"


class Unavailable(ApiError):
    """The database does not answer. Answered with 503."""

    code = "api.unavailable"
