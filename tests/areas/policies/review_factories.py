"""Situations of the review: a version handed in, one the public comments on, one that has passed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.areas.policies.factories import author, hiring, written_item
from tests.kept import kept
from tests.kernel.access.factories import HARBIN, NOW, SYSTEM, Person, arranged, official
from yingshang.areas.policies.api import (
    answer_comment,
    close_consultations,
    conclude_consultation,
    give_comment,
    submit_version,
)
from yingshang.areas.policies.models import Consultation, ConsultationComment, ItemVersion, Review
from yingshang.kernel.access.api import VISITOR
from yingshang.kernel.clock import api as clock
from yingshang.kernel.flow import api as flow

LATER = NOW + timedelta(days=40)
STEPS = ("completeness", "consult", "publicise", "fairness", "legality", "decide")

COMPLETE = hiring().replace(
    "issuer: ", "document: {title: 关于支持企业吸纳就业的若干措施, issuer: 演示机关}\nissuer: ", 1
)
"""A source that says every needed element."""


@dataclass(frozen=True)
class Reviewers:
    """Who reviews a version of Harbin, by lane, and who wrote it."""

    author: Person
    drafting: Person
    market: Person
    justice: Person
    deciding: Person

    def of(self, step: str) -> Person:
        """Who does a step."""
        return {
            "completeness": self.drafting,
            "consult": self.drafting,
            "publicise": self.drafting,
            "fairness": self.market,
            "legality": self.justice,
            "decide": self.deciding,
        }[step]


@kept
def reviewers() -> Reviewers:
    """The officials, and the flow they work by."""
    for room in (clock, flow):
        room.load_defaults(actor=SYSTEM, region_path="23", now=NOW)
    return Reviewers(
        author(),
        official("department_official", HARBIN),
        official("department_official", HARBIN, "market-regulation"),
        official("department_official", HARBIN, "justice"),
        official("department_official", HARBIN, "business-environment"),
    )


@kept
def submitted_item(code: str = "HIRING", *, source: str | None = None, now: datetime = NOW) -> Reviewers:
    """A version that was handed in just now, and who reviews it."""
    people = reviewers()
    written_item(code, source=source or COMPLETE.replace("HIRING", code))
    submit_version(
        actor=people.author.actor(now),
        code=code,
        explanation="稳定就业",
        departments=["哈尔滨市财政局"],
        associations=["演示行业协会"],
        now=now,
    )
    return people


def task_of(code: str, step: str) -> int:
    """The open task of the version at a step."""
    row = version(code)
    detail = flow.case_progress(kind="policy_version", identifier=str(row.pk), now=NOW)
    assert detail is not None
    return next(task.id for task in detail.tasks if task.open and task.step == step)


def done(
    people: Reviewers, code: str, step: str, outcome: str, *, now: datetime = NOW, opinion: str = ""
) -> None:
    """Somebody completes a step."""
    flow.complete_task(
        actor=people.of(step).actor(now),
        task_id=task_of(code, step),
        outcome=outcome,
        opinion=opinion,
        now=now,
    )


@kept
def public_item(code: str = "HIRING", **more: str) -> tuple[Reviewers, Consultation]:
    """A version the public comments on."""
    people = submitted_item(code, **more)
    done(people, code, "completeness", "complete")
    return people, Consultation.objects.get(version=version(code))


def commented(consultation: Consultation, *, text: str = "建议放宽到5人。", now: datetime = NOW) -> int:
    """A comment of a visitor."""
    return give_comment(
        actor=VISITOR,
        consultation_id=consultation.pk,
        kind="citizen",
        name="演示用户",
        text=text,
        address="192.0.2.1",
        now=now,
    )


@kept
def consulted_item(code: str = "HIRING", **more: str) -> Reviewers:
    """A version whose comments were answered; the fairness review has it."""
    people, consultation = public_item(code, **more)
    number = commented(consultation)
    close_consultations(actor=SYSTEM, now=LATER)
    who = people.drafting.actor(LATER)
    answer_comment(
        actor=who,
        consultation_id=consultation.pk,
        number=number,
        verdict="not_adopted",
        answer="资金有限",
        now=LATER,
    )
    conclude_consultation(actor=who, consultation_id=consultation.pk, summary="共1条意见。", now=LATER)
    done(people, code, "consult", "consulted", now=LATER)
    done(people, code, "publicise", "concluded", now=LATER)
    return people


@kept
def item_before_decision(code: str = "HIRING", **more: str) -> Reviewers:
    """A version that only waits for the decision."""
    people = consulted_item(code, **more)
    done(people, code, "fairness", "fair", now=LATER)
    done(people, code, "legality", "lawful", now=LATER)
    return people


@kept
def passed_item(code: str = "HIRING", **more: str) -> Reviewers:
    """A version that has passed the review."""
    people = item_before_decision(code, **more)
    done(people, code, "decide", "passed", now=LATER)
    return people


@kept
def returned_item(code: str = "HIRING") -> Reviewers:
    """A version sent back to its author."""
    people = submitted_item(code)
    flow.return_case(
        actor=people.drafting.actor(),
        task_id=task_of(code, "completeness"),
        what=["补充政策依据"],
        now=NOW,
    )
    return people


def version(code: str = "HIRING") -> ItemVersion:
    """The newest version as it is now."""
    return ItemVersion.objects.filter(item__code=code).select_related("item").order_by("-number")[0]


def standing_consultation(row: ItemVersion, agency_id: int) -> int:
    """A consultation with one comment on a version, whatever state that is in: for who may open what."""
    with arranged():
        review = Review.objects.create(
            version=row, agency_id=agency_id, state="revoked", submitted_at=NOW, submitted_by_name="演示人员"
        )
        found = Consultation.objects.create(
            review=review,
            version=row,
            title=f"关于“{row.name}”公开征求意见",
            source=row.source,
            digest=row.digest,
            region_path=row.item.region_path,
            article="《优化营商环境条例》第六十二条",
            opened_at=NOW,
            closes_on=(NOW + timedelta(days=3650)).date(),
        )
        ConsultationComment.objects.create(
            consultation=found,
            number=1,
            kind="citizen",
            author_name="演示用户",
            text="意见",
            public_name="演***",
            public_text="意见",
            given_at=NOW,
        )
    return int(found.pk)
