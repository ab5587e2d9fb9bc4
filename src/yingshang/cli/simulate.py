"""`yingshang simulate`: a draft against what is in force, over a population."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
import typer
from rich.table import Table

from yingshang.cli.files import catalogue_of_columns, parse_day, read_policies
from yingshang.cli.groupings import groupings_for, groupings_named
from yingshang.cli.match import compiled_for, open_with_types
from yingshang.cli.output import Language, humanised_yuan, messages, print_json, progress_bar, results, yuan
from yingshang.kernel.reference.subjects import open_subjects
from yingshang.rules.columns.facts import facts_of_row
from yingshang.rules.errors import PolicyError
from yingshang.rules.feel.values import Unknown
from yingshang.rules.policy.catalogue import FactCatalogue
from yingshang.rules.policy.compile import Compilation
from yingshang.rules.policy.decide import Outcome, RowEvaluator
from yingshang.rules.policy.expectation import expected_types
from yingshang.rules.policy.explain import label
from yingshang.rules.policy.population import (
    ItemSummary,
    Matching,
    group_codes,
    match_population,
    needed_columns,
)
from yingshang.rules.policy.simulation import GroupChange, ItemChange, Simulation
from yingshang.rules.policy.simulation import simulate as compare

_CHANGES_ZH = {"added": "新增", "removed": "取消", "changed": "有变化", "same": "不变"}


def simulate(
    base: Annotated[Path, typer.Argument(help="What is in force: a policy file or folder.")],
    against: Annotated[Path, typer.Option(help="The draft: a policy file or folder.")],
    subjects: Annotated[Path, typer.Option(help="A .parquet, .csv or .xlsx file.")],
    by: Annotated[
        str | None,
        typer.Option(
            help="Breakdowns, comma-separated: region, industry, size, ownership or any column; "
            "region, industry and size if left out, as far as the file has them."
        ),
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="The day to decide on; today if left out.")] = None,
    budget: Annotated[
        str | None, typer.Option(help="The budget in yuan; the sum of the draft's own budgets if left out.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="A folder for simulation.html and simulation.json.", file_okay=False)
    ] = None,
    catalogue: Annotated[
        Path | None, typer.Option(help="A catalogue of facts, if none is among the policies.")
    ] = None,
    id_column: Annotated[str | None, typer.Option("--id", help="The column that holds the id.")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    language: Annotated[Language, typer.Option("--language", help="zh or en.")] = Language.CHINESE,
) -> None:
    """Hold a draft against what is in force: who gains, who loses, cost as [certain, possible], by group, against
    the budget, and which facts leave it open.

    Example: `yingshang simulate examples/policies/P032.yaml --against draft.yaml --subjects city.parquet
    --by region,size --out simulation`
    """
    day = parse_day(as_of)
    asked_budget = _yuan(budget)
    sets = [read_policies([path], catalogue) for path in (base, against)]
    shared = sets[0].catalogue or sets[1].catalogue
    if shared is not None:
        used, data = shared, open_subjects(subjects, catalogue=shared, id_column=id_column, year=day.year)
        compiled = [compiled_for(each, used, day) for each in sets]
    else:
        used = catalogue_of_columns(open_subjects(subjects, id_column=id_column))
        compiled = [compiled_for(each, used, day) for each in sets]
        types = expected_types([program for each in compiled for program in each.programs])
        data = open_with_types(subjects, id_column, types)
    for each, path in zip(compiled, (base, against), strict=True):
        if not each.programs:
            reason = f": {each.problems[0]}" if each.problems else ""
            raise PolicyError(
                f"{path} holds no item that can be used{reason}", message_zh=f"{path} 中没有可用的事项"
            )
    groupings = (
        groupings_for(data.columns) if by is None else groupings_named(by, data.columns, used, day.year)
    )
    wanted = {*needed_columns(compiled[0].programs), *needed_columns(compiled[1].programs), data.id_column}
    wanted |= {each.column for each in groupings}
    with progress_bar("reading 读取", None, quiet=json_output):
        batches = list(data.batches(columns=[name for name in data.columns if name in wanted]))
    matchings = []
    for each in compiled:
        with progress_bar(
            "matching 匹配", sum(batch.num_rows for batch in batches), quiet=json_output
        ) as advance:
            matchings.append(
                match_population(
                    each.programs, batches, details=True, threads=os.cpu_count(), progress=advance
                )
            )
    groups = {}
    for grouping in groupings:
        codes, found = group_codes(grouping, batches)
        groups[grouping.name] = (codes, [(group.key, group.label) for group in found])
    simulation = compare(matchings[0], matchings[1], groups)
    names = _subject_names(batches, data.id_column)
    reasons = _Reasons(compiled, used, batches)
    limit = asked_budget if asked_budget is not None else _budget(compiled[1])
    summary = _summary(
        simulation,
        compiled,
        used,
        str(day),
        str(base),
        str(against),
        names,
        limit,
        data.rejected_rows,
        reasons,
    )
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "simulation.json").write_text(json.dumps(summary, ensure_ascii=False, indent=2), "utf-8")
        from yingshang.web.reports.simulation_report import render_simulation_report

        (out / "simulation.html").write_text(render_simulation_report(summary), "utf-8")
    if json_output:
        print_json(summary)
    else:
        _print(summary, language)
        if out is not None:
            messages.print(f"→ {out / 'simulation.html'}", markup=False)


class _Reasons:
    """Why a subject was not entitled in one of the versions: the conditions that were in the way."""

    def __init__(
        self, compiled: Sequence[Compilation], catalogue: FactCatalogue, batches: Sequence[pa.RecordBatch]
    ) -> None:
        self.programs = [{program.id: program for program in each.programs} for each in compiled]
        self.evaluators = [RowEvaluator(each.programs, catalogue) for each in compiled]
        self.batches = batches

    def why(self, version: int, item: str, row: int) -> str:
        """The texts of the conditions that failed or stayed open, for the row of the whole population."""
        program = self.programs[version].get(item)
        if program is None:
            return ""
        for batch in self.batches:
            if row < batch.num_rows:
                break
            row -= batch.num_rows
        facts = {
            name: value for name, value in facts_of_row(batch, row).items() if value.__class__ is not Unknown
        }
        reason = self.evaluators[version].decide(program, facts).reason
        return "；".join(part.clause.text for part in reason.parts if part.outcome is not Outcome.TRUE)


def _yuan(text: str | None) -> Decimal | None:
    """An amount given on the command line."""
    if text is None:
        return None
    try:
        amount = Decimal(text.replace(",", ""))
    except ArithmeticError:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0 or amount.adjusted() > 20:
        raise typer.BadParameter(f"--budget {text!r} is no amount; write yuan, as 100000")
    return amount


def _budget(compiled: Compilation) -> Decimal | None:
    budgets = [each.budget for each in compiled.programs if each.budget is not None]
    return sum(budgets, Decimal(0)) if budgets else None


def _subject_names(batches: Sequence[pa.RecordBatch], id_column: str) -> pa.ChunkedArray:
    return pa.chunked_array(
        [each.column(each.schema.get_field_index(id_column)) for each in batches], pa.string()
    )


def _summary(
    simulation: Simulation,
    compiled: Sequence[Compilation],
    catalogue: FactCatalogue,
    day: str,
    base: str,
    draft: str,
    names: pa.ChunkedArray,
    budget: Decimal | None,
    rejected: int,
    reasons: _Reasons,
) -> dict[str, Any]:
    certain, possible = simulation.draft.total_certain_fen, simulation.draft.total_possible_fen
    return {
        "as_of": day,
        "base": base,
        "draft": draft,
        "subjects": simulation.subjects,
        "rejected_rows": rejected,
        "totals": {
            "base": _total(simulation.base),
            "draft": _total(simulation.draft),
            "gain": sum(each.gain for each in simulation.items),
            "lose": sum(each.lose for each in simulation.items),
            "up": sum(each.up for each in simulation.items),
            "down": sum(each.down for each in simulation.items),
            "now_undecided": sum(each.now_undecided for each in simulation.items),
        },
        "budget": None
        if budget is None
        else {
            "amount": f"{budget:.2f}",
            "certain": yuan(certain),
            "possible": yuan(possible),
            "within": "certainly"
            if possible <= budget * 100
            else "possibly"
            if certain <= budget * 100
            else "not",
        },
        "items": [_item(each) for each in simulation.items],
        "by": {name: [_group(each) for each in groups] for name, groups in simulation.groups.items()},
        "missing": _missing(simulation, catalogue),
        "examples": {
            key: [
                {
                    "subject": names[row].as_py(),
                    "item": each.id,
                    "name": each.name,
                    "before": f"{was} {yuan(low)}",
                    "after": f"{now} {yuan(high)}",
                    "reason": reasons.why(0 if key == "gain" else 1, each.id, row),
                }
                for each in simulation.items
                for row, was, now, low, high in (each.gain_examples if key == "gain" else each.lose_examples)
            ][:40]
            for key in ("gain", "lose")
        },
        "problems": [problem.as_dict() for each in compiled for problem in each.problems],
    }


def _total(matching: Matching) -> dict[str, Any]:
    return {
        "entitled": sum(each.entitled for each in matching.items),
        "undecided": sum(each.undecided for each in matching.items),
        "refused": sum(each.refused for each in matching.items),
        "errors": sum(each.errors for each in matching.items),
        "entitled_subjects": int(
            np.unique(np.concatenate([each.rows[each.entitled] for each in matching.rows_of])).size
        )
        if matching.rows_of
        else 0,
        "amount_certain": yuan(matching.total_certain_fen),
        "amount_possible": yuan(matching.total_possible_fen),
    }


def _side(summary: ItemSummary | None) -> dict[str, Any]:
    if summary is None:
        return {
            "entitled": 0,
            "undecided": 0,
            "refused": 0,
            "errors": 0,
            "amount_certain": "0.00",
            "amount_possible": "0.00",
            "amount_unknown": 0,
        }
    return {
        "entitled": summary.entitled,
        "undecided": summary.undecided,
        "refused": summary.refused,
        "errors": summary.errors,
        "amount_certain": yuan(summary.certain_fen),
        "amount_possible": yuan(summary.possible_fen),
        "amount_unknown": summary.amount_unknown,
    }


def _item(change: ItemChange) -> dict[str, Any]:
    program = (change.draft or change.base).program  # type: ignore[union-attr]
    return {
        "id": change.id,
        "name": change.name,
        "change": change.change,
        "base": _side(change.base),
        "draft": _side(change.draft),
        "gain": change.gain,
        "lose": change.lose,
        "up": change.up,
        "down": change.down,
        "now_undecided": change.now_undecided,
        "budget": None if program.budget is None else f"{program.budget:.2f}",
    }


def _group(group: GroupChange) -> dict[str, Any]:
    return {
        "key": group.key,
        "name": group.label,
        "base_certain": yuan(group.base_certain),
        "draft_certain": yuan(group.draft_certain),
        "base_possible": yuan(group.base_possible),
        "draft_possible": yuan(group.draft_possible),
        "gain": group.gain,
        "lose": group.lose,
    }


def _missing(simulation: Simulation, catalogue: FactCatalogue) -> list[dict[str, Any]]:
    counts: dict[str, list[int]] = {}
    for side, matching in enumerate((simulation.base, simulation.draft)):
        for each in matching.items:
            for name, count in each.missing.items():
                counts.setdefault(name, [0, 0])[side] += count
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1][1], -pair[1][0], pair[0]))[:40]
    found = []
    for name, (before, after) in ordered:
        fact = catalogue.fact_of_column(name)
        found.append(
            {
                "fact": name,
                "name": label(catalogue, name),
                "agency": fact.agency if fact else None,
                "base": before,
                "draft": after,
            }
        )
    return found


def _print(summary: dict[str, Any], language: Language) -> None:
    chinese = language is Language.CHINESE
    titles = (
        (
            "事项",
            "名称",
            "变化",
            "新增受益",
            "不再受益",
            "金额增加",
            "金额减少",
            "草案确定金额",
            "草案可能金额",
        )
        if chinese
        else ("Item", "Name", "Change", "Gain", "Lose", "Up", "Down", "Draft certain", "Draft possible")
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, title in enumerate(titles):
        table.add_column(title, justify="left" if index < 3 else "right", no_wrap=index != 1)
    for each in summary["items"]:
        table.add_row(
            each["id"],
            each["name"],
            _CHANGES_ZH[each["change"]] if chinese else each["change"],
            *(f"{each[key]:,}" for key in ("gain", "lose", "up", "down")),
            *(
                humanised_yuan(round(Decimal(each["draft"][key]) * 100))
                for key in ("amount_certain", "amount_possible")
            ),
        )
    results.print(table)
    before, after = summary["totals"]["base"], summary["totals"]["draft"]

    def span(side: dict[str, Any], version: str) -> str:
        low, high = (
            humanised_yuan(round(Decimal(side[key]) * 100)) for key in ("amount_certain", "amount_possible")
        )
        unknown = sum(each[version]["amount_unknown"] for each in summary["items"])
        told = f"另有 {unknown:,} 笔尚无上限" if chinese else f"and {unknown:,} without a known upper end"
        return f"[{low}, {high}]" + (f"（{told}）" if unknown else "")

    results.print(
        f"\n{'现行' if chinese else 'In force'} {span(before, 'base')} → "
        f"{'草案' if chinese else 'draft'} {span(after, 'draft')}",
        markup=False,
    )
    if summary["budget"]:
        words = {"certainly": "肯定不超", "possibly": "可能超出", "not": "肯定超出"}
        verdict = words[summary["budget"]["within"]] if chinese else f"within: {summary['budget']['within']}"
        amount = humanised_yuan(round(Decimal(summary["budget"]["amount"]) * 100))
        results.print(f"{'预算' if chinese else 'Budget'} {amount}：{verdict}", markup=False)
    for problem in summary["problems"]:
        detail = problem["message_zh" if chinese else "message"]
        messages.print(
            f"{problem['file']}:{problem['line']}: {problem['item'] or ''}: {detail}",
            style="red",
            markup=False,
        )
