"""Filters of lists: forms that are read from the address, and of which wrong parts are told and left out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict


class FilterForm(forms.Form):
    """A form over the address' parameters. What is empty or wrong is not in `values`."""

    use_required_attribute = False

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **{"label_suffix": "", **kwargs})
        for field in self.fields.values():
            field.required = False

    @property
    def values(self) -> dict[str, Any]:
        """The filters that are set and understood, by the names of the room's arguments."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "", [])}

    @property
    def narrowed(self) -> bool:
        """Whether any filter is set."""
        return bool(self.values)


class DayField(forms.DateField):
    """A day, typed or picked, as ISO 8601."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)


def choices(pairs: Any, every: Any) -> list[tuple[str, Any]]:
    """Choices with one before them that filters nothing."""
    return [("", every), *pairs]
