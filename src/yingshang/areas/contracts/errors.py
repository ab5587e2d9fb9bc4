"""What can be wrong with a contract or what is done about it, each with a stable code and both languages."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class ContractNotFound(DomainError):
    """No such contract within the actor's reach."""

    code = "contracts.contract_not_found"


class ObligationNotFound(DomainError):
    """No such obligation within the actor's reach."""

    code = "contracts.obligation_not_found"


class StepNotFound(DomainError):
    """No such supplement, notice, case, transfer, cancellation, list, objection or batch within the actor's reach."""

    code = "contracts.step_not_found"


class NotPossibleNow(DomainError):
    """The state of the contract, or of what belongs to it, does not allow it."""

    code = "contracts.not_possible_now"


class InvalidContract(DomainError):
    """Something of a contract cannot be taken; `field` names it."""

    code = "contracts.invalid_contract"


class InvalidTerms(DomainError):
    """A rule of an obligation cannot be read, or the law does not allow it; `field` names what."""

    code = "contracts.invalid_terms"


class InvalidStep(DomainError):
    """Something given for a step cannot be taken; `field` names it."""

    code = "contracts.invalid_step"


class DuplicateContract(DomainError):
    """The same contract is registered already; `details["numbers"]` name it."""

    code = "contracts.duplicate_contract"


class NotYours(DomainError):
    """It is another unit's turn; `message_zh` says whose."""

    code = "contracts.not_yours"


class NotApart(DomainError):
    """Who wrote, or asked, may not approve it."""

    code = "contracts.not_apart"


class Blocked(DomainError):
    """Something stands in the way: an appeal that says the contrary; `details["blocks"]` name it."""

    code = "contracts.blocked"


class InvalidImport(DomainError):
    """A table or package that cannot be read at all; rows with mistakes are told of one by one instead."""

    code = "contracts.invalid_import"


class InvalidRules(DomainError):
    """A data file of this area that cannot be read; says which file, and where."""

    code = "contracts.invalid_rules"
