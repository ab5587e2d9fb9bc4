"""`yingshang dmn`: decision models made by other modelers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import yaml

from yingshang.cli.output import print_json, results
from yingshang.rules.dmn.importer import import_dmn, to_policy_tables
from yingshang.rules.errors import PolicyError

app = typer.Typer(
    no_args_is_help=True, help="Decision models (.dmn): what is in them, and as tables of a policy document."
)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A .dmn file.")],
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON instead of YAML.")] = False,
) -> None:
    """Print the decision tables of a .dmn file as `tables:` of a policy document.

    Example: `yingshang dmn import discount.dmn > tables.yaml`
    """
    if not file.is_file():
        raise PolicyError(f"{file} does not exist", message_zh=f"{file} 不存在", file=str(file))
    model = import_dmn(file.read_bytes())
    tables = to_policy_tables(model)
    if json_output:
        print_json({"decisions": list(model.decisions), "inputs": list(model.inputs), "tables": tables})
    else:
        results.print(yaml.safe_dump({"tables": tables}, allow_unicode=True, sort_keys=False), markup=False)
