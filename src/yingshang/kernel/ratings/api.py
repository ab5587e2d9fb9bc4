"""The door of ratings: what other rooms may use. See README.md."""

from __future__ import annotations

from .actions.appeal import appeal_rating, decide_appeal, read_words
from .actions.follow_up import end_follow_up, note_call, note_correction
from .actions.give_rating import give_rating
from .errors import (
    InvalidRating,
    InvalidRatingRules,
    NotPossibleNow,
    NotYourRating,
    RatingNotFound,
    UnknownRatedKind,
)
from .kinds import Rated, RatedKind, rated_kind, rated_kinds, register_rated
from .rules import (
    RatingLevel,
    RatingQuestion,
    RatingRules,
    RatingWord,
    rating_levels,
    read_rating_rules,
)
from .selectors import (
    AgencyRatings,
    GivenRating,
    GivenRatings,
    RatingPage,
    RatingView,
    StepRating,
    bad_ratings,
    follow_up_states,
    get_rating,
    may_follow_up,
    own_ratings,
    public_ratings,
    ratings,
    ratings_of,
    ratings_of_group,
)
from .steps import checked_words

__all__ = [
    "AgencyRatings",
    "GivenRating",
    "GivenRatings",
    "InvalidRating",
    "InvalidRatingRules",
    "NotPossibleNow",
    "NotYourRating",
    "Rated",
    "RatedKind",
    "RatingLevel",
    "RatingNotFound",
    "RatingPage",
    "RatingQuestion",
    "RatingRules",
    "RatingView",
    "RatingWord",
    "StepRating",
    "UnknownRatedKind",
    "appeal_rating",
    "bad_ratings",
    "checked_words",
    "decide_appeal",
    "end_follow_up",
    "follow_up_states",
    "get_rating",
    "give_rating",
    "may_follow_up",
    "note_call",
    "note_correction",
    "own_ratings",
    "public_ratings",
    "rated_kind",
    "rated_kinds",
    "rating_levels",
    "ratings",
    "ratings_of",
    "ratings_of_group",
    "read_rating_rules",
    "read_words",
    "register_rated",
]
