"""A filled-in table of another channel."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as told_as
from django.utils.translation import gettext_lazy as _

from yingshang.areas.appeals.api import table_limits


class ImportForm(forms.Form):
    """The file, and where what it tells is about when a row does not say."""

    use_required_attribute = False
    file = forms.FileField(
        label=_("填好的表格"),
        help_text=_("Excel（.xlsx）或 CSV；一次最多 300 件。"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
    )
    region = forms.ChoiceField(label=_("没有写地区、也没有企业的，登记到"), required=False)

    def __init__(self, *arguments: Any, regions: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        self.fields["region"].choices = [("", _("不指定")), *regions]  # type: ignore[attr-defined]

    def clean_file(self) -> UploadedFile[bytes]:
        """Not larger than is read: it is said before anybody reads it."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        largest = table_limits().largest_bytes
        if (file.size or 0) > largest:
            raise forms.ValidationError(
                told_as("文件 %(size)s MB，超过 %(most)s MB 的上限，请拆分成几个文件")
                % {"size": (file.size or 0) // 1_000_000, "most": largest // 1_000_000}
            )
        return file
