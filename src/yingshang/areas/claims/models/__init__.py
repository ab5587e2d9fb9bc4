"""Tables of claims, by subject."""

from .claims import Claim, ClaimLine, ClaimMaterial, EntitlementList, ItemTerms, PayeeAccount
from .funding import Budget, BudgetChange, Fund, Instalment, Reservation
from .journal import JournalEntry, JournalLine
from .oversight import Trip
from .payments import (
    BankReport,
    PaymentBatch,
    PaymentOrder,
    ReconciliationDifference,
    Recovery,
    Repayment,
)

__all__ = [
    "BankReport",
    "Budget",
    "BudgetChange",
    "Claim",
    "ClaimLine",
    "ClaimMaterial",
    "EntitlementList",
    "Fund",
    "Instalment",
    "ItemTerms",
    "JournalEntry",
    "JournalLine",
    "PayeeAccount",
    "PaymentBatch",
    "PaymentOrder",
    "ReconciliationDifference",
    "Recovery",
    "Repayment",
    "Reservation",
    "Trip",
]
