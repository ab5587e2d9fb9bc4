"""Refusals of this journey."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class ObjectionNotFound(DomainError):
    """No such objection, or none that may be seen."""

    code = "fact_objection.not_found"


class AlreadyObjected(DomainError):
    """An objection to the same fact is still open."""

    code = "fact_objection.already_open"


class NoSuchFact(DomainError):
    """Nothing an enterprise could object to or miss goes by this name."""

    code = "fact_objection.fact_not_found"


class WrongForm(DomainError):
    """A form that was filled in about something else."""

    code = "fact_objection.wrong_form"


class NobodyToAsk(DomainError):
    """No agency could be found that has to deal with it."""

    code = "fact_objection.nobody_to_ask"


class NotPossibleNow(DomainError):
    """The state of the objection does not allow it."""

    code = "fact_objection.not_possible_now"
