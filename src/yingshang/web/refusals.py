"""What an action refuses, in the form it was sent with, so that nothing that was written is lost; what is not there, or
not allowed, has a page of its own.
"""

from __future__ import annotations

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS

from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of, status_of
from yingshang.web.forms import status_of_form
from yingshang.web.words import in_language

_ANSWERS_OF_THEIR_OWN = (403, 404)
_TOO_OFTEN = "too_often"


def refuse_each(form: forms.Form, error: DomainError, *, otherwise: str | None = None) -> None:
    """Every problem the refusal names at its field; one without a field at `otherwise`. Raises what has a page."""
    if status_of(error) in _ANSWERS_OF_THEIR_OWN and not error.details.get("field"):
        raise error
    if status_of(error) == 429:
        form.add_error(None, forms.ValidationError(message_of(error), code=_TOO_OFTEN))
        return
    problems = error.details.get("problems")
    if isinstance(problems, list):
        for each in problems:
            _add(form, str(each["field"]), in_language(each["message_zh"], each["message"]), otherwise)
        return
    _add(form, str(error.details.get("field") or ""), message_of(error), otherwise)


def status_of_refused(form: forms.Form) -> int:
    """429 for a form that was sent too often, as any form otherwise."""
    return 429 if form.is_bound and form.has_error(NON_FIELD_ERRORS, _TOO_OFTEN) else status_of_form(form)


def _add(form: forms.Form, field: str, message: str, otherwise: str | None) -> None:
    form.add_error(field if field in form.fields else otherwise, message)
