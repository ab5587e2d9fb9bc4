"""The report of a scenario for the decision file, as a PDF with the code of its receipt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import Owner, generate
from yingshang.kernel.ledger.api import receipt_code

from ..selectors import OWNER, scenario_not_found, scenario_view
from ..values import GroupRow, Outcome, ScenarioView
from ._steps import load_scenario, note_scenario

TEMPLATE: Final = "policy_sandbox_report"
MOST_ROWS: Final = 15
NATURAL: Final = {"size": ("大型", "中型", "小型", "微型"), "age": ("0", "1", "2", "3", "4", "5")}
_VERDICTS: Final = {"certainly": "肯定不超", "possibly": "可能超出", "not": "肯定超出"}
_TEN_THOUSAND_YUAN: Final = 1_000_000
_CENT: Final = Decimal("0.01")


@transaction.atomic
def issue_report(*, actor: Actor, scenario_id: int, now: datetime) -> int:
    """Make the report; the number of the document. Made once: asked again, the same document.

    Needs policies.view_drafts. Raises ScenarioNotFound, CannotTypeset.
    """
    row = load_scenario(actor, scenario_id)
    if row.removed_at is not None:
        raise scenario_not_found(scenario_id)
    if row.document_id is not None:
        return int(row.document_id)
    scenario = scenario_view(row)
    row.report_event = note_scenario(
        row, "reported", actor=actor, now=now, after={"name": row.name, "digest": row.digest}
    )
    document = generate(
        actor=actor,
        template=TEMPLATE,
        context=context_of(scenario, now),
        owner=Owner(OWNER, str(row.pk)),
        region_path=row.item.region_path,
        agency_id=row.item.agency_id,
        receipt_code=receipt_code(row.report_event),
        name=f"{row.item.code} {row.name}",
        now=now,
    )
    row.document_id = document.id
    row.save(update_fields=["document_id", "report_event"])
    return int(document.id)


def context_of(scenario: ScenarioView, now: datetime) -> dict[str, Any]:
    """What the template is filled with. Pure but for the time zone."""
    outcome = scenario.outcome
    side, base = outcome.side, outcome.base
    return {
        "item": scenario.item_name,
        "code": scenario.code,
        "version": scenario.number,
        "base": f"现行第 {outcome.base_number} 版" if base and outcome.base_number else "尚无已发布的版本",
        "scenario": scenario.name,
        "day": scenario.day,
        "places": "、".join(scenario.places),
        "facts_at": scenario.facts_at,
        "subjects": f"{outcome.subjects:,}",
        "parameters": [
            [each.title, _with_unit(each.present, each.unit), _with_unit(each.value, each.unit)]
            for each in scenario.parameters
        ],
        "results": _results(outcome),
        "gain": f"{outcome.gain:,}",
        "lose": f"{outcome.lose:,}",
        "budget": "" if outcome.budget is None else _money(outcome.budget),
        "verdict": _VERDICTS.get(outcome.within, ""),
        "errors": _errors(side.errors + side.amount_errors),
        **{f"by_{name}": _rows(rows, NATURAL.get(name)) for name, rows in outcome.by.items()},
        "missing": [
            [each.name, each.agency or "—", f"{each.open:,}", f"{each.alone:,}"] for each in outcome.missing
        ],
        "maker": scenario.created_by_name,
        "date": timezone.localdate(now),
    }


def _errors(count: int) -> str:
    if not count:
        return ""
    return f"有 {count:,} 户企业的条件或金额无法计算（例如除数为零），未计入符合或者金额，请先修改公式。"


def _results(outcome: Outcome) -> list[list[str]]:
    lines: Sequence[tuple[str, str]] = (
        ("符合", "entitled"),
        ("待定", "undecided"),
        ("不符合", "refused"),
        ("无法计算", "errors"),
        ("确定金额", "certain"),
        ("可能金额", "possible"),
        ("金额尚无上限的户数", "amount_unknown"),
    )
    found = []
    for words, name in lines:
        write = _money if name in ("certain", "possible") else _count
        here = getattr(outcome.side, name)
        before = "—" if outcome.base is None else write(getattr(outcome.base, name))
        if here or name not in ("errors", "amount_unknown"):
            found.append([words, write(here), before])
    return found


def _rows(rows: Sequence[GroupRow], natural: Sequence[str] | None) -> list[list[str]]:
    """The groups that cost most, and all others together; or in the order in which they follow one another."""
    ordered = sorted(rows, key=lambda each: (-each.possible, -each.entitled, -each.subjects, each.key))
    if natural is not None:
        ordered.sort(key=lambda each: natural.index(each.key) if each.key in natural else len(natural))
    found = [
        [
            each.label,
            _count(each.subjects),
            _count(each.entitled),
            _money(each.certain),
            _money(each.possible),
        ]
        for each in ordered[:MOST_ROWS]
    ]
    others = ordered[MOST_ROWS:]
    if others:
        sums = [sum(getattr(each, name) for each in others) for name in ("subjects", "entitled")]
        money = [sum(getattr(each, name) for each in others) for name in ("certain", "possible")]
        found.append([f"其他 {len(others)} 组", *map(_count, sums), *map(_money, money)])
    return found


def _count(number: int) -> str:
    return f"{number:,}"


def _money(fen: int) -> str:
    return f"{(Decimal(fen) / _TEN_THOUSAND_YUAN).quantize(_CENT):,f}"


def _with_unit(value: str, unit: str) -> str:
    return f"{value} {unit}".strip() if value else "—"
