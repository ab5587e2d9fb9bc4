"""The door of claims. See README.md."""

from __future__ import annotations

from .actions.begin_claim import begin_claim, discard_claim
from .actions.keep_accounts import add_account, remove_account
from .actions.keep_funds import create_fund, set_budget
from .actions.prepare_batch import check_batch, prepare_batch, take_back_batch
from .actions.set_terms import Terms, set_terms
from .actions.submit_claim import submit_claim
from .errors import (
    AccountNotFound,
    AlreadyClaimed,
    BatchNotFound,
    BudgetNotFound,
    ClaimNotFound,
    InvalidAccount,
    InvalidBudget,
    InvalidClaim,
    InvalidTerms,
    NotEntitled,
    NoTerms,
    NotFundable,
    NothingToPay,
    NotPossibleNow,
    OverBudget,
    Stopped,
    WindowClosed,
)
from .journal import Balance, balances, export_journal

__all__ = [
    "AccountNotFound",
    "AlreadyClaimed",
    "Balance",
    "BatchNotFound",
    "BudgetNotFound",
    "ClaimNotFound",
    "InvalidAccount",
    "InvalidBudget",
    "InvalidClaim",
    "InvalidTerms",
    "NoTerms",
    "NotEntitled",
    "NotFundable",
    "NotPossibleNow",
    "NothingToPay",
    "OverBudget",
    "Stopped",
    "Terms",
    "WindowClosed",
    "add_account",
    "balances",
    "begin_claim",
    "check_batch",
    "create_fund",
    "discard_claim",
    "export_journal",
    "prepare_batch",
    "remove_account",
    "set_budget",
    "set_terms",
    "submit_claim",
    "take_back_batch",
]
