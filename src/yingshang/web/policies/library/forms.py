"""What the address of a search says."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.areas.policies.api import LIBRARY_FACETS, LibraryQuestion
from yingshang.kernel.reference.api import code_of_path, place_name
from yingshang.web.filters import FilterForm, choices

from .places import find_place
from .words import ORDERS, REACHES, WINDOWS

LONGEST = 100


class PlaceField(forms.CharField):
    """A place by its name or code. Gives a region."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"label": gettext_lazy("企业所在地"), "max_length": 30, **kwargs})
        self.widget.attrs["placeholder"] = gettext_lazy("如：哈尔滨市道里区，或 230102")

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        region = find_place(text)
        if region is None:
            raise ValidationError(_("没有找到这个地方，请填写区划的名称或六位代码。"))
        return region


class LibraryFilter(FilterForm):
    """Words, place, window and the facets."""

    place = PlaceField()
    reach = forms.ChoiceField(label=gettext_lazy("范围"), choices=list(REACHES.items()))
    window = forms.ChoiceField(
        label=gettext_lazy("受理时间"), choices=choices(WINDOWS.items(), gettext_lazy("不限"))
    )
    order = forms.ChoiceField(label=gettext_lazy("排序"), choices=list(ORDERS.items()))
    ended = forms.BooleanField(label=gettext_lazy("包括已失效的"))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.text = " ".join(data.get("text", "").replace("\x00", " ").split())[:LONGEST]
        self.facets: dict[str, Any] = {
            name: data.get(name, "")[:60] for name in LIBRARY_FACETS if data.get(name)
        }

    @classmethod
    def of(cls, question: LibraryQuestion) -> LibraryFilter:
        """The form as it was filled in for a question."""
        data = QueryDict(mutable=True)
        for name in ("text", "reach", "window", "order", *LIBRARY_FACETS):
            data[name] = getattr(question, name)
        if question.place:
            data["place"] = code_of_path(question.place)
        return cls(data)

    def question(self) -> LibraryQuestion:
        """What is asked; what is not understood narrows nothing, and is told beside its field."""
        values = self.values
        region = values.get("place")
        return LibraryQuestion(
            text=self.text,
            place=region.path if region else "",
            reach=values.get("reach", "holds"),
            window=values.get("window", ""),
            ended=bool(values.get("ended")),
            order=values.get("order", "relevance"),
            **self.facets,
        )

    def address(self, **changed: str) -> str:
        """The parameters of the same search with some changed; empty ones are left out."""
        values = self.values
        region = values.get("place")
        parameters = {
            "text": self.text,
            "place": place_name(region) if region else "",
            "reach": values.get("reach", "") if region else "",
            "window": values.get("window", ""),
            "order": values.get("order", ""),
            "ended": "on" if values.get("ended") else "",
            **self.facets,
            **changed,
        }
        return urlencode({name: value for name, value in parameters.items() if value})


class CalendarFilter(FilterForm):
    """A month and a place."""

    place = PlaceField()


class CompareForm(forms.Form):
    """One more item for a comparison, by its code."""

    code = forms.CharField(label=gettext_lazy("事项编号"), max_length=80)
