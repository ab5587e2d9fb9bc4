"""`yingshang match`: every item for every subject of a file."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import typer
from rich.table import Table

from yingshang.cli.files import catalogue_of_columns, parse_day, read_policies
from yingshang.cli.groupings import groupings_for
from yingshang.cli.output import (
    EXIT_FOUND,
    Language,
    humanised_yuan,
    messages,
    print_json,
    progress_bar,
    results,
    yuan,
)
from yingshang.kernel.reference.subjects import SubjectsFile, open_subjects
from yingshang.rules.errors import PolicyError
from yingshang.rules.feel.temporal import Date
from yingshang.rules.policy.catalogue import Fact, FactCatalogue
from yingshang.rules.policy.compile import Compilation, compile_items
from yingshang.rules.policy.document import PolicySet
from yingshang.rules.policy.expectation import expected_types
from yingshang.rules.policy.explain import label
from yingshang.rules.policy.population import NOTES, ItemSummary, Matching, match_population, needed_columns

_REPORTED_REJECTS = 50
# Up to here it is worked out along the way which facts are lacking; beyond, that takes as long as deciding: with --out.
_SURVEYED_DECISIONS = 50_000_000


def match(
    policies: Annotated[list[Path], typer.Argument(help="Policy files, or folders of them.")],
    subjects: Annotated[Path, typer.Option(help="A .parquet, .csv or .xlsx file, a row a subject.")],
    as_of: Annotated[
        str | None, typer.Option(help="The day to decide on, as 2026-11-21; today if left out.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="A folder for results.parquet, summary.json, rejects.csv (if any) and report.html.",
            file_okay=False,
        ),
    ] = None,
    catalogue: Annotated[
        Path | None, typer.Option(help="A catalogue of facts, if none is among the policies.")
    ] = None,
    id_column: Annotated[
        str | None, typer.Option("--id", help="The column that holds the id, if it is not `subject`.")
    ] = None,
    include_refused: Annotated[
        bool,
        typer.Option(help="Write refused pairs to results.parquet too; a pair that is not there is refused."),
    ] = True,
    threads: Annotated[
        int | None, typer.Option(min=1, help="How many threads; as many as cores if left out.")
    ] = None,
    strict: Annotated[bool, typer.Option(help="Exit code 1 if a policy or a row could not be used.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    language: Annotated[Language, typer.Option("--language", help="zh or en.")] = Language.CHINESE,
) -> None:
    """Match policies against subjects: entitled, not, or cannot say yet, for every one of them, and the cost.

    A policy that does not compile is named and leaves the others alone; so is a row that cannot be read.

    Examples:

    `yingshang match examples/policies --subjects city.parquet --as-of 2026-11-21`

    `yingshang match policy.yaml --subjects firms.csv --id 统一社会信用代码 --out report`
    """
    day = parse_day(as_of)
    started = time.perf_counter()
    prepared = prepare(read_policies(policies, catalogue), subjects, id_column, day)
    compiled, data, used = prepared.compiled, prepared.data, prepared.catalogue
    if not compiled.programs:
        first = compiled.problems[0] if compiled.problems else None
        raise PolicyError(
            f"no item can be used; {first}" if first else "these files hold no items",
            message_zh=f"没有可用的事项；{first.place}：{first.message_zh}" if first else "文件中没有事项",
        )
    with progress_bar("reading 读取", None, quiet=json_output) as advance:
        batches = _read(data, _columns_to_read(compiled, data), advance)
    load_seconds = time.perf_counter() - started
    rows = sum(batch.num_rows for batch in batches)
    loaded = time.perf_counter()
    with progress_bar("matching 匹配", rows, quiet=json_output) as advance:
        matching = match_population(
            compiled.programs,
            batches,
            groupings=groupings_for(data.columns) if out is not None else (),
            details=out is not None,
            survey_facts=rows * len(compiled.programs) <= _SURVEYED_DECISIONS,
            threads=threads or os.cpu_count(),
            progress=advance,
        )
    evaluate_seconds = time.perf_counter() - loaded
    summary = summarise(
        matching, compiled, data, used, day, (load_seconds, evaluate_seconds), subjects, policies
    )
    if out is not None:
        _write_results(out, matching, batches, data, summary, include_refused, quiet=json_output)
    if json_output:
        print_json(summary)
    else:
        _print_summary(summary, language)
        if out is not None:
            messages.print(f"→ {out / 'report.html'}", markup=False)
    if strict and (compiled.problems or data.rejected_rows):
        raise typer.Exit(EXIT_FOUND)


# --- steps shared with other commands -----------------------------------------------------------------------------


@dataclass
class Prepared:
    """Policies compiled against a subjects file: what `match` and `explain` work on."""

    compiled: Compilation
    data: SubjectsFile
    catalogue: FactCatalogue


def prepare(policies: PolicySet, path: Path, id_column: str | None, day: Date) -> Prepared:
    """Compile policies and open the subjects they are for.

    Without a catalogue the columns of the file are the facts, and what the policies compare a column with says what
    type it is meant to be.
    """
    if policies.catalogue is not None:
        data = open_subjects(path, catalogue=policies.catalogue, id_column=id_column, year=day.year)
        return Prepared(compiled_for(policies, policies.catalogue, day), data, policies.catalogue)
    columns = open_subjects(path, id_column=id_column)
    catalogue = catalogue_of_columns(columns)
    compiled = compiled_for(policies, catalogue, day)
    return Prepared(compiled, open_with_types(path, id_column, expected_types(compiled.programs)), catalogue)


def open_with_types(path: Path, id_column: str | None, types: Mapping[str, str]) -> SubjectsFile:
    """A file whose columns are the facts; `types` are known of some of them, the others are found in the file."""
    known = FactCatalogue({name: Fact(name, name, kind) for name, kind in types.items()}, closed=False)
    return open_subjects(path, catalogue=known, id_column=id_column)


def compiled_for(policies: PolicySet, catalogue: FactCatalogue, day: Date) -> Compilation:
    """The programs of a set, with the problems of loading and of compiling together."""
    compiled = compile_items(policies.items, catalogue, day)
    compiled.problems = [*policies.problems, *compiled.problems]
    return compiled


def _columns_to_read(compiled: Compilation, data: SubjectsFile) -> list[str]:
    wanted = set(needed_columns(compiled.programs)) | {
        "ent.region",
        "ent.industry",
        "ent.size",
        "ent.ownership",
    }
    return [name for name in data.columns if name in wanted or name == data.id_column]


def _read(data: SubjectsFile, columns: list[str], advance: Any) -> list[pa.RecordBatch]:
    batches, rows = [], 0
    for batch in data.batches(columns=columns):
        batches.append(batch)
        rows += batch.num_rows
        advance(rows)
    return batches


# --- the summary --------------------------------------------------------------------------------------------------


def summarise(
    matching: Matching,
    compiled: Compilation,
    data: SubjectsFile,
    catalogue: FactCatalogue,
    day: Date,
    seconds: tuple[float, float],
    subjects: Path,
    policies: Iterable[Path],
) -> dict[str, Any]:
    """What `--json` prints and the report shows. Money is yuan as text, so that no fen is lost.

    `seconds`: of loading, and of evaluation.
    """
    decisions = matching.subjects * len(matching.items)
    load_seconds, evaluate_seconds = seconds
    return {
        "as_of": str(day),
        "subjects": matching.subjects,
        "items": len(matching.items),
        "decisions": decisions,
        "load_seconds": round(load_seconds, 4),
        "evaluate_seconds": round(evaluate_seconds, 4),
        "decisions_per_second": round(decisions / evaluate_seconds) if evaluate_seconds > 0 else None,
        "rejected_rows": data.rejected_rows,
        "ignored_columns": [
            {"name": each.name, "message": each.message, "message_zh": each.message_zh}
            for each in data.ignored
        ],
        "total_certain": yuan(matching.total_certain_fen),
        "total_possible": yuan(matching.total_possible_fen),
        "entitled_subjects": matching.entitled_subjects,
        "undecided_subjects": matching.undecided_subjects,
        "results": [
            _item_data(each, catalogue, surveyed=matching.entitled_subjects is not None)
            for each in matching.items
        ],
        "missing": None if matching.entitled_subjects is None else _most_missing(matching.items, catalogue),
        "by_group": {
            name: [_group_data(each) for each in groups] for name, groups in matching.groups.items()
        },
        "problems": [each.as_dict() for each in compiled.problems],
        "rejects": [_reject_data(each) for each in _first(data.rejects, _REPORTED_REJECTS)],
        "evaluated_by_rows": sum(matching.by_rows.values()),
        "files": {"subjects": subjects.name, "policies": ", ".join(str(each) for each in policies)},
    }


def _item_data(summary: ItemSummary, catalogue: FactCatalogue, *, surveyed: bool) -> dict[str, Any]:
    program = summary.program
    item = program.item.data
    document = item.get("document") or {}
    missing = sorted(summary.missing.items(), key=lambda pair: (-pair[1], pair[0]))[:10]
    return {
        "id": program.id,
        "name": program.name,
        "entitled": summary.entitled,
        "undecided": summary.undecided,
        "refused": summary.refused,
        "errors": summary.errors,
        "amount_certain": yuan(summary.certain_fen),
        "amount_possible": yuan(summary.possible_fen),
        "amount_unknown": summary.amount_unknown,
        "amount_errors": summary.amount_errors,
        "beyond_quota": summary.beyond_quota,
        "covered_by_another": summary.covered,
        "kind": item.get("kind"),
        "delivery": item.get("delivery"),
        "issuer": item.get("issuer") or document.get("issuer"),
        "region": item.get("region"),
        "in_force": program.in_force,
        "status": document.get("status"),
        "url": document.get("url"),
        "quota": program.quota.count if program.quota else None,
        "budget": format(program.budget, "f") if program.budget is not None else None,
        "grants": program.benefit.grants,
        "missing": [{"fact": name, "name": label(catalogue, name), "count": count} for name, count in missing]
        if surveyed
        else None,
    }


def _most_missing(items: Iterable[ItemSummary], catalogue: FactCatalogue) -> list[dict[str, Any]]:
    totals: dict[str, int] = {}
    for each in items:
        for name, count in each.missing.items():
            totals[name] = totals.get(name, 0) + count
    ordered = sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))[:40]
    found = []
    for name, count in ordered:
        fact = catalogue.fact_of_column(name)
        found.append(
            {
                "fact": name,
                "name": label(catalogue, name),
                "agency": fact.agency if fact else None,
                "decisions": count,
            }
        )
    return found


def _group_data(group: Any) -> dict[str, Any]:
    return {
        "key": group.key,
        "name": group.label,
        "subjects": group.subjects,
        "entitled": group.entitled,
        "undecided": group.undecided,
        "amount_certain": yuan(group.certain_fen),
        "amount_possible": yuan(group.possible_fen),
    }


def _reject_data(reject: Any) -> dict[str, Any]:
    return {
        "row": reject.row,
        "line": reject.line,
        "subject": reject.subject,
        "column": reject.column,
        "value": None if reject.value is None else str(reject.value),
        "code": reject.code,
        "message": reject.message,
        "message_zh": reject.message_zh,
    }


def _first(values: Iterable[Any], count: int) -> Iterator[Any]:
    for index, each in enumerate(values):
        if index >= count:
            return
        yield each


# --- results on disk ----------------------------------------------------------------------------------------------

_OUTCOMES = ["entitled", "undecided", "error", "refused"]


def _write_results(
    out: Path,
    matching: Matching,
    batches: list[pa.RecordBatch],
    data: SubjectsFile,
    summary: dict[str, Any],
    include_refused: bool,
    *,
    quiet: bool,
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    subjects = pa.chunked_array(
        [batch.column(batch.schema.get_field_index(data.id_column)) for batch in batches], pa.string()
    )
    unfinished = out / ".results.parquet.unfinished"
    with (
        progress_bar("writing 写出", len(matching.items), quiet=quiet) as advance,
        pq.ParquetWriter(unfinished, _RESULT_SCHEMA, compression="zstd") as writer,
    ):
        for done, table in enumerate(_result_tables(matching, subjects, include_refused), start=1):
            writer.write_table(table)
            advance(done)
    unfinished.replace(out / "results.parquet")
    if data.rejected_rows:
        data.write_rejects(out / "rejects.csv")
    else:
        (out / "rejects.csv").unlink(missing_ok=True)
    (out / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=2), "utf-8")
    from yingshang.web.reports.match_report import render_match_report

    (out / "report.html").write_text(render_match_report(summary), "utf-8")


_RESULT_SCHEMA = pa.schema(
    [
        ("subject", pa.string()),
        ("item", pa.dictionary(pa.int32(), pa.string())),
        ("outcome", pa.dictionary(pa.int32(), pa.string())),
        ("amount", pa.decimal128(20, 2)),
        ("amount_at_least", pa.decimal128(20, 2)),
        ("amount_at_most", pa.decimal128(20, 2)),
        ("note", pa.dictionary(pa.int32(), pa.string())),
    ]
)


def _result_tables(
    matching: Matching, subjects: pa.ChunkedArray, include_refused: bool
) -> Iterator[pa.Table]:
    """A table an item: subject, item, outcome and amount in yuan, in the order of the subjects."""
    notes = ["", *(NOTES[key] for key in sorted(NOTES))]
    for summary, rows, failed in zip(matching.items, matching.rows_of, matching.error_rows, strict=True):
        outcome = np.full(matching.subjects, _OUTCOMES.index("refused"), np.int32)
        outcome[rows.rows] = np.where(rows.entitled, 0, 1)
        outcome[failed] = _OUTCOMES.index("error")
        money = summary.program.benefit.amount is not None
        note = np.zeros(matching.subjects, np.int32)
        note[rows.rows] = rows.note
        low, high = np.zeros(matching.subjects, np.int64), np.zeros(matching.subjects, np.int64)
        low[rows.rows], high[rows.rows] = rows.low, rows.high
        due = np.zeros(matching.subjects, np.bool_)
        due[rows.rows] = ~rows.failed
        exact = np.zeros(matching.subjects, np.bool_)
        exact[rows.rows] = rows.low == rows.high
        table = pa.table(
            {
                "subject": subjects,
                "item": pa.DictionaryArray.from_arrays(
                    pa.array(np.zeros(matching.subjects, np.int32)), [summary.program.id]
                ),
                "outcome": pa.DictionaryArray.from_arrays(pa.array(outcome), _OUTCOMES),
                "amount": _yuan_array(low, due & exact & money),
                "amount_at_least": _yuan_array(low, due & money),
                "amount_at_most": _yuan_array(high, due & money & (high >= 0)),
                "note": pa.DictionaryArray.from_arrays(pa.array(note, mask=note == 0), notes),
            },
            schema=_RESULT_SCHEMA,
        )
        yield table if include_refused else table.filter(pa.array(outcome != _OUTCOMES.index("refused")))


def _yuan_array(fen: Any, there: Any) -> pa.Array:
    whole = pa.array(fen, pa.int64(), mask=~there).cast(pa.decimal128(19, 0))
    # Fen are hundredths of yuan: the same digits with the point moved, exactly.
    scaled = pc.multiply(whole, pa.scalar(Decimal("0.01"), pa.decimal128(3, 2)))
    return scaled.cast(pa.decimal128(20, 2))


# --- on the terminal ----------------------------------------------------------------------------------------------


def _print_summary(summary: dict[str, Any], language: Language) -> None:
    chinese = language is Language.CHINESE
    titles = (
        ("事项", "名称", "符合", "待定", "不符合", "出错", "确定金额", "可能金额")
        if chinese
        else ("Item", "Name", "Entitled", "Undecided", "Refused", "Errors", "Certain", "Possible")
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, title in enumerate(titles):
        table.add_column(
            title, justify="left" if index < 2 else "right", overflow="ellipsis", no_wrap=index != 1
        )
    for each in summary["results"]:
        table.add_row(
            each["id"],
            each["name"],
            *(f"{each[key]:,}" for key in ("entitled", "undecided", "refused", "errors")),
            humanised_yuan(round(Decimal(each["amount_certain"]) * 100)),
            humanised_yuan(round(Decimal(each["amount_possible"]) * 100)),
        )
    results.print(table)
    speed = summary["decisions_per_second"] or 0
    certain, possible = (
        humanised_yuan(round(Decimal(summary[f"total_{key}"]) * 100)) for key in ("certain", "possible")
    )
    unknown = sum(each["amount_unknown"] for each in summary["results"])
    if chinese:
        beyond = f"（另有 {unknown:,} 笔金额尚无上限）" if unknown else ""
        text = (
            f"{summary['subjects']:,} 个主体 × {summary['items']} 个事项：确定 {certain}，至多 {possible}{beyond}；"
            f"读取 {summary['load_seconds']} 秒，匹配 {summary['evaluate_seconds']} 秒（每秒 {speed:,} 次判定）"
        )
    else:
        beyond = f" (and {unknown:,} amounts without a known upper end)" if unknown else ""
        text = (
            f"{summary['subjects']:,} subjects × {summary['items']} items: "
            f"{certain} certain, {possible} possible{beyond}; "
            f"read in {summary['load_seconds']} s, matched in {summary['evaluate_seconds']} s "
            f"({speed:,} decisions a second)"
        )
    results.print("\n" + text, markup=False)
    if summary["rejected_rows"]:
        told = "行有误，未参与匹配" if chinese else "rows rejected"
        messages.print(f"{summary['rejected_rows']:,} {told}", style="yellow", markup=False)
        for each in summary["rejects"][:5]:
            detail = each["message_zh"] if chinese else each["message"]
            where = (
                f"第 {each['line'] or each['row']} 行" if chinese else f"line {each['line'] or each['row']}"
            )
            who = f" {each['subject']}" if each["subject"] else ""
            messages.print(f"  {where}{who}: {each['column']}: {detail}", style="yellow", markup=False)
    out_of_force = sum(not each["in_force"] for each in summary["results"])
    if out_of_force:
        told = "个事项在判定日不在有效期内" if chinese else "items are not in force on that day"
        messages.print(f"{out_of_force} {told}", style="yellow", markup=False)
    for each in summary["ignored_columns"]:
        detail = each["message_zh"] if chinese else each["message"]
        if "did you mean" not in each["message"]:
            # A name or a telephone number beside the facts is nothing to warn of; a misspelt fact is.
            continue
        messages.print(f"{each['name']}: {detail}", style="dim", markup=False)
    for problem in summary["problems"]:
        detail = problem["message_zh"] if chinese else problem["message"]
        messages.print(
            f"{problem['file']}:{problem['line']}: {problem['item'] or ''}: {detail}",
            style="red",
            markup=False,
        )
