"""`yingshang policy`: the schema, the linter and the scenarios of policy documents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from yingshang.cli.files import parse_day, read_policies
from yingshang.cli.output import EXIT_FOUND, Language, print_json, results
from yingshang.rules.policy.document import Problem, policy_schema
from yingshang.rules.policy.lint import check as lint
from yingshang.rules.policy.scenario import run_scenarios

app = typer.Typer(
    no_args_is_help=True, help="Policy documents: their schema, what is wrong with them, their scenarios."
)

Paths = Annotated[list[Path], typer.Argument(help="Policy files, or folders of them.")]
Catalogue = Annotated[Path | None, typer.Option(help="A catalogue of facts, if none is among the files.")]
AsOf = Annotated[str | None, typer.Option(help="The day of the law, as 2026-11-21; today if left out.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
InLanguage = Annotated[Language, typer.Option("--language", help="zh or en.")]

_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}


@app.command()
def schema() -> None:
    """Print the JSON Schema of policy documents.

    Example: `yingshang policy schema > policy.schema.json`
    """
    print_json(policy_schema())


@app.command()
def check(
    paths: Paths,
    catalogue: Catalogue = None,
    as_of: AsOf = None,
    json_output: Json = False,
    language: InLanguage = Language.CHINESE,
) -> None:
    """Find what is wrong with policy documents: each finding with file, line and what to do.

    Exit code 1 if there is an error; warnings and notes alone are 0.

    Example: `yingshang policy check examples/policies`
    """
    policies = read_policies(paths, catalogue)
    problems = lint(policies, policies.catalogue, parse_day(as_of))
    errors = sum(each.severity == "error" for each in problems)
    if json_output:
        print_json(
            {
                "items": len(policies.items),
                "errors": errors,
                "problems": [each.as_dict() for each in problems],
            }
        )
    else:
        for each in problems:
            results.print(problem_line(each, language), style=_STYLES[each.severity], markup=False)
        counts = {name: sum(each.severity == name for each in problems) for name in _STYLES}
        if language is Language.CHINESE:
            words = f"{counts['error']} 个错误，{counts['warning']} 个警告，{counts['note']} 条提示"
            summary = f"{len(policies.items)} 个事项：{words}"
        else:
            words = f"{counts['error']} errors, {counts['warning']} warnings, {counts['note']} notes"
            summary = f"{len(policies.items)} items: {words}"
        results.print(summary, markup=False)
    if errors:
        raise typer.Exit(EXIT_FOUND)


def problem_line(problem: Problem, language: Language) -> str:
    """A problem as one line that editors can jump to."""
    message = problem.message_zh if language is Language.CHINESE else problem.message
    item = f"{problem.item}: " if problem.item else ""
    return f"{problem.place}: {problem.severity} {problem.code}: {item}{message}"


@app.command()
def test(paths: Paths, catalogue: Catalogue = None, as_of: AsOf = None, json_output: Json = False) -> None:
    """Run the scenarios written beside the items: facts in, outcome and amount out. Exit code 1 if one differs.

    Example: `yingshang policy test examples/policies`
    """
    policies = read_policies(paths, catalogue)
    day = parse_day(as_of)
    outcomes: list[dict[str, Any]] = []
    for item in policies.items:
        for result in run_scenarios(item, policies.catalogue, day):
            outcomes.append(
                {
                    "item": item.id,
                    "scenario": result.name,
                    "passed": result.passed,
                    "differences": list(result.differences),
                }
            )
    failed = [each for each in outcomes if not each["passed"]]
    if json_output:
        print_json(
            {
                "items": len(policies.items),
                "scenarios": len(outcomes),
                "failed": len(failed),
                "problems": [each.as_dict() for each in policies.problems],
                "results": outcomes,
            }
        )
    else:
        for problem in policies.problems:
            results.print(problem_line(problem, Language.CHINESE), style="bold red", markup=False)
        for each in failed:
            for difference in each["differences"]:
                results.print(f"✗ {each['item']} {each['scenario']}: {difference}", style="red", markup=False)
        results.print(
            f"{len(outcomes) - len(failed)} of {len(outcomes)} scenarios of {len(policies.items)} items as written",
            markup=False,
        )
    if failed or policies.problems:
        raise typer.Exit(EXIT_FOUND)
