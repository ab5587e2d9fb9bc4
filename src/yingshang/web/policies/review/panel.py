"""The version as its case shows it: what it says, what is found, what was said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy

from yingshang.areas.policies.api import FINDING_VERDICTS, ReviewOnDesk, review_on_desk, states
from yingshang.kernel.access.api import Actor
from yingshang.web.desk.subjects import register_subject
from yingshang.web.words import in_language

SUBJECT = "policy_version"
TONES = {"": "warn", "unfounded": "good", "justified": "good", "must_change": "bad"}


def finding_rows(found: ReviewOnDesk) -> list[dict[str, Any]]:
    """Findings in the words of the reader, those without a judgement first."""
    rows = []
    for each in found.findings:
        finding = each.finding
        words = FINDING_VERDICTS.get(each.verdict)
        rows.append(
            {
                "key": finding.key,
                "group": finding.group,
                "title": in_language(finding.title, finding.title_en),
                "text": in_language(finding.text, finding.text_en),
                "article": finding.article,
                "excerpt": finding.excerpt if finding.group == "fairness" else "",
                "other": finding.other_code,
                "verdict": each.verdict,
                "verdict_words": in_language(*words) if words else "",
                "tone": TONES[each.verdict],
                "reason": each.reason,
                "by": each.judged_by_name,
                "at": each.judged_at,
            }
        )
    return sorted(rows, key=lambda row: bool(row["verdict"]))


WHO = {
    "department": gettext_lazy("部门"),
    "association": gettext_lazy("行业协会"),
    "public": gettext_lazy("社会公众"),
}


def consulted_rows(found: ReviewOnDesk) -> list[dict[str, Any]]:
    """Who was asked, for how long, and what came of it, in the words of the reader."""
    return [
        {
            "kind": WHO[each.kind],
            "name": "" if each.kind == "public" else each.name,
            "since": each.since,
            "until": each.until,
            "answered": each.answered,
            "result": in_language(each.result, each.result_en),
            "text": each.text,
            "answer": each.answer,
            "consultation": each.consultation_id,
        }
        for each in found.consulted
    ]


def panel(actor: Actor, identifier: str) -> Mapping[str, Any]:
    """What the panel shows. Raises ItemNotFound for who may not see it."""
    found = review_on_desk(actor=actor, version_id=int(identifier), now=timezone.now())
    state = states()[found.version.state]
    opinions = []
    if found.case is not None:
        opinions = [
            (
                in_language(each.name, each.name_en),
                in_language(each.outcome_name, each.outcome_name_en),
                each.agency_name,
                each.opinion,
            )
            for each in found.case.tasks
            if each.outcome and each.kind == "step"
        ]
    return {
        "desk": found,
        "version": found.version,
        "code": found.version.code,
        "state": {"words": in_language(state.name, state.name_en), "tone": state.tone},
        "elements": found.elements,
        "lacking": sum(each.lacking for each in found.elements),
        "present": sum(each.present for each in found.elements),
        "findings": finding_rows(found),
        "consulted": consulted_rows(found),
        "verdicts": [(code, in_language(*words)) for code, words in FINDING_VERDICTS.items()],
        "judging": found.may_judge,
        "may_open": actor.may("policies.view_drafts"),
        "may_answer": actor.may("policies.answer_comments"),
        "opinions": opinions,
    }


register_subject(SUBJECT, template="policies/review/panel.html", context=panel)
