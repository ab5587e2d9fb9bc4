"""What can be wrong with reference data a person typed, each with a stable code and both languages."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class UnknownIndustry(DomainError):
    """No such code in GB/T 4754-2017. `details["suggestions"]` holds codes that stand near."""

    code = "reference.unknown_industry"


class UnknownRegion(DomainError):
    """No such division in GB/T 2260. `details["suggestions"]` holds codes that stand near."""

    code = "reference.unknown_region"


class InvalidCreditCode(DomainError):
    """Not a unified social credit code. `details["findings"]` holds every reason."""

    code = "reference.invalid_credit_code"


class InvalidMetric(DomainError):
    """A headcount or an amount that cannot be (negative, or a binary float)."""

    code = "reference.invalid_metric"


class UnknownFact(DomainError):
    """A fact code the catalogue does not declare."""

    code = "reference.unknown_fact"


class InvalidCatalogue(DomainError):
    """The facts catalogue contradicts itself: a repeated code or name, an unknown type."""

    code = "reference.invalid_catalogue"


class InvalidLifecycle(DomainError):
    """A table of states contradicts itself."""

    code = "reference.invalid_lifecycle"


class UnknownAgencyKind(DomainError):
    """A kind of agency, or a name of the fact catalogue for one, that agency_kinds.yaml does not have."""

    code = "reference.unknown_agency_kind"


class UnsupportedFormat(DomainError):
    """A file suffix the writer does not know."""

    code = "reference.unsupported_format"


class TooManyRows(DomainError):
    """More rows than a worksheet can hold."""

    code = "reference.too_many_rows"
