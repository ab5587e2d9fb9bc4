"""Filters of the reach of an item."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.reference.api import facts, find_region, industries
from yingshang.web.filters import FilterForm, choices
from yingshang.web.words import SIZES

PROGRESS_WORDS = {
    "untold": _("未通知"),
    "told": _("已通知，未读"),
    "read": _("已读，未点开"),
    "clicked": _("已点开"),
}


class ReachFilter(FilterForm):
    """Enterprises by words, region, industry, size, and how far they have come."""

    text = forms.CharField(label=_("名称、拼音首字母或信用代码"), max_length=60)
    progress = forms.ChoiceField(label=_("进展"), choices=choices(PROGRESS_WORDS.items(), _("全部进展")))
    region = forms.ChoiceField(label=_("区划"))
    industry = forms.ChoiceField(label=_("行业"))
    size = forms.ChoiceField(label=_("规模"))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        asked = find_region(data.get("region", "")) if data.get("region", "").isdecimal() else None
        self.offer([(asked.code, asked.name)] if asked else [])
        sections = [
            (each.code, f"{each.code} {each.name}")
            for each in industries().values()
            if each.code == each.section
        ]
        self.fields["industry"].choices = choices(sections, _("全部行业"))  # type: ignore[attr-defined]
        sizes = [(each, SIZES.get(each, each)) for each in facts()["ent.size"].values]
        self.fields["size"].choices = choices(sizes, _("全部规模"))  # type: ignore[attr-defined]

    def offer(self, regions: list[tuple[str, str]]) -> None:
        """Regions to choose from."""
        self.fields["region"].choices = choices(regions, _("全部地区"))  # type: ignore[attr-defined]


class ReachItemFilter(FilterForm):
    """Items by name or code."""

    text = forms.CharField(label=_("名称或编号"), max_length=60)
