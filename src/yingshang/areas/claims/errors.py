"""What can be wrong with a claim or a payment, each with a stable code and both languages."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class ClaimNotFound(DomainError):
    """No such claim within the actor's reach."""

    code = "claims.claim_not_found"


class NotPossibleNow(DomainError):
    """The state of the claim, the order or the batch does not allow it."""

    code = "claims.not_possible_now"


class NotEntitled(DomainError):
    """The enterprise is not entitled, or it cannot be decided yet. `details["failed"]` names the conditions."""

    code = "claims.not_entitled"


class AlreadyClaimed(DomainError):
    """The enterprise has a claim for this item and period already."""

    code = "claims.already_claimed"


class WindowClosed(DomainError):
    """The item is not open to applications now; `details` say since or until when, in the server's time."""

    code = "claims.window_closed"


class NoTerms(DomainError):
    """Nobody has said yet how claims for the item are dealt with, from which fund and by whom."""

    code = "claims.no_terms"


class NotFundable(DomainError):
    """Nothing can be paid under the item; `message_zh` says why."""

    code = "claims.not_fundable"


class InvalidClaim(DomainError):
    """Something the enterprise gave cannot be taken; `field` names it."""

    code = "claims.invalid_claim"


class InvalidLines(DomainError):
    """A table of line items with mistakes; `details["table"]` has every row and error."""

    code = "claims.invalid_lines"


class InvalidAccount(DomainError):
    """An account that cannot be paid to; `field` names what is wrong with it."""

    code = "claims.invalid_account"


class AccountNotFound(DomainError):
    """No such account of the enterprise."""

    code = "claims.account_not_found"


class BudgetNotFound(DomainError):
    """No such fund or budget within the actor's reach."""

    code = "claims.budget_not_found"


class InvalidBudget(DomainError):
    """An amount of a budget that cannot be."""

    code = "claims.invalid_budget"


class OverBudget(DomainError):
    """The budget does not hold as much. `details` name what is left, in fen."""

    code = "claims.over_budget"


class BatchNotFound(DomainError):
    """No such payment batch within the actor's reach."""

    code = "claims.batch_not_found"


class NothingToPay(DomainError):
    """No claim of the selection can be ordered now."""

    code = "claims.nothing_to_pay"


class InvalidJournal(DomainError):
    """Lines of an entry do not add up to zero, or name no account."""

    code = "claims.invalid_journal"


class Stopped(DomainError):
    """The circuit breaker holds the claim, its item or its fund; only a supervisor releases it."""

    code = "claims.stopped"


class InvalidTerms(DomainError):
    """How claims for an item are to be dealt with contradicts itself; `field` names what."""

    code = "claims.invalid_terms"


class ListNotFound(DomainError):
    """No such list of the automatic mode within the actor's reach."""

    code = "claims.list_not_found"


class InvalidList(DomainError):
    """No list can be drawn up of the item, or it is not the one that was looked at; `field` names what is wrong."""

    code = "claims.invalid_list"


class ListExists(DomainError):
    """There is a list for this item and period already; `details["list"]` is its number."""

    code = "claims.list_conflict"


class OfferEnded(DomainError):
    """The offer could be answered until a day that is past; `details["confirm_by"]` says which."""

    code = "claims.offer_ended"


class InvalidRemark(DomainError):
    """What is said to be wrong, or the answer to it, cannot be taken; `field` names it."""

    code = "claims.invalid_remark"


class PublicityNotFound(DomainError):
    """No such public list, or none that is published."""

    code = "claims.publicity_not_found"


class NothingToPublish(DomainError):
    """No award of the selection waits to be put before the public."""

    code = "claims.nothing_to_publish"


class ObjectionNotFound(DomainError):
    """No such objection within the actor's reach."""

    code = "claims.objection_not_found"


class InvalidObjection(DomainError):
    """What somebody objects, or what is decided of it, cannot be taken; `field` names it."""

    code = "claims.invalid_objection"


class PublicityOver(DomainError):
    """The period in which one could object is over; `details["closes_on"]` says since when."""

    code = "claims.publicity_over"


class TooManyObjections(DomainError):
    """Somebody has objected as often as they may within the time."""

    code = "claims.objections_too_many"


class DifferenceNotFound(DomainError):
    """No such difference with a bank within the actor's reach."""

    code = "claims.difference_not_found"


class InvalidExplanation(DomainError):
    """An explanation that explains nothing; `field` names it."""

    code = "claims.invalid_explanation"


class NoEvidence(DomainError):
    """The bank's statements do not show yet that nothing was paid; `details` say what is missing."""

    code = "claims.no_evidence"


class OrderNotFound(DomainError):
    """No such payment order within the actor's reach."""

    code = "claims.order_not_found"


class TripNotFound(DomainError):
    """The circuit breaker has stopped no such thing within the actor's reach."""

    code = "claims.trip_not_found"


class InvalidDecision(DomainError):
    """A supervisor's decision that says no reason; `field` names it."""

    code = "claims.invalid_decision"


class RecoveryNotFound(DomainError):
    """No such money asked back within the actor's reach."""

    code = "claims.recovery_not_found"


class InvalidRecovery(DomainError):
    """Money cannot be asked back, or given back, like this; `field` names what is wrong."""

    code = "claims.invalid_recovery"


class NeedsRanking(DomainError):
    """Whom a quota or a pool serves is decided once everybody is known: the claim is put in line."""

    code = "claims.needs_ranking"


class QuotaFull(DomainError):
    """The places of a quota, or the money of a pool, that is first come are gone."""

    code = "claims.quota_full"


class NothingToRank(DomainError):
    """The item has no ranking within the actor's reach."""

    code = "claims.ranking_not_found"


class ApprovalNotFound(DomainError):
    """No such batch of claims to be approved together within the actor's reach."""

    code = "claims.approval_not_found"


class InvalidApproval(DomainError):
    """Claims that cannot be approved together, or a finding that says nothing; `field` names what is wrong."""

    code = "claims.invalid_approval"


class WindowNotFound(DomainError):
    """No such window within the actor's reach, or none that takes the claim."""

    code = "claims.service_window_not_found"


class InvalidWindow(DomainError):
    """Something about a window or its hours cannot be; `field` names it."""

    code = "claims.invalid_service_window"


class SlotTaken(DomainError):
    """The time at the window is full, past, or not offered."""

    code = "claims.slot_taken"


class AppointmentNotFound(DomainError):
    """No such appointment within the actor's reach."""

    code = "claims.appointment_not_found"


class InvalidExpert(DomainError):
    """Somebody who cannot be kept as an expert like this; `field` names what is wrong."""

    code = "claims.invalid_expert"


class ExpertNotFound(DomainError):
    """No such expert within the actor's reach."""

    code = "claims.expert_not_found"


class InvalidScoring(DomainError):
    """Experts cannot be drawn for these claims, or a decision says no reason; `field` names what is wrong."""

    code = "claims.invalid_scoring"


class ScoringNotFound(DomainError):
    """No such scoring within the actor's reach, or none the expert was drawn for."""

    code = "claims.scoring_not_found"


class InvalidScores(DomainError):
    """Points that cannot be; `field` names the criterion."""

    code = "claims.invalid_scores"


class NotAssessed(DomainError):
    """Scores of experts or a field check are still to come, or what was found is not dealt with."""

    code = "claims.assessment_conflict"


class FieldCheckNotFound(DomainError):
    """No such field check within the actor's reach."""

    code = "claims.field_check_not_found"


class InvalidFieldCheck(DomainError):
    """What is ordered or recorded of a field check cannot be taken; `field` names what is wrong."""

    code = "claims.invalid_field_check"


class ReconsiderationNotFound(DomainError):
    """No such reconsideration within the actor's reach."""

    code = "claims.reconsideration_not_found"


class InvalidReconsideration(DomainError):
    """A reconsideration cannot be asked for, or decided, like this; `field` names what is wrong."""

    code = "claims.invalid_reconsideration"


class NotYourReconsideration(DomainError):
    """The terms of the item name another agency that decides on it."""

    code = "claims.not_your_reconsideration"


class PromiseNotFound(DomainError):
    """No such promise within the actor's reach."""

    code = "claims.promise_not_found"


class InvalidPromise(DomainError):
    """A finding about a promise that says nothing, or shows nothing; `field` names what is wrong."""

    code = "claims.invalid_promise"


class BundleNotFound(DomainError):
    """No drafts of that number within the actor's reach."""

    code = "claims.bundle_not_found"


class InvalidBundle(DomainError):
    """Too few or too many items, or a material none of them asks for; `field` names it."""

    code = "claims.invalid_bundle"


class NotInBundle(DomainError):
    """An item whose mode asks for something of its own: it is applied for by itself."""

    code = "claims.not_in_bundle"
