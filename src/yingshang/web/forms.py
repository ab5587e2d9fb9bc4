"""What forms of several faces share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest

from yingshang.rules.errors import DomainError

from .errors import message_of, status_of

ANSWERS_OF_THEIR_OWN = (403, 404)
"""What is not there, or not allowed, has a page of its own and is no message on another."""


def tell_refusal(request: HttpRequest, error: DomainError) -> None:
    """A message on the next page. Raises what has a page of its own."""
    if status_of(error) in ANSWERS_OF_THEIR_OWN:
        raise error
    messages.error(request, message_of(error))


def refuse(form: forms.Form, error: DomainError) -> None:
    """Put a refusal into the form, at its field where the refusal names one."""
    field: Any = error.details.get("field")
    form.add_error(field if field in form.fields else None, message_of(error))


def status_of_form(form: forms.Form) -> int:
    """422 for a form that was sent and is wrong, 200 otherwise."""
    return 422 if form.is_bound and form.errors else 200


def rehearse(action: Callable[..., Any], **arguments: Any) -> str:
    """Carry an action out and take it back: why it would be refused, or nothing when it would be done.

    The very rules of the action answer, so that a warning before saving and the refusal after it cannot differ.
    """
    try:
        with transaction.atomic():
            action(**arguments)
            transaction.set_rollback(True)
    except DomainError as error:
        return message_of(error)
    return ""
