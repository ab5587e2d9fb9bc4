"""Steps as pages of contracts offer them: a name, the event that allows it, a form, an action."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise


class StepForm(forms.Form):
    """Fields of a step. What may stand in them, the action says."""

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})


class EmptyForm(StepForm):
    """Nothing to fill in."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step: what it is called, what the reader must be allowed now (one of `may`), what is asked, what it does.

    `about` is what of the contract it is done to: itself, or one of its obligations, entries, supplements, files.
    """

    name: str | Promise
    event: str
    form: type[StepForm]
    act: Callable[..., Any]
    icon: str = "writing-sign"
    about: str = "contract"
    danger: bool = False
    hint: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """A step as the page offers it."""

    what: str
    name: str | Promise
    icon: str
    form: StepForm
    url: str
    open: bool
    danger: bool
    hint: str | Promise

    @property
    def empty(self) -> bool:
        return isinstance(self.form, EmptyForm) and not self.form.errors

    @property
    def multipart(self) -> bool:
        return self.form.is_multipart()


def text_field(label: Any, *, rows: int = 3, required: bool = True, hint: Any = "") -> forms.CharField:
    """Several lines."""
    return forms.CharField(
        label=label, required=required, help_text=hint, widget=forms.Textarea(attrs={"rows": rows})
    )
