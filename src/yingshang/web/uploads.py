"""Files of subjects as they come in: not too large, and of the kind their name says, judged by their content."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

KINDS = (".csv", ".xlsx", ".parquet")
_HEAD = 4096


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
