"""The door of policies. See README.md."""

from __future__ import annotations

from yingshang.kernel.reference.api import State

from .actions.add_to_draft import add_to_draft
from .actions.publish_items import adopt_item, publish_item, withdraw_item
from .actions.save_document import DocumentContent, add_document, save_document
from .actions.supply_fact import supply_fact
from .actions.take_in_document import TAKEN as TAKEN_KINDS
from .actions.take_in_document import take_in_document
from .actions.write_items import begin_version, create_item, discard_version, save_version
from .configured_model import language_model
from .content import catalogue, compile_sources, problems_of, program_of
from .editing.adding import Added, add_proposed
from .editing.disagreement import Disagreement, disagreements
from .editing.drafts import PlacedProblem, links_of, placed_problems, scenario_results
from .editing.merging import Merged as MergedText
from .editing.merging import merge as merge_texts
from .editing.rows import FOR_TYPES as COMPARISONS_FOR
from .editing.rows import MANY as MANY_VALUED
from .editing.rows import Formula, InvalidRow, feel_of, rows_of
from .editing.rows import Row as ConditionRow
from .editing.rows import shown as shown_value
from .editing.rows import typed as typed_value
from .editing.yaml_text import CannotEdit
from .editing.yaml_text import Insert as InsertEntry
from .editing.yaml_text import Move as MoveEntry
from .editing.yaml_text import Remove as RemoveValue
from .editing.yaml_text import Set as SetValue
from .editing.yaml_text import apply as apply_changes
from .editing.yaml_text import read_data as read_source
from .errors import (
    CannotDeclare,
    CannotFreeze,
    ChangedMeanwhile,
    CodeTaken,
    DocumentNotFound,
    DraftUnchecked,
    InterpretationNotFound,
    InvalidDocument,
    InvalidEvaluation,
    InvalidInterpretation,
    InvalidItem,
    InvalidOpinion,
    InvalidScenario,
    InvalidSubscription,
    ItemNotFound,
    LinkNotFound,
    NobodyToRemind,
    NotPossibleNow,
    OpenVersion,
    PackageNotFound,
    ReadingNotFound,
    ReceiptNotFound,
    ScenarioNotFound,
    SubscriptionNotFound,
)
from .evaluation.actions.decide import record_evaluation
from .evaluation.actions.give_opinion import give_opinion, may_give_opinion
from .evaluation.comparing import EffectReport, FactEffect, compare_effect
from .evaluation.effect import Effect
from .evaluation.figures import DayFigure, keep_figures
from .evaluation.opinions import (
    Opinion,
    OpinionPage,
    OpinionSummary,
    OwnOpinion,
    opinion_levels,
    opinion_summary,
    opinions,
    own_opinion,
)
from .evaluation.selectors import DecisionView, Evaluation, SizeReach, evaluate
from .interpretation.actions.picture import remove_picture, set_picture
from .interpretation.actions.publish import (
    affirm_interpretation,
    publish_interpretation,
    withdraw_interpretation,
)
from .interpretation.actions.write import begin_interpretation, save_interpretation
from .interpretation.selectors import (
    interpretation_on_desk,
    outdated_by,
    picture_document,
    plain_words,
)
from .interpretation.values import SECTIONS as INTERPRETATION_SECTIONS
from .interpretation.values import (
    InterpretationContent,
    InterpretationDesk,
    InterpretationView,
    PublicInterpretation,
    PublicQuestion,
)
from .interpretation.values import Question as InterpretationQuestion
from .interpretation.values import Subject as InterpretationSubject
from .interpretation.values import Target as InterpretationTarget
from .lifecycle import states
from .matching.differences import on_differences
from .matching.listing import (
    EntitledBucket,
    EntitledParty,
    Listable,
    decide_frozen,
    entitled_in_bucket,
    listable,
)
from .matching.live import Decided, Window, decide_for, decide_one, sources_of
from .matching.questions import OTHER, Calculation, CalculatorQuestion, calculate, question_about
from .matching.reasons import ReasonRow, UsedFact, missing_facts, reason_rows
from .matching.receipts import (
    FrozenFact,
    ReceiptView,
    Reproduction,
    freeze,
    get_receipt,
    receipts_of,
    reproduce,
)
from .matching.rematch import RematchSummary, rematch, rematch_changed, rematch_parties
from .matching.selectors import MatchedPage, MatchedParty, MatchingState, matched_parties, matching_state
from .matching.sharing import Sharing, rank_frozen, rank_order, sharing_of
from .outreach.actions.follow_link import follow_link
from .outreach.actions.remind import Reminder, ReminderPlan, plan_reminder, remind
from .outreach.digest import PackageSummary, send_packages
from .outreach.packages import PackagedItem, PackageView, get_package
from .outreach.reach import (
    PROGRESS as REACH_PROGRESS,
)
from .outreach.reach import (
    Funnel,
    ItemReach,
    ReachPage,
    ReachSummary,
    RegionReach,
    UnactedPage,
    UnactedParty,
    item_reach,
    reach_summaries,
    unacted_parties,
)
from .outreach.rules import Level as OpinionLevel
from .outreach.stages import CarriedOut, register_carried_out, register_stage
from .reading.drafting import READER_NOTE, ProposedItem, propose_item, remarks_left
from .reading.language_model import LanguageModel, LanguageModelFailed, ask_language_model
from .reading.proposals import NothingToRead, Proposal
from .reading.reader import read_document
from .readings.actions.begin import (
    AT_ONCE_BYTES,
    begin_file_reading,
    begin_reading,
    reads_at_once,
)
from .readings.actions.carry_out import carry_out
from .readings.selectors import get_reading
from .readings.values import ReadingView
from .review.actions.comments import answer_comment, enter_comment, give_comment
from .review.actions.consultations import close_consultations, conclude_consultation
from .review.actions.issue_opinion import issue_opinion
from .review.actions.judge_finding import VERDICTS as FINDING_VERDICTS
from .review.actions.judge_finding import judge_finding
from .review.actions.read_comment import read_comment
from .review.actions.submit_version import correct_version, revoke_submission, submit_version
from .review.conflicts import Finding
from .review.consulted import Consulted
from .review.data import ConsultationRules, consultation_rules
from .review.elements import ElementState, completeness, completeness_of
from .review.errors import (
    ConsultationClosed,
    ConsultationNotFound,
    ConsultationOpen,
    ElementsMissing,
    FindingNotFound,
    FindingsOpen,
    InvalidComment,
    InvalidReview,
    NobodyToReview,
    OwnSubmission,
    TooManyComments,
)
from .review.fundable import FundingObstacle, funding_obstacle, is_fundable
from .review.jobs import remind_of_expiry
from .review.redline import Clause, Line, Piece, redline, redline_clauses, redline_lines
from .review.selectors import (
    consultation_on_desk,
    consultations,
    consultations_on_desk,
    findings_of,
    get_consultation,
    review_on_desk,
    reviews_of,
)
from .review.values import (
    CommentInClear,
    CommentView,
    ConsultationDetail,
    ConsultationPage,
    ConsultationSummary,
    JudgedFinding,
    ReviewOnDesk,
    ReviewSummary,
)
from .sandbox.actions.issue_report import issue_report
from .sandbox.actions.remove_scenario import remove_scenario, restore_scenario
from .sandbox.actions.save_scenario import save_scenario
from .sandbox.actions.take_over_figures import take_over_figures
from .sandbox.asking import example_parties, sandbox_answer, sandbox_setting
from .sandbox.parameters import Dial as SandboxDial
from .sandbox.selectors import get_scenario, get_scenarios, scenarios
from .sandbox.values import (
    Answer as SandboxAnswer,
)
from .sandbox.values import (
    Example as SandboxExample,
)
from .sandbox.values import (
    GroupRow as SandboxGroup,
)
from .sandbox.values import (
    MissingFact as SandboxMissingFact,
)
from .sandbox.values import (
    Outcome as SandboxOutcome,
)
from .sandbox.values import (
    Question as SandboxQuestion,
)
from .sandbox.values import (
    ScenarioView,
    TriedFigure,
)
from .sandbox.values import (
    Setting as SandboxSetting,
)
from .sandbox.values import (
    Side as SandboxSide,
)
from .search.actions.subscribe import subscribe, unsubscribe, unsubscribe_all
from .search.asking import FACETS as LIBRARY_FACETS
from .search.asking import Answer as LibraryAnswer
from .search.asking import Hit as LibraryHit
from .search.asking import Piece as LibraryPiece
from .search.asking import Question as LibraryQuestion
from .search.asking import numbers_found
from .search.asking import search as search_library
from .search.digests import SubscriptionView, send_digests, subscriptions
from .search.index import rebuild as rebuild_library
from .search.public import (
    BenefitLine,
    CalendarLine,
    ConditionLine,
    Figure,
    NamedSource,
    PublicDocument,
    PublicItem,
    PublicVersion,
    WindowLine,
    documents_after,
    items_by_region,
    library_changed,
    newest_items,
    public_document,
    public_item,
    public_items,
    published_after,
    windows_between,
)
from .search.words import AmountBand, Subject, amount_bands, audiences, containers
from .search.words import kinds as benefit_kinds
from .selectors import (
    documents,
    get_document,
    get_item,
    get_version,
    items,
    items_above,
    linked_items,
    published_items,
    writable_drafts,
)
from .sentences import Sentence, split_sentences
from .values import (
    DocumentDetail,
    DocumentPage,
    DocumentSummary,
    ItemDetail,
    ItemPage,
    ItemSummary,
    LinkedItem,
    PublishedItem,
    VersionView,
)

__all__ = [
    "AT_ONCE_BYTES",
    "COMPARISONS_FOR",
    "FINDING_VERDICTS",
    "INTERPRETATION_SECTIONS",
    "LIBRARY_FACETS",
    "MANY_VALUED",
    "OTHER",
    "REACH_PROGRESS",
    "READER_NOTE",
    "TAKEN_KINDS",
    "Added",
    "AmountBand",
    "BenefitLine",
    "Calculation",
    "CalculatorQuestion",
    "CalendarLine",
    "CannotDeclare",
    "CannotEdit",
    "CannotFreeze",
    "CarriedOut",
    "ChangedMeanwhile",
    "Clause",
    "CodeTaken",
    "CommentInClear",
    "CommentView",
    "ConditionLine",
    "ConditionRow",
    "ConsultationClosed",
    "ConsultationDetail",
    "ConsultationNotFound",
    "ConsultationOpen",
    "ConsultationPage",
    "ConsultationRules",
    "ConsultationSummary",
    "Consulted",
    "DayFigure",
    "Decided",
    "DecisionView",
    "Disagreement",
    "DocumentContent",
    "DocumentDetail",
    "DocumentNotFound",
    "DocumentPage",
    "DocumentSummary",
    "DraftUnchecked",
    "Effect",
    "EffectReport",
    "ElementState",
    "ElementsMissing",
    "EntitledBucket",
    "EntitledParty",
    "Evaluation",
    "FactEffect",
    "Figure",
    "Finding",
    "FindingNotFound",
    "FindingsOpen",
    "Formula",
    "FrozenFact",
    "FundingObstacle",
    "Funnel",
    "InsertEntry",
    "InterpretationContent",
    "InterpretationDesk",
    "InterpretationNotFound",
    "InterpretationQuestion",
    "InterpretationSubject",
    "InterpretationTarget",
    "InterpretationView",
    "InvalidComment",
    "InvalidDocument",
    "InvalidEvaluation",
    "InvalidInterpretation",
    "InvalidItem",
    "InvalidOpinion",
    "InvalidReview",
    "InvalidRow",
    "InvalidScenario",
    "InvalidSubscription",
    "ItemDetail",
    "ItemNotFound",
    "ItemPage",
    "ItemReach",
    "ItemSummary",
    "JudgedFinding",
    "LanguageModel",
    "LanguageModelFailed",
    "LibraryAnswer",
    "LibraryHit",
    "LibraryPiece",
    "LibraryQuestion",
    "Line",
    "LinkNotFound",
    "LinkedItem",
    "Listable",
    "MatchedPage",
    "MatchedParty",
    "MatchingState",
    "MergedText",
    "MoveEntry",
    "NamedSource",
    "NobodyToRemind",
    "NobodyToReview",
    "NotPossibleNow",
    "NothingToRead",
    "OpenVersion",
    "Opinion",
    "OpinionLevel",
    "OpinionPage",
    "OpinionSummary",
    "OwnOpinion",
    "OwnSubmission",
    "PackageNotFound",
    "PackageSummary",
    "PackageView",
    "PackagedItem",
    "Piece",
    "PlacedProblem",
    "Proposal",
    "ProposedItem",
    "PublicDocument",
    "PublicInterpretation",
    "PublicItem",
    "PublicQuestion",
    "PublicVersion",
    "PublishedItem",
    "ReachPage",
    "ReachSummary",
    "ReadingNotFound",
    "ReadingView",
    "ReasonRow",
    "ReceiptNotFound",
    "ReceiptView",
    "RegionReach",
    "RematchSummary",
    "Reminder",
    "ReminderPlan",
    "RemoveValue",
    "Reproduction",
    "ReviewOnDesk",
    "ReviewSummary",
    "SandboxAnswer",
    "SandboxDial",
    "SandboxExample",
    "SandboxGroup",
    "SandboxMissingFact",
    "SandboxOutcome",
    "SandboxQuestion",
    "SandboxSetting",
    "SandboxSide",
    "ScenarioNotFound",
    "ScenarioView",
    "Sentence",
    "SetValue",
    "Sharing",
    "SizeReach",
    "State",
    "Subject",
    "SubscriptionNotFound",
    "SubscriptionView",
    "TooManyComments",
    "TriedFigure",
    "UnactedPage",
    "UnactedParty",
    "UsedFact",
    "VersionView",
    "Window",
    "WindowLine",
    "add_document",
    "add_proposed",
    "add_to_draft",
    "adopt_item",
    "affirm_interpretation",
    "amount_bands",
    "answer_comment",
    "apply_changes",
    "ask_language_model",
    "audiences",
    "begin_file_reading",
    "begin_interpretation",
    "begin_reading",
    "begin_version",
    "benefit_kinds",
    "calculate",
    "carry_out",
    "catalogue",
    "close_consultations",
    "compare_effect",
    "compile_sources",
    "completeness",
    "completeness_of",
    "conclude_consultation",
    "consultation_on_desk",
    "consultation_rules",
    "consultations",
    "consultations_on_desk",
    "containers",
    "correct_version",
    "create_item",
    "decide_for",
    "decide_frozen",
    "decide_one",
    "disagreements",
    "discard_version",
    "documents",
    "documents_after",
    "enter_comment",
    "entitled_in_bucket",
    "evaluate",
    "example_parties",
    "feel_of",
    "findings_of",
    "follow_link",
    "freeze",
    "funding_obstacle",
    "get_consultation",
    "get_document",
    "get_item",
    "get_package",
    "get_reading",
    "get_receipt",
    "get_scenario",
    "get_scenarios",
    "get_version",
    "give_comment",
    "give_opinion",
    "interpretation_on_desk",
    "is_fundable",
    "issue_opinion",
    "issue_report",
    "item_reach",
    "items",
    "items_above",
    "items_by_region",
    "judge_finding",
    "keep_figures",
    "language_model",
    "library_changed",
    "linked_items",
    "links_of",
    "listable",
    "matched_parties",
    "matching_state",
    "may_give_opinion",
    "merge_texts",
    "missing_facts",
    "newest_items",
    "numbers_found",
    "on_differences",
    "opinion_levels",
    "opinion_summary",
    "opinions",
    "outdated_by",
    "own_opinion",
    "picture_document",
    "placed_problems",
    "plain_words",
    "plan_reminder",
    "problems_of",
    "program_of",
    "propose_item",
    "public_document",
    "public_item",
    "public_items",
    "publish_interpretation",
    "publish_item",
    "published_after",
    "published_items",
    "question_about",
    "rank_frozen",
    "rank_order",
    "reach_summaries",
    "read_comment",
    "read_document",
    "read_source",
    "reads_at_once",
    "reason_rows",
    "rebuild_library",
    "receipts_of",
    "record_evaluation",
    "redline",
    "redline_clauses",
    "redline_lines",
    "register_carried_out",
    "register_stage",
    "remarks_left",
    "rematch",
    "rematch_changed",
    "rematch_parties",
    "remind",
    "remind_of_expiry",
    "remove_picture",
    "remove_scenario",
    "reproduce",
    "restore_scenario",
    "review_on_desk",
    "reviews_of",
    "revoke_submission",
    "rows_of",
    "sandbox_answer",
    "sandbox_setting",
    "save_document",
    "save_interpretation",
    "save_scenario",
    "save_version",
    "scenario_results",
    "scenarios",
    "search_library",
    "send_digests",
    "send_packages",
    "set_picture",
    "sharing_of",
    "shown_value",
    "sources_of",
    "split_sentences",
    "states",
    "submit_version",
    "subscribe",
    "subscriptions",
    "supply_fact",
    "take_in_document",
    "take_over_figures",
    "typed_value",
    "unacted_parties",
    "unsubscribe",
    "unsubscribe_all",
    "windows_between",
    "withdraw_interpretation",
    "withdraw_item",
    "writable_drafts",
]
