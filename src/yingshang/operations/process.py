"""One process of the running platform: `python -m yingshang.operations.process web PARENT`, `worker`, `mail` or `bank`.

The supervisor starts these. Each ends when the process above it is gone, however that went: nobody is left holding
the port or a job after `kill -9`.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import platform
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

GRACE = 20
"""Seconds that requests and jobs have to end when the platform stops."""

_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>


def end_with_parent(parent: int) -> None:
    """Have this process get SIGTERM when its parent dies: from the kernel on Linux, else by looking each second."""
    if platform.system() == "Linux":
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGTERM)
        # It may have died before the kernel was asked.
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def load_application(target: str) -> Callable[..., Any]:
    """The WSGI application, loaded in each of granian's own processes, which end with granian too."""
    # Forked from granian, this process has a handler that does nothing here until granian sets another one: a stop
    # in these seconds, or the death of granian, would not be heard.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    above = multiprocessing.parent_process()
    if above is not None and above.pid is not None:
        end_with_parent(above.pid)
    from yingshang.config.wsgi import application

    return application


def web() -> None:
    """Serve the application at HOST and PORT with WEB_WORKERS processes of WEB_THREADS threads each."""
    # The processes count for themselves, in files that whoever is asked for metrics adds up.
    counts = Path(os.environ["DATA_DIRECTORY"]) / "metrics"
    shutil.rmtree(counts, ignore_errors=True)
    counts.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counts)

    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        "yingshang.config.wsgi:application",
        address=os.environ["HOST"],
        port=int(os.environ["PORT"]),
        interface=Interfaces.WSGI,
        workers=int(os.environ.get("WEB_WORKERS") or max(2, min(os.cpu_count() or 2, 8))),
        blocking_threads=int(os.environ.get("WEB_THREADS") or 4),
        respawn_failed_workers=True,
        respawn_interval=1,
        workers_kill_timeout=GRACE,
        log_level=LogLevels.warning,
    ).serve(target_loader=load_application)


def worker() -> None:
    """Carry out jobs, WORKER_CONCURRENCY of them at a time."""
    from django.core.management import execute_from_command_line

    concurrency = os.environ.get("WORKER_CONCURRENCY") or "2"
    # The command greets on standard output, where nobody listens; the log has the same.
    sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115  (until the end of the process)
    execute_from_command_line(
        [
            "yingshang",
            "procrastinate",
            "worker",
            f"--concurrency={concurrency}",
            f"--shutdown-graceful-timeout={GRACE - 5}",
        ]
    )


def mail() -> None:
    """Take mail at the socket MAIL_CATCHER_SOCKET (a file descriptor) into the folder MAIL_CATCHER_DIRECTORY."""
    from yingshang.operations.mail_catcher import catch_mail

    catch_mail(int(os.environ["MAIL_CATCHER_SOCKET"]), Path(os.environ["MAIL_CATCHER_DIRECTORY"]))


def bank() -> None:
    """Be the simulated bank of a demonstration at the socket BANK_SIMULATOR_SOCKET (a file descriptor)."""
    import socket
    from datetime import UTC, datetime

    from yingshang.operations.bank_simulator.bank import SimulatedBank
    from yingshang.operations.bank_simulator.behaviour import read_behaviour
    from yingshang.operations.bank_simulator.server import BankServer, run

    folder = Path(os.environ["BANK_SIMULATOR_DIRECTORY"])
    folder.mkdir(parents=True, exist_ok=True)
    behaviour = read_behaviour(Path(__file__).parent / "data" / "bank.yaml")
    books = SimulatedBank(str(folder / "bank.sqlite"), behaviour, now=lambda: datetime.now(UTC))
    listening = socket.socket(fileno=int(os.environ["BANK_SIMULATOR_SOCKET"]))
    server = BankServer(
        ("127.0.0.1", 0), books, os.environ["BANK_SIMULATOR_TOKEN"], control=True, listening=listening
    )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(server, stop)


def main(name: str, parent: int) -> None:
    """Become the process `name`, which ends with the process `parent`."""
    end_with_parent(parent)
    {"web": web, "worker": worker, "mail": mail, "bank": bank}[name]()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
