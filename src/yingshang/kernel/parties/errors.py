"""Refusals of this room."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class PartyNotFound(DomainError):
    """No such party, or none the actor may see."""

    code = "parties.not_found"


class ImportNotFound(DomainError):
    """No such import, or none the actor may see."""

    code = "parties.import_not_found"


class AgencyNotFound(DomainError):
    """No such agency, or none the actor may see."""

    code = "parties.agency_not_found"


class MergeNotFound(DomainError):
    """No such merge, or none the actor may see."""

    code = "parties.merge_not_found"


class ImportRunning(DomainError):
    """The same file is being imported at this moment."""

    code = "parties.import_conflict"


class SnapshotRunning(DomainError):
    """The snapshot is being updated at this moment."""

    code = "parties.snapshot_conflict"


class InvalidImport(DomainError):
    """A file that cannot be imported at all: no column says who the rows are about, or it is of the future."""

    code = "parties.invalid_import"


class InvalidIdentityNumber(DomainError):
    """No identity number by GB 11643."""

    code = "parties.invalid_identity_number"


class InvalidContact(DomainError):
    """No e-mail address or no mobile number."""

    code = "parties.invalid_contact"


class InvalidAgency(DomainError):
    """An agency that cannot be: a code that is taken, a region that does not exist, still in use."""

    code = "parties.invalid_agency"


class InvalidFact(DomainError):
    """A value that the catalogue does not allow for a fact, or a fact it does not know."""

    code = "parties.invalid_fact"


class CannotMerge(DomainError):
    """Two parties that cannot be merged: the same, of different kinds, or merged already."""

    code = "parties.merge_conflict"


class CannotMark(DomainError):
    """Two parties that cannot be marked as distinct: the same, merged, or marked already."""

    code = "parties.mark_conflict"


class MarkNotFound(DomainError):
    """No such mark within the actor's scope."""

    code = "parties.mark_not_found"


def party_not_found(party_id: object) -> PartyNotFound:
    """The answer for what does not exist and for what may not be seen: they must not differ."""
    return PartyNotFound(
        f"no party {party_id}", message_zh=f"没有找到编号为 {party_id} 的主体", value=str(party_id)
    )


class InvalidCondition(DomainError):
    """A condition on a fact that cannot be asked."""

    code = "parties.invalid_condition"
