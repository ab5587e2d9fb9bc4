"""Figures that were tried are written into the draft they were tried with."""

from __future__ import annotations

from datetime import datetime

from yingshang.kernel.access.api import Actor

from ...actions.write_items import save_version
from ...content import read_item
from ...editing.yaml_text import apply
from ...errors import InvalidScenario
from ..asking import prepare
from ..numbers import changes_of
from ..values import Question


def take_over_figures(*, actor: Actor, question: Question, revision: int, now: datetime) -> int:
    """Write the figures into the draft; how many were. `revision` is the one they were tried with.

    Numbers in the text, and parameters with a single value; a parameter with several periods is edited where it is
    seen which one is meant. Needs policies.author. Raises InvalidScenario where there is nothing to write or no draft,
    and what `save_version` and `apply_changes` raise.
    """
    prepared = prepare(actor=actor, question=question, now=now)
    setting = prepared.setting
    if setting.number != setting.open_number:
        raise InvalidScenario(
            f"version {setting.number} is no draft; begin a new version and try the figures there",
            message_zh=f"第 {setting.number} 版不是草稿，不能写入；请先开始新版本，再在新版本上推演",
            field="version",
        )
    changes = [] if setting.refusals else changes_of(read_item(prepared.version.source), setting.figures)
    if not changes:
        raise InvalidScenario(
            "no figure differs from the draft; move one first. A parameter with several periods is edited in the draft",
            message_zh="没有可以写入的改动，请先调整数值；分时段规定的参数请在草稿中修改",
        )
    source = apply(prepared.version.source, changes)
    save_version(actor=actor, code=question.code, source=source, revision=revision, now=now)
    return len(changes)
