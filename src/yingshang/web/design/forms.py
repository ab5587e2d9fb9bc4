"""How forms look: a label, a hint, what is wrong, tied together for those who listen instead of looking."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.boundfield import BoundField

_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "form-check-input"),
    # Their class would be that of the box around them; the style sheet finds what is inside.
    (forms.RadioSelect, ""),
    (forms.CheckboxSelectMultiple, ""),
    (forms.Select, "form-select"),
    (forms.widgets.Input, "form-control"),
    (forms.Textarea, "form-control"),
)


class Field(BoundField):
    """A field of a form with the classes of the design system."""

    def build_widget_attrs(self, attrs: Any, widget: forms.Widget | None = None) -> Any:
        built = super().build_widget_attrs(attrs, widget)
        widget = widget or self.field.widget
        name = next((name for kind, name in _CLASSES if isinstance(widget, kind)), "")
        own = widget.attrs.get("class", "")
        if name and not widget.is_hidden and name not in own.split():
            built["class"] = f"{own} {name}".strip()
        return built

    @property
    def is_check(self) -> bool:
        """One box, whose label stands behind it."""
        return isinstance(self.field.widget, forms.CheckboxInput)

    @property
    def is_password(self) -> bool:
        return isinstance(self.field.widget, forms.PasswordInput)
