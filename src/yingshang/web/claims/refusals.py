"""What an action refuses, told on the page one came from; what is not there, or not allowed, stays that."""

from __future__ import annotations

from django import forms

from yingshang.rules.errors import DomainError
from yingshang.web.errors import status_of
from yingshang.web.forms import ANSWERS_OF_THEIR_OWN, refuse, tell_refusal

__all__ = ["refuse_or_raise", "tell_refusal"]


def refuse_or_raise(form: forms.Form, error: DomainError) -> None:
    """The refusal in the form. Raises what has a page of its own."""
    if status_of(error) in ANSWERS_OF_THEIR_OWN and not error.details.get("field"):
        raise error
    refuse(form, error)
