"""Tables of claims, by subject."""

from .appointments import Appointment, ServiceWindow, WindowHours
from .approvals import ApprovalBatch, ApprovalEntry
from .assessing import (
    Expert,
    FieldCheck,
    FieldPhoto,
    PanelClaim,
    ScoreSheet,
    ScoringPanel,
    ScoringSeat,
)
from .automatic import ListOmission, OfferRemark
from .claims import Claim, ClaimLine, ClaimMaterial, EntitlementList, ItemTerms, PayeeAccount
from .funding import Budget, BudgetChange, Fund, Instalment, Reservation
from .journal import JournalEntry, JournalLine
from .oversight import Trip
from .paying import BankStatement, ChannelPosition, PaymentFile, StatementLine
from .payments import (
    BankReport,
    PaymentBatch,
    PaymentOrder,
    ReconciliationDifference,
    Recovery,
    Repayment,
)
from .promises import PromiseCheck
from .publicity import Publicity, PublicityEntry, PublicityObjection
from .reconsidering import Reconsideration
from .results import ClaimResult

__all__ = [
    "Appointment",
    "ApprovalBatch",
    "ApprovalEntry",
    "BankReport",
    "BankStatement",
    "Budget",
    "BudgetChange",
    "ChannelPosition",
    "Claim",
    "ClaimLine",
    "ClaimMaterial",
    "ClaimResult",
    "EntitlementList",
    "Expert",
    "FieldCheck",
    "FieldPhoto",
    "Fund",
    "Instalment",
    "ItemTerms",
    "JournalEntry",
    "JournalLine",
    "ListOmission",
    "OfferRemark",
    "PanelClaim",
    "PayeeAccount",
    "PaymentBatch",
    "PaymentFile",
    "PaymentOrder",
    "PromiseCheck",
    "Publicity",
    "PublicityEntry",
    "PublicityObjection",
    "ReconciliationDifference",
    "Reconsideration",
    "Recovery",
    "Repayment",
    "Reservation",
    "ScoreSheet",
    "ScoringPanel",
    "ScoringSeat",
    "ServiceWindow",
    "StatementLine",
    "Trip",
    "WindowHours",
]
