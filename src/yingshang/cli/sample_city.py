"""`yingshang sample-city`: a believable population to try policies on."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from yingshang.cli.output import messages, print_json, progress_bar
from yingshang.kernel.reference.api import write_sample_city


def sample_city(
    enterprises: Annotated[int, typer.Option(min=1, help="How many enterprises.")],
    out: Annotated[Path, typer.Option(help="The file to write: .parquet, .csv or .xlsx.", dir_okay=False)],
    seed: Annotated[int, typer.Option(help="The same seed makes the same city.")] = 1,
    as_of: Annotated[str, typer.Option(help="The day the facts are of.")] = "2026-11-21",
    region: Annotated[
        str, typer.Option(help="GB/T 2260 code of a city or province; 000000 for the whole country.")
    ] = "440300",
    json_output: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Make a sample city: invented enterprises with real region and industry codes, three years of finances,
    tags, loans, hires and exhibitions, about 15 % of it unknown.

    Example: `yingshang sample-city --enterprises 20000 --seed 1 --out city.parquet`
    """
    try:
        day = date.fromisoformat(as_of)
    except ValueError:
        raise typer.BadParameter(f"{as_of!r} is no day; write it as 2026-11-21") from None
    out.parent.mkdir(parents=True, exist_ok=True)
    with progress_bar("sample city 示例城市", enterprises, quiet=json_output) as advance:
        write_sample_city(
            out,
            enterprises=enterprises,
            seed=seed,
            as_of=day,
            region=region,
            progress=lambda done, total: advance(done),
        )
    if json_output:
        print_json({"file": str(out), "enterprises": enterprises, "seed": seed, "region": region})
    else:
        messages.print(f"{enterprises:,} invented enterprises in {out}", markup=False)
