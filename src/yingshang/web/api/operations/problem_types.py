"""What each kind of problem means: where the `type` of a problem leads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from yingshang.kernel.access.api import open_to_everybody
from yingshang.rules.errors import DomainError
from yingshang.web.errors import status_of

from ..errors import NothingHere

router = Router(tags=["错误 · Problems"])


class ProblemTypeOut(Schema):
    """One kind of problem."""

    code: str
    status: int
    description: str


@router.get("/problems", response=list[ProblemTypeOut], summary="错误代码 · Kinds of problem")
@open_to_everybody
def list_problem_types(request: HttpRequest) -> list[dict[str, Any]]:
    """Every kind of problem the platform may answer with; by code."""
    return [_shown(kind) for _, kind in sorted(_kinds().items())]


@router.get(
    "/problems/{code}", response=ProblemTypeOut, summary="一种错误 · One kind of problem", url_name="problem"
)
@open_to_everybody
def get_problem_type(request: HttpRequest, code: str) -> dict[str, Any]:
    """One kind of problem by its code."""
    kind = _kinds().get(code)
    if kind is None:
        raise NothingHere(f"no problem {code!r}", message_zh=f"没有错误代码“{code}”")
    return _shown(kind)


def _kinds() -> dict[str, type[DomainError]]:
    return {kind.code: kind for kind in _below(DomainError) if "code" in vars(kind)}


def _below(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def _shown(kind: type[DomainError]) -> dict[str, Any]:
    # Made without its arguments: the mapping looks at nothing but the code.
    return {
        "code": kind.code,
        "status": status_of(kind.__new__(kind)),
        "description": (kind.__doc__ or "").strip(),
    }
