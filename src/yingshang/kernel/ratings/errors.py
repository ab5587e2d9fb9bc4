"""Refusals of ratings."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class InvalidRating(DomainError):
    """The rating cannot be taken; `field` names what is wrong with it."""

    code = "ratings.invalid_rating"


class RatingNotFound(DomainError):
    """No such rating within the actor's reach."""

    code = "ratings.not_found"


class NotYourRating(DomainError):
    """An appeal against a rating is decided by an official of another agency."""

    code = "ratings.not_your_rating"


class NotPossibleNow(DomainError):
    """Not in the state the rating, its follow-up or the appeal against it is in."""

    code = "ratings.not_possible_now"


class UnknownRatedKind(DomainError):
    """No area has registered ratings of this kind."""

    code = "ratings.unknown_kind"


class InvalidRatingRules(DomainError):
    """The rules of an area cannot be read; the message says which line."""

    code = "ratings.invalid_rules"
