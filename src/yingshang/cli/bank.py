"""`yingshang bank-sim`: a bank to practise with."""

from __future__ import annotations

import os
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from yingshang.cli.output import messages


def bank_sim(
    data: Annotated[
        Path, typer.Option(help="The file its books are kept in; made when missing.", dir_okay=False)
    ],
    config: Annotated[
        Path | None, typer.Option(help="How it behaves (YAML); left out: it pays everything.", exists=True)
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0: any free one, printed.")] = 8090,
    folder: Annotated[
        Path | None, typer.Option(help="Also take batches from in/ and answer into out/ of this folder.")
    ] = None,
    control: Annotated[
        bool, typer.Option("--control", help="Let its behaviour and its day be changed over HTTP.")
    ] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print the address as JSON.")] = False,
) -> None:
    """A simulated bank for demonstrations and tests: takes payment batches, pays, rejects, delays, repeats, loses.

    Over HTTP: POST /payments (pain.001.001.09 or CSV), GET /reports?since= (pain.002.001.10), GET /statement?day=
    (camt.053.001.08), GET /books. Whoever asks needs the token in BANK_SIMULATOR_TOKEN. It pays an order once, keeps
    what it said it took through a kill -9, and its balances always add up to nothing.

    Example: `BANK_SIMULATOR_TOKEN=practice yingshang bank-sim --data bank.sqlite --config bank.yaml --control`
    """
    from yingshang.operations.bank_simulator.bank import SimulatedBank
    from yingshang.operations.bank_simulator.behaviour import Behaviour, read_behaviour
    from yingshang.operations.bank_simulator.folder import WatchedFolder
    from yingshang.operations.bank_simulator.server import BankServer, run

    token = os.environ.get("BANK_SIMULATOR_TOKEN", "")
    if not token:
        raise typer.BadParameter("set it to the token the platform sends", param_hint="BANK_SIMULATOR_TOKEN")
    bank = SimulatedBank(
        str(data), read_behaviour(config) if config else Behaviour(), now=lambda: datetime.now(UTC)
    )
    server = BankServer((host, port), bank, token, control=control)
    look = WatchedFolder(bank, folder).look if folder else None
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if json_output:
        # One line, at once: whoever started it waits for the address.
        typer.echo(f'{{"url": "{server.url}"}}')
    else:
        messages.print(f"{server.url}  模拟银行 simulated bank  (Ctrl-C 停止 / stops)", markup=False)
    run(server, stop, look)
