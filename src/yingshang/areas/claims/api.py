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
from .selectors import accounts, claim_states, claims, get_claim
from .values import (
    AccountView,
    ClaimDetail,
    ClaimFact,
    ClaimPage,
    ClaimSummary,
    InstalmentView,
    MaterialView,
    Milestone,
)
from .way import way_of

__all__ = [
    "AccountNotFound",
    "AccountView",
    "AlreadyClaimed",
    "Balance",
    "BatchNotFound",
    "BudgetNotFound",
    "ClaimDetail",
    "ClaimFact",
    "ClaimNotFound",
    "ClaimPage",
    "ClaimSummary",
    "InstalmentView",
    "InvalidAccount",
    "InvalidBudget",
    "InvalidClaim",
    "InvalidTerms",
    "MaterialView",
    "Milestone",
    "NoTerms",
    "NotEntitled",
    "NotFundable",
    "NotPossibleNow",
    "NothingToPay",
    "OverBudget",
    "Stopped",
    "Terms",
    "WindowClosed",
    "accounts",
    "add_account",
    "balances",
    "begin_claim",
    "check_batch",
    "claim_states",
    "claims",
    "create_fund",
    "discard_claim",
    "export_journal",
    "get_claim",
    "prepare_batch",
    "remove_account",
    "set_budget",
    "set_terms",
    "submit_claim",
    "take_back_batch",
    "way_of",
]
