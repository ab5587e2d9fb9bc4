"""Refusals of this room."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class UnknownTemplate(DomainError):
    """No message template with this code."""

    code = "notices.unknown_template"


class InvalidTemplate(DomainError):
    """A message template that does not hold together."""

    code = "notices.invalid_template"


class MissingContext(DomainError):
    """A template was used without everything it tells of."""

    code = "notices.missing_context"


class UnknownChannel(DomainError):
    """No channel with this code."""

    code = "notices.unknown_channel"


class NoAddress(DomainError):
    """None of the wanted channels reaches the recipient."""

    code = "notices.no_address"


class MessageNotFound(DomainError):
    """No such message among those the actor may see."""

    code = "notices.message_not_found"


class NotFailed(DomainError):
    """Only what failed is sent again."""

    code = "notices.not_failed"


class UnknownKind(DomainError):
    """No kind of message with this code."""

    code = "notices.unknown_kind"


class TemplateNotFound(DomainError):
    """No such template among those the actor may manage."""

    code = "notices.template_not_found"


class NoDraft(DomainError):
    """There is nothing to publish."""

    code = "notices.no_draft_conflict"


class InvalidPreference(DomainError):
    """Something that cannot be switched off, or quiet hours that are none."""

    code = "notices.invalid_preference"


class InvalidRules(DomainError):
    """Quiet hours or days that cannot be."""

    code = "notices.invalid_rules"


class UnknownGateway(DomainError):
    """No gateway of this name reports here."""

    code = "notices.gateway_not_found"


class BadSignature(DomainError):
    """A report that was not signed by its gateway."""

    code = "notices.bad_signature"


class StaleReport(DomainError):
    """A report that was signed too long ago, or in the future."""

    code = "notices.stale_report"


class ReplayedReport(DomainError):
    """The very request was taken in before."""

    code = "notices.replayed_conflict"


class InvalidReport(DomainError):
    """A report that cannot be read."""

    code = "notices.invalid_report"


class CampaignNotFound(DomainError):
    """No such mass message among those the actor may send."""

    code = "notices.campaign_not_found"


class InvalidCampaign(DomainError):
    """A mass message that does not hold together."""

    code = "notices.invalid_campaign"


class WrongCampaignState(DomainError):
    """What is asked for is not possible as the mass message stands."""

    code = "notices.campaign_state_conflict"


class SensitiveWords(DomainError):
    """A mass message with words that a second person has to let through."""

    code = "notices.sensitive_words"


class InvalidList(DomainError):
    """A list of recipients that cannot be read."""

    code = "notices.invalid_list"
