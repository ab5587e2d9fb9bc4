"""The door of the journey. See README.md."""

from __future__ import annotations

from .actions.ask_for_review import ask_for_review
from .actions.confirm_binding import Confirmation, confirm_binding
from .actions.decide_clerk import decide_clerk
from .actions.decide_review import decide_review
from .actions.lapse_bindings import lapse_bindings
from .actions.request_binding import request_binding
from .actions.withdraw_binding import withdraw_binding
from .errors import (
    AlreadyBound,
    BindingNotFound,
    CodeExpired,
    NotPossibleNow,
    NotRegistered,
    ReasonMissing,
    TooManyCodes,
)
from .lifecycle import State, possible, states
from .selectors import (
    ApprovalView,
    BindingView,
    DueBinding,
    ReviewView,
    bindings,
    bindings_to_approve,
    due_bindings,
    get_binding,
    get_review,
    overseen_bindings,
    reviews,
)

__all__ = [
    "AlreadyBound",
    "ApprovalView",
    "BindingNotFound",
    "BindingView",
    "CodeExpired",
    "Confirmation",
    "DueBinding",
    "NotPossibleNow",
    "NotRegistered",
    "ReasonMissing",
    "ReviewView",
    "State",
    "TooManyCodes",
    "ask_for_review",
    "bindings",
    "bindings_to_approve",
    "confirm_binding",
    "decide_clerk",
    "decide_review",
    "due_bindings",
    "get_binding",
    "get_review",
    "lapse_bindings",
    "overseen_bindings",
    "possible",
    "request_binding",
    "reviews",
    "states",
    "withdraw_binding",
]
