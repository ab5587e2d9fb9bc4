"""What the sandbox came to is kept under a name."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from ...errors import InvalidScenario
from ...models import ItemVersion, SandboxScenario
from ..asking import LONG_WAIT, Prepared, answer_to, prepare, smallest_place
from ..parameters import Dial
from ..selectors import maker
from ..values import Answer, Question, Setting
from ._steps import note_scenario

LONGEST_NAME = 80


def save_scenario(
    *, actor: Actor, question: Question, name: str, now: datetime, wait: float = LONG_WAIT
) -> int:
    """Compute and keep; the number of the scenario. Needs policies.view_drafts.

    Raises ItemNotFound, and InvalidScenario when there is nothing to keep or no name.
    """
    prepared = prepare(actor=actor, question=question, now=now)
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > LONGEST_NAME:
        raise InvalidScenario(
            f"name the scenario in at most {LONGEST_NAME} characters, as 门槛 20 人",
            message_zh=f"请填写方案名称，不超过 {LONGEST_NAME} 个字，例如：门槛 20 人",
            field="name",
        )
    # Computed outside the transaction, which would stay open meanwhile.
    answer = answer_to(prepared, actor, question, wait)
    if answer.outcome is None:
        raise InvalidScenario(
            "there is no result to keep yet; wait until the figures are there",
            message_zh="推演结果尚未算出，请在结果出现后再保存",
        )
    return _keep(actor, prepared, answer, cleaned, now)


@transaction.atomic
def _keep(actor: Actor, prepared: Prepared, answer: Answer, name: str, now: datetime) -> int:
    assert answer.outcome is not None and answer.facts_at is not None
    setting = prepared.setting
    version = ItemVersion.objects.select_related("item").get(pk=prepared.version.id)
    row = SandboxScenario.objects.create(
        item=version.item,
        version=version,
        digest=prepared.version.digest,
        name=name,
        day=setting.day,
        parameters=[
            *(_tried(each, setting) for each in setting.dials),
            *(_tried(each, setting) for each in setting.written if each.name in setting.figures),
        ],
        region_path=smallest_place(prepared.place),
        places=list(prepared.places),
        facts_at=answer.facts_at,
        outcome=answer.outcome.as_dict(),
        created_at=now,
        created_by=maker(actor),
        created_by_name=actor.name,
    )
    note_scenario(
        row,
        "saved",
        actor=actor,
        now=now,
        after={
            "name": name,
            "version": version.number,
            "figures": {key: str(value) for key, value in sorted(setting.figures.items())},
            "entitled": answer.outcome.side.entitled,
            "certain": answer.outcome.side.certain,
        },
    )
    return int(row.pk)


def _tried(dial: Dial, setting: Setting) -> dict[str, str]:
    present = dial.words if dial.value is None else f"{dial.value:f}"
    value = setting.figures.get(dial.name)
    return {
        "name": dial.name,
        "unit": dial.unit,
        "present": present,
        "value": present if value is None else f"{value:f}",
        "label": dial.label,
    }
