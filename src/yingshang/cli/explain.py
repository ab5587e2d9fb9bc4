"""`yingshang explain`: why one subject is entitled to one item, or not, or not yet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.compute as pc
import typer

from yingshang.cli.files import parse_day, read_policies
from yingshang.cli.match import prepare
from yingshang.cli.output import Language, print_json, results
from yingshang.kernel.reference.subjects import SubjectsFile
from yingshang.rules.columns.facts import facts_of_row
from yingshang.rules.errors import PolicyError, SubjectsError
from yingshang.rules.feel.values import Unknown
from yingshang.rules.policy.decide import RowEvaluator
from yingshang.rules.policy.explain import explain_data, explain_text


def explain(
    item: Annotated[str, typer.Argument(help="The id of an item.")],
    policies: Annotated[list[Path], typer.Option("--policies", help="Policy files or folders.")],
    subjects: Annotated[Path, typer.Option(help="A .parquet, .csv or .xlsx file.")],
    subject: Annotated[str, typer.Option(help="The subject's id.")],
    as_of: Annotated[str | None, typer.Option(help="The day to decide on; today if left out.")] = None,
    catalogue: Annotated[
        Path | None, typer.Option(help="A catalogue of facts, if none is among the policies.")
    ] = None,
    id_column: Annotated[str | None, typer.Option("--id", help="The column that holds the id.")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    language: Annotated[Language, typer.Option("--language", help="zh or en.")] = Language.CHINESE,
) -> None:
    """Explain a decision: every condition with its value, source and outcome; for a "no", what would make it a "yes".

    Example: `yingshang explain P009 --policies examples/policies --subjects city.parquet
    --subject 91440300MA5EXAMPLE --as-of 2026-11-21`
    """
    policy_set = read_policies(policies, catalogue)
    wanted = policy_set.item(item)
    policy_set.items = [wanted]
    policy_set.problems = []
    prepared = prepare(policy_set, subjects, id_column, parse_day(as_of))
    if prepared.compiled.problems:
        problem = prepared.compiled.problems[0]
        raise PolicyError(str(problem), message_zh=f"{problem.place}：{problem.message_zh}")
    used = prepared.catalogue
    facts = _facts_of(prepared.data, subject)
    program = prepared.compiled.programs[0]
    decision = RowEvaluator([program], used).decide(program, facts)
    if json_output:
        print_json({"subject": subject, **explain_data(decision, facts, used)})
    else:
        results.print(explain_text(decision, facts, used, language.value), markup=False)


def _facts_of(data: SubjectsFile, subject: str) -> dict[str, Any]:
    """What the file knows of one subject. Raises SubjectsError if the subject is not in it, or its row was rejected."""
    for batch in data.batches():
        found = pc.index(
            batch.column(batch.schema.get_field_index(data.id_column)), pa.scalar(subject)
        ).as_py()
        if found >= 0:
            return {
                name: value
                for name, value in facts_of_row(batch, found).items()
                if value.__class__ is not Unknown
            }
    for reject in data.rejects:
        if reject.subject == subject:
            raise SubjectsError(
                f"the row of {subject} was rejected: {reject.column}: {reject.message}",
                message_zh=f"{subject} 所在行有误：{reject.column}：{reject.message_zh}",
            )
    raise SubjectsError(
        f"there is no subject {subject!r} in the column {data.id_column} of {data.path}",
        message_zh=f"{data.path} 的 {data.id_column} 列中没有 {subject}",
        text=subject,
    )
