"""Learn from the platform's own closed appeals who deals with what, and take it into use where it is no worse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Q, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone

from yingshang.kernel.access.api import Actor, NotAllowed
from yingshang.kernel.ledger.api import Target, record

from ...models import Appeal, LearnedModel
from ...reach import DISPATCH
from ..figures import train
from ..parameters import settings
from ..topics import topics


@dataclass(frozen=True, slots=True)
class Learned:
    """A model that was made: of how many cases, with which figures, and whether it is used from now on."""

    number: int
    cases: int
    used: bool
    figures: Mapping[str, Any]
    note: str


def learn(*, actor: Actor, now: datetime) -> Learned | None:
    """A model of the newest closed appeals, with the figures of those held out. None where there are too few, or none
    was closed since the last one was made.

    It is taken into use unless its figures are worse than those of the one in use by more than the settings allow; the
    figures of either are those of the newest cases of its day. Reading and learning take their time outside the
    transaction that keeps it. What was said everywhere is read for it: the platform's own. Raises NotAllowed.
    """
    if not actor.require(DISPATCH).everywhere:
        raise NotAllowed(
            "a model is learned from the appeals of the whole platform, by the platform itself",
            message_zh="派单模型由平台从全部已办结诉求中学习，请等待夜间任务",
            permission=DISPATCH,
        )
    parts = settings().learned
    last = LearnedModel.objects.order_by("-number").values_list("made_at", flat=True).first()
    closed = Appeal.objects.filter(state="closed", closed_at__isnull=False).annotate(
        about=Coalesce(NullIf("topic", Value("")), F("main__topic"))
    )
    known = closed.filter(about__in=list(topics()))
    if last is not None and not known.filter(closed_at__gt=last).exists():
        return None
    rows = known.order_by("-closed_at", "-pk").values_list("title", "text", "about")
    newest = list(rows[: parts.most_cases].iterator(chunk_size=2000))
    if len(newest) < parts.least_cases:
        return None
    cases = [(f"{title}\n{text}", topic) for title, text, topic in reversed(newest)]
    model = train(cases, day=timezone.localdate(now))
    content = model.to_bytes()
    with transaction.atomic():
        rows_locked = LearnedModel.objects.select_for_update()
        used = rows_locked.filter(used=True).order_by("-number").first()
        better, note = _compared(model.figures, used)
        number = (LearnedModel.objects.aggregate(most=Max("number"))["most"] or 0) + 1
        row = LearnedModel.objects.create(
            number=number,
            cases=model.cases,
            figures=dict(model.figures),
            content=content,
            used=better,
            note=note,
            made_at=now,
        )
        _let_go(row if better else used or row, parts.kept)
        record(
            actor=actor,
            action="appeals.model_learned",
            target=Target("learned_model", str(row.pk), f"派单模型 {number}"),
            now=now,
            before={"used": used.number if used else None},
            after={
                "used": number if better else (used.number if used else None),
                "cases": model.cases,
                "top1": model.figures["top1"],
                "top3": model.figures["top3"],
                "held_out": model.figures["count"],
            },
            reason=note,
        )
    return Learned(number, model.cases, better, model.figures, note)


def _compared(figures: Mapping[str, Any], used: LearnedModel | None) -> tuple[bool, str]:
    """Whether a new model is taken into use, and why, for whoever looks after it."""
    share = f"{figures['top1']:.1%}"
    if used is None:
        return True, f"首个派单模型：留出检验首选命中 {share}"
    before = float(used.figures.get("top1", 0.0))
    if figures["top1"] + settings().learned.worse_by < before:
        return False, f"未采用：留出检验首选命中 {share}，低于在用模型 {used.number} 的 {before:.1%}"
    return True, f"采用：留出检验首选命中 {share}，此前模型 {used.number} 为 {before:.1%}"


def _let_go(in_use: LearnedModel, kept: int) -> None:
    """Only one is used; of old ones the weights go, the figures stay."""
    LearnedModel.objects.filter(used=True).exclude(pk=in_use.pk).update(used=False)
    newest = list(LearnedModel.objects.order_by("-number").values_list("pk", flat=True)[:kept])
    old = LearnedModel.objects.exclude(Q(pk__in=newest) | Q(pk=in_use.pk))
    old.exclude(content=b"").update(content=b"")
