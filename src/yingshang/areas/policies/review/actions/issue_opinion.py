"""The opinion of a review 审查意见书, as a PDF with the code of its receipt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import Owner, Series, document_number, generate, take_document_number
from yingshang.kernel.flow.api import CaseDetail, TaskView, case_progress
from yingshang.kernel.ledger.api import receipt_code
from yingshang.kernel.parties.api import document_codes_of

from ...actions._steps import note_version
from ...errors import ItemNotFound, NotPossibleNow
from ...models import Review
from .._steps import SUBJECT
from ..consulted import Consulted, consulted
from ..data import figures
from ..elements import completeness
from .judge_finding import VERDICTS

TEMPLATE: Final = "policy_review_opinion"
OWNER: Final = "policy_review"
DECISIONS: Final = {"passed": "通过标准化审查", "failed": "未通过标准化审查"}
CONSEQUENCES: Final = {
    "passed": "该事项可以发布。发布的内容应与通过审查的内容一致，修改后须重新审查。",
    "failed": "该事项不得发布，财政不予拨付资金。修改后可以作为新版本重新提交审查。",
}
_KINDS: Final = {"department": "部门", "association": "行业协会", "public": "社会公众"}
_LONGEST: Final = 200


@transaction.atomic
def issue_opinion(*, actor: Actor, review_id: int, now: datetime) -> int:
    """Make the opinion of a review that has ended with a decision; the number of the document. Made once: asked again,
    the same document.

    For who may see the version or works in its case. Raises ItemNotFound, NotPossibleNow, CannotTypeset.
    """
    row = (
        Review.objects.select_for_update(of=("self",))
        .select_related("version__item", "agency")
        .filter(pk=review_id)
        .first()
    )
    if row is None or not may_see_review(actor, row, now):
        raise review_not_found(review_id)
    if row.document_id is not None:
        return int(row.document_id)
    if row.state not in DECISIONS or row.ended_at is None:
        raise NotPossibleNow(
            "the review has not been decided; its opinion is made afterwards",
            message_zh="审查还没有作出决定，决定后才能出具审查意见书",
            state=row.state,
        )
    version = row.version
    case = _case_of(row, now)
    number = _take_number(row, case)
    row.opinion_event = note_version(
        version,
        "opinion_issued",
        actor=actor,
        now=now,
        after={
            "review": row.pk,
            "number": number,
            "decision": row.state,
            "digest": row.digest or version.digest,
        },
    )
    document = generate(
        actor=actor,
        template=TEMPLATE,
        context=_context(row, case, number),
        owner=Owner(OWNER, str(row.pk)),
        region_path=version.item.region_path,
        agency_id=row.agency_id,
        receipt_code=receipt_code(row.opinion_event),
        name=f"审查意见书 {version.item.code} 第{version.number}版",
        now=now,
    )
    row.document_id = document.id
    row.save(update_fields=["document_id", "opinion_event"])
    return int(document.id)


def may_see_review(actor: Actor, row: Review, now: datetime) -> bool:
    """Whether the actor may see the version of a review."""
    # The selectors read what this package's actions write.
    from ..selectors import may_see

    return may_see(actor, row.version, now)


def may_read_opinion(actor: Actor, identifier: str) -> bool:
    """Whether the document is for the actor."""
    row = Review.objects.select_related("version__item").filter(pk=int(identifier)).first()
    return row is not None and may_see_review(actor, row, timezone.now())


def review_not_found(number: object) -> ItemNotFound:
    """For who may not see it as for what is not there."""
    return ItemNotFound(f"no review {number}", message_zh="没有这次审查，或者您不能查看", value=number)


def _case_of(row: Review, now: datetime) -> CaseDetail | None:
    case = case_progress(kind=SUBJECT, identifier=str(row.version_id), now=now)
    return case if case is not None and case.case.id == row.case_id else None


def _take_number(row: Review, case: CaseDetail | None) -> str:
    """With the year of the decision: of the series of the agency that decided, by its document code; without one it is
    counted over the platform, so that no two are the same.
    """
    assert row.ended_at is not None
    year = timezone.localdate(row.ended_at).year
    series = Series.from_dict("policy_opinion", figures()["opinions"])
    decided = _decided(case)
    if decided is not None and document_codes_of([decided.agency_id])[decided.agency_id]:
        return take_document_number(series, decided.agency_id, year).words
    return document_number("", series, year, row.pk)


def _context(row: Review, case: CaseDetail | None, number: str) -> dict[str, Any]:
    """What the template is filled with."""
    version, ended = row.version, row.ended_at
    assert ended is not None
    decided = _decided(case)
    return {
        "number": number,
        "item": version.name,
        "code": version.item.code,
        "version": str(version.number),
        "issuer": version.issuer or "—",
        "agency": row.agency.name,
        "submitted": f"{row.submitted_by_name} {_moment(row.submitted_at)}",
        "case": case.case.number if case else "—",
        "digest": row.digest or version.digest,
        "steps": list(_steps(case)),
        "elements": [
            [each.name, _short(each.text) or ("缺" if each.needed else "未写")]
            for each in completeness(version)
        ],
        "findings": list(_findings(row)) or [["没有发现需要判断的提示", "—", "—", "—"]],
        "consulted": [_consulted(each) for each in consulted(row, case)],
        "fairness": _opinion(case, "fairness"),
        "legality": _opinion(case, "legality"),
        "decision": DECISIONS[row.state],
        "reason": row.reason or "—",
        "consequence": CONSEQUENCES[row.state],
        "decided_by": decided.agency_name if decided else "",
        "date": timezone.localdate(ended),
    }


def _steps(case: CaseDetail | None) -> Iterator[list[str]]:
    for each in case.tasks if case else ():
        if each.kind == "step" and each.outcome and each.ended_at:
            yield [
                f"{each.name}（{each.agency_name}）",
                each.ended_by_name,
                timezone.localdate(each.ended_at).isoformat(),
                "：".join(filter(None, (each.outcome_name, _short(each.opinion)))),
            ]


def _findings(row: Review) -> Iterator[list[str]]:
    for each in row.version.judgements.order_by("judged_at", "pk"):
        verdict = VERDICTS[each.verdict][0]
        yield [
            _short(each.text.replace("\n", "；")),
            verdict,
            _short(each.reason),
            f"{each.judged_by_name} {timezone.localdate(each.judged_at).isoformat()}",
        ]


def _consulted(each: Consulted) -> list[str]:
    days = [day.isoformat() for day in (each.since, each.until) if day]
    said = "；".join(filter(None, (each.result, _short(each.text))))
    return [each.name, _KINDS[each.kind], " 至 ".join(days) or "—", said]


def _opinion(case: CaseDetail | None, step: str) -> str:
    done = [
        each
        for each in (case.tasks if case else ())
        if each.step == step and each.kind == "step" and each.outcome
    ]
    if not done:
        return "未进行到该环节。"
    last = done[-1]
    said = f"{last.agency_name}：{last.outcome_name}。"
    return said + (f"意见：{last.opinion}" if last.opinion else "")


def _decided(case: CaseDetail | None) -> TaskView | None:
    """The step that ended it, with whose it was."""
    done = [each for each in (case.tasks if case else ()) if each.kind == "step" and each.outcome]
    return done[-1] if done else None


def _moment(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
