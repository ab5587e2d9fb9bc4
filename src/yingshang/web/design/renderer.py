"""Set as FORM_RENDERER: Django asks for it while its own forms are still being imported."""

from __future__ import annotations

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Forms and fields by the design system's templates."""

    form_template_name = "design/forms/form.html"
    field_template_name = "design/forms/field.html"

    @property
    def bound_field_class(self) -> type:  # type: ignore[override]
        from .forms import Field

        return Field
