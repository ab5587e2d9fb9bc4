"""The running platform as one tree of processes: web, worker, mail catcher, and the embedded database beside them.

Whatever dies is started again, after a pause that grows while it keeps dying. SIGTERM or SIGINT stops all of it in
order: first what takes requests, then what carries out jobs, the database last. When the supervisor itself is killed
the others notice and end (see `process`), so that the next start finds the port free.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import structlog

from yingshang.operations.embedded_database import EmbeddedDatabase
from yingshang.operations.environment import embedded_database, prepare
from yingshang.operations.errors import AddressTaken, AlreadyServing, DatabaseError
from yingshang.operations.mail_catcher import listen
from yingshang.operations.process import GRACE

LOOK = 0.2
"""Seconds between two looks at the processes."""

DEMONSTRATION_BANK = "demonstration-bank"
"""The channel by which funds of a demonstration reach the simulated bank."""

LONGEST_PAUSE = 30.0
SETTLED = 60.0
"""A process that lived this long did not die of what killed the one before it."""

log = structlog.get_logger("yingshang.operations.supervisor")


@dataclass(frozen=True)
class Service:
    """A process to keep alive. `sockets` are file descriptors it inherits."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    sockets: tuple[int, ...] = ()


@dataclass
class _Running:
    """What the supervisor knows of a service now. Between two lives `child` is None and `next_start` says when."""

    service: Service
    child: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    next_start: float = 0.0
    deaths: int = 0


@dataclass
class Supervisor:
    """Keeps `services` and the embedded `database` alive until told to stop.

    `services` are started in their order and stopped in the same. `is_ready` is asked until it says yes; then `ready`
    is called, once.
    """

    services: Sequence[Service]
    environment: Mapping[str, str]
    database: EmbeddedDatabase | None = None
    is_ready: Callable[[], bool] = lambda: True
    ready: Callable[[], None] = lambda: None
    _asked_to_stop: int = 0

    def run(self) -> None:
        """Start everything and stay until SIGTERM, SIGINT or SIGHUP. A second signal stops without waiting."""
        with self._signals():
            running = [_Running(service) for service in self.services]
            announced = False
            try:
                while not self._asked_to_stop:
                    self._look_at_database()
                    for one in running:
                        self._look_at(one)
                    if not announced and self.is_ready():
                        announced = True
                        log.info("ready")
                        self.ready()
                    time.sleep(LOOK)
            finally:
                log.info("stopping")
                for one in running:
                    self._stop(one)

    # --- one process -------------------------------------------------------------------------------------------------

    def _look_at(self, one: _Running) -> None:
        now = time.monotonic()
        if one.child is None:
            if now >= one.next_start:
                self._start(one)
            return
        if not _has_ended(one.child):
            return
        code = _clear_away(one.child)
        one.deaths = 1 if now - one.started > SETTLED else one.deaths + 1
        pause = min(LONGEST_PAUSE, 0.5 * 2 ** (one.deaths - 1))
        one.child, one.next_start = None, now + pause
        log.warning("process died", service=one.service.name, code=code, again_in_seconds=pause)

    def _start(self, one: _Running) -> None:
        service = one.service
        one.started = time.monotonic()
        try:
            # A session of its own: Ctrl-C in the terminal reaches the supervisor only, which stops them in order.
            one.child = subprocess.Popen(
                service.command,
                env={**self.environment, **service.environment},
                stdin=subprocess.DEVNULL,
                pass_fds=service.sockets,
                start_new_session=True,
            )
        except OSError as error:
            one.deaths += 1
            one.next_start = one.started + LONGEST_PAUSE
            log.error("process cannot be started", service=service.name, reason=str(error))
            return
        log.info("process started", service=service.name, process=one.child.pid)

    def _stop(self, one: _Running) -> None:
        child = one.child
        if child is None:
            return
        child.terminate()
        deadline = time.monotonic() + GRACE + 5
        while not _has_ended(child):
            if time.monotonic() > deadline or self._asked_to_stop > 1:
                log.warning("process did not end in time", service=one.service.name)
                break
            time.sleep(0.02)
        log.info("process stopped", service=one.service.name, code=_clear_away(child))

    def _look_at_database(self) -> None:
        if self.database is None or self.database.is_running():
            return
        log.warning("the database died; starting it again")
        try:
            self.database.start()
        except DatabaseError as error:
            log.error("the database cannot be started", reason=error.message, reason_zh=error.message_zh)
            time.sleep(5)

    # --- signals -----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def noticed(number: int, frame: FrameType | None) -> None:
            self._asked_to_stop += 1

        numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        before = {number: signal.signal(number, noticed) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@dataclass(frozen=True)
class Serving:
    """What to serve, and where. `mail_catcher` None means: when EMAIL_URL does not say where mail goes. `bank` has a
    simulated bank beside the platform, for demonstrations.
    """

    directory: Path
    host: str = "127.0.0.1"
    port: int = 8000
    web: bool = True
    worker: bool = True
    mail_catcher: bool | None = None
    bank: bool = False

    @property
    def address(self) -> str:
        """The address to type into a browser on this machine."""
        host = "localhost" if self.host in ("127.0.0.1", "0.0.0.0", "::", "::1", "") else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def serve(serving: Serving, ready: Callable[[], None] = lambda: None) -> None:
    """Run the platform until a signal says stop. `ready` is called once the first request was answered.

    Raises AddressTaken, AlreadyServing, KeysLost and DatabaseError before anything is started.
    """
    environment = {**os.environ, **prepare(serving.directory)}
    environment.setdefault("LOG_FORMAT", "text" if sys.stderr.isatty() else "json")
    environment |= {"HOST": serving.host, "PORT": str(serving.port)}
    with contextlib.ExitStack() as stack:
        database = embedded_database(serving.directory)
        if database is not None:
            stack.enter_context(_only_one(serving.directory))
        if serving.web:
            check_address(serving.host, serving.port)
        if database is not None:
            # Its place is chosen when it starts for the first time, and that may not be below the directory.
            environment["DATABASE_URL"] = stack.enter_context(database.in_use())
        services = []
        if serving.web:
            services.append(_service("web"))
        if serving.worker:
            services.append(_service("worker"))
        catching = serving.mail_catcher
        if catching or (catching is None and not environment.get("EMAIL_URL")):
            listening = stack.enter_context(listen())
            folder = serving.directory / "mail"
            environment["EMAIL_URL"] = f"smtp://127.0.0.1:{listening.getsockname()[1]}"
            services.append(
                Service(
                    "mail",
                    _service("mail").command,
                    {"MAIL_CATCHER_SOCKET": str(listening.fileno()), "MAIL_CATCHER_DIRECTORY": str(folder)},
                    (listening.fileno(),),
                )
            )
            log.info("mail is not sent but kept", folder=str(folder))
        if serving.bank and not environment.get("PAYMENT_CHANNELS"):
            services.append(_bank(serving.directory / "bank", environment, stack.enter_context(listen())))
        Supervisor(
            services,
            environment,
            database,
            is_ready=lambda: not serving.web or _answers(serving.host, serving.port),
            ready=ready,
        ).run()


def _service(name: str) -> Service:
    return Service(name, (sys.executable, "-m", "yingshang.operations.process", name, str(os.getpid())))


def _bank(folder: Path, environment: dict[str, str], listening: socket.socket) -> Service:
    """The simulated bank, its token, and the way to it for the platform."""
    folder.mkdir(parents=True, exist_ok=True)
    token = folder / "token"
    if not token.exists():
        handle = os.open(token, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32))
    environment["BANK_SIMULATOR_TOKEN"] = token.read_text(encoding="ascii").strip()
    environment["PAYMENT_CHANNELS"] = json.dumps(
        {
            DEMONSTRATION_BANK: {
                "type": "http",
                "name": "演示银行",
                "url": f"http://127.0.0.1:{listening.getsockname()[1]}",
                "token_variable": "BANK_SIMULATOR_TOKEN",
            }
        }
    )
    return Service(
        "bank",
        _service("bank").command,
        {"BANK_SIMULATOR_SOCKET": str(listening.fileno()), "BANK_SIMULATOR_DIRECTORY": str(folder)},
        (listening.fileno(),),
    )


@contextlib.contextmanager
def not_serving(directory: Path) -> Iterator[None]:
    """Keep the platform in `directory` from being served while the block runs. Raises AlreadyServing.

    With a database elsewhere nothing is known of who else uses it; the restore's own locks have to do.
    """
    if embedded_database(directory) is None:
        yield
        return
    directory.mkdir(parents=True, exist_ok=True)
    with _only_one(directory):
        yield


@contextlib.contextmanager
def _only_one(directory: Path) -> Iterator[None]:
    """One supervisor for each embedded database. The kernel lets go of the lock when the holder dies."""
    handle = os.open(directory / "serve.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            process = os.read(handle, 20).decode("ascii", "replace").strip()
            raise AlreadyServing(
                f"this platform is running already (process {process}); stop it first",
                message_zh=f"本平台已在运行（进程 {process}）；请先停止它",
                process=process,
            ) from None
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode("ascii"))
        yield
    finally:
        os.close(handle)


def check_address(host: str, port: int) -> None:
    """Raises AddressTaken unless we may listen there."""
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    ):
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise AddressTaken(
                        f"another program listens at {host}:{port}; choose another port, as in PORT={port + 1}",
                        message_zh=f"{host}:{port} 已被其他程序占用；请换一个端口，例如 PORT={port + 1}",
                        port=port,
                    ) from None
                raise AddressTaken(
                    f"{host}:{port} cannot be used: {error.strerror}",
                    message_zh=f"无法使用 {host}:{port}：{error.strerror}",
                    port=port,
                ) from None


def _answers(host: str, port: int) -> bool:
    """Whether something answers a request there."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    connection = http.client.HTTPConnection(here, port, timeout=5)
    try:
        connection.request("GET", "/health/live", headers={"Host": "localhost"})
        return connection.getresponse().status < 600
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _has_ended(child: subprocess.Popen[bytes]) -> bool:
    """Whether a child has ended, without collecting it: until then its number, and its group's, stay its own."""
    if child.returncode is not None:
        return True
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _clear_away(child: subprocess.Popen[bytes]) -> int:
    """End what is left of a child's group, collect the child, and give its exit code."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    return child.wait()
