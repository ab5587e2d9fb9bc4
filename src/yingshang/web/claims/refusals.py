"""What an action refuses, told on the page one came from; what is not there, or not allowed, stays that."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest

from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of, status_of
from yingshang.web.forms import refuse

_ANSWERS_OF_THEIR_OWN = (403, 404)


def tell_refusal(request: HttpRequest, error: DomainError) -> None:
    """A message on the next page. Raises what has a page of its own."""
    if status_of(error) in _ANSWERS_OF_THEIR_OWN:
        raise error
    messages.error(request, message_of(error))


def refuse_or_raise(form: forms.Form, error: DomainError) -> None:
    """The refusal in the form. Raises what has a page of its own."""
    if status_of(error) in _ANSWERS_OF_THEIR_OWN and not error.details.get("field"):
        raise error
    refuse(form, error)
