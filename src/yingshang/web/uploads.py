"""Files of subjects as they come in: not too large, and of the kind their name says, judged by their content."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.access.api import Actor, actor_from

from .api.errors import TooLarge
from .errors import error_page, message_of

KINDS = (".csv", ".xlsx", ".parquet")
_HEAD = 4096
ATTACHED = 6
"""As many files of the largest size may come with one form."""
_MEGABYTE = 1_000_000
_AROUND = 256 * 1024
"""What is kept free for the words of a form and for what parts its files."""


class SubjectsFileField(forms.FileField):
    """A CSV, workbook or Parquet file."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.ClearableFileInput(attrs={"accept": ",".join(KINDS)}), max_length=200, **kwargs
        )

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if file:
            check_subjects_file(file)
        return file


def check_subjects_file(file: UploadedFile[Any]) -> None:
    """Raises ValidationError when a file is too large, of another kind, or not what its name says."""
    name = (file.name or "").lower()
    kind = next((each for each in KINDS if name.endswith(each)), None)
    if kind is None:
        raise forms.ValidationError(
            _("不支持这种文件。请上传 CSV、Excel（.xlsx）或 Parquet 文件。"), code="kind"
        )
    if (file.size or 0) > settings.API_UPLOAD_LIMIT:
        raise forms.ValidationError(
            _("文件有 %(size)s MB，最多 %(most)s MB。"),
            code="size",
            params={"size": (file.size or 0) >> 20, "most": settings.API_UPLOAD_LIMIT >> 20},
        )
    if not file.size:
        raise forms.ValidationError(_("文件是空的。"), code="empty")
    head = file.read(_HEAD)
    file.seek(0)
    if not _fits(kind, head):
        raise forms.ValidationError(
            _("文件内容不是它的扩展名“%(kind)s”所说的格式。"), code="content", params={"kind": kind}
        )


def _fits(kind: str, head: bytes) -> bool:
    if kind == ".parquet":
        return head.startswith(b"PAR1")
    if kind == ".xlsx":
        return head.startswith(b"PK\x03\x04")
    # Text has no NUL, save UTF-16, whose mark says so.
    return head.startswith((b"\xff\xfe", b"\xfe\xff")) or (
        b"\x00" not in head and not head.startswith((b"PAR1", b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0"))
    )


def largest_body(actor: Actor) -> int:
    """How many bytes one form of the actor may have with all its files."""
    usual: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    imported: int = settings.API_UPLOAD_LIMIT
    document: int = settings.DOCUMENT_UPLOAD_LIMIT
    if actor.may("parties.import"):
        # The file, and what is around it in the form.
        return usual + imported
    if actor.may("contracts.register"):
        # The text of a contract; evidence of what was performed.
        return usual + ATTACHED * document
    if actor.may("forms.fill_own"):
        # What is attached to a form; each file has its own limit.
        return usual + ATTACHED * document
    if actor.may("policies.author"):
        # The official document an item is written from.
        return usual + document
    return usual


def files_together(actor: Actor) -> int:
    """How many bytes all files of one form of the actor may have: whole megabytes, as the pages tell them."""
    return max(0, largest_body(actor) - _AROUND) // _MEGABYTE * _MEGABYTE


def megabytes(size: int) -> int:
    """As the pages tell sizes: a million bytes each, no broken ones."""
    return size // _MEGABYTE


class BodyLimitMiddleware:
    """Refuses what is too large by its announced length, before anything of it is read and kept on the disk.

    Files come from those who import and, a few, from those who fill in forms; everybody else's forms are small. Reading
    a form begins with the check of its token, before any view could say who may send one. The API has its own limits.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        usual: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if length.isdecimal() and int(length) > usual and not request.path.startswith("/api/"):
            actor = actor_from(request)
            if int(length) > largest_body(actor):
                most = megabytes(files_together(actor))
                refusal = TooLarge(
                    f"all files of one form may have {most} MB together; nothing was saved: "
                    "go back and send fewer or smaller ones, or some of them later",
                    message_zh=f"一次提交的文件加起来最多 {most} MB，这次什么都没有保存。"
                    "请返回上一页，减少或压缩文件，或者分几次提交。",
                )
                return error_page(request, 413, message_of(refusal), refusal.code)
        return self.get_response(request)
