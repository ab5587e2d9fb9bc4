"""Refusals of this area."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class DocumentNotFound(DomainError):
    """No such policy document, or none that may be seen."""

    code = "policies.document_not_found"


class ItemNotFound(DomainError):
    """No such policy item or version, or none that may be seen."""

    code = "policies.item_not_found"


class InvalidDocument(DomainError):
    """What is said of an official document cannot be so."""

    code = "policies.invalid_document"


class InvalidItem(DomainError):
    """The source of an item cannot be read as one; `problems` says where."""

    code = "policies.invalid_item"


class CodeTaken(DomainError):
    """Another item has this code."""

    code = "policies.code_taken"


class ChangedMeanwhile(DomainError):
    """Somebody else saved in between; what they saved is kept, and so is what this one typed, on their page."""

    code = "policies.changed_meanwhile"


class NotPossibleNow(DomainError):
    """The state of the version does not allow it."""

    code = "policies.not_possible_now"


class OpenVersion(DomainError):
    """A version of the item is being worked on already."""

    code = "policies.open_version"


class InvalidScenario(DomainError):
    """What is asked of the sandbox cannot be computed; `field` names the parameter, if it is one."""

    code = "policies.invalid_scenario"


class ScenarioNotFound(DomainError):
    """No such saved scenario, or none that may be seen."""

    code = "policies.scenario_not_found"


class CannotFreeze(DomainError):
    """There is no decision to keep: the item cannot be decided for anybody that day."""

    code = "policies.cannot_freeze"


class ReceiptNotFound(DomainError):
    """No such receipt of a decision, or none that may be seen."""

    code = "policies.receipt_not_found"


class ReadingNotFound(DomainError):
    """No such reading of a document, or none that may be seen."""

    code = "policies.reading_not_found"


class DraftUnchecked(DomainError):
    """What the reader left for the author to look at is still open; `details["remarks"]` counts it."""

    code = "policies.draft_unchecked"


class CannotDeclare(DomainError):
    """The fact is not for the enterprise itself to tell."""

    code = "policies.cannot_declare"


class LinkNotFound(DomainError):
    """No such link to an item."""

    code = "policies.link_not_found"


class InvalidOpinion(DomainError):
    """What is said of an item cannot be taken down."""

    code = "policies.invalid_opinion"


class NobodyToRemind(DomainError):
    """Nobody is left of whom is to be reminded."""

    code = "policies.nobody_to_remind"


class InvalidEvaluation(DomainError):
    """The decision about an item cannot be recorded as it is."""

    code = "policies.invalid_evaluation"


class PackageNotFound(DomainError):
    """No such policy package, or none that may be seen."""

    code = "policies.package_not_found"


class InvalidSubscription(DomainError):
    """A search that cannot be subscribed to."""

    code = "policies.invalid_subscription"


class SubscriptionNotFound(DomainError):
    """No such subscription of one's own."""

    code = "policies.subscription_not_found"


class InvalidInterpretation(DomainError):
    """What is said in an interpretation cannot be taken down; `field` names the part, if it is one."""

    code = "policies.invalid_interpretation"


class InterpretationNotFound(DomainError):
    """No such interpretation, or none that may be seen."""

    code = "policies.interpretation_not_found"
