"""A file of contracts, and the filter of the list of batches."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as told_as
from django.utils.translation import gettext_lazy as _

from yingshang.web.filters import FilterForm, choices

from ..words import state_choices

ACCEPTED = ".xlsx,.csv,.json"


class ImportForm(forms.Form):
    """The file."""

    use_required_attribute = False
    file = forms.FileField(
        label=_("合同文件"),
        help_text=_("Excel（.xlsx）、CSV 表格，或者采购系统的 OCDS 发布包（.json）。"),
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPTED}),
        max_length=200,
    )

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})

    def clean_file(self) -> Any:
        """Not larger than is read: it is said before anybody reads it."""
        file = self.cleaned_data["file"]
        most = settings.API_UPLOAD_LIMIT
        if (file.size or 0) > most:
            raise forms.ValidationError(
                told_as("文件有 %(size)s MB，最多 %(most)s MB。")
                % {"size": (file.size or 0) >> 20, "most": most >> 20}
            )
        return file


class ImportFilter(FilterForm):
    """Batches by name and state."""

    text = forms.CharField(label=_("文件名"), max_length=60)
    state = forms.ChoiceField(label=_("状态"), choices=lambda: choices(state_choices("batch"), _("全部状态")))
