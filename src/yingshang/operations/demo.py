"""The demonstration: `python -m yingshang.operations.demo`, what `make demo` runs.

A list of steps, each of which may be run again and does nothing the second time; an interrupted run goes on where it
stopped. Then the platform is served until Ctrl-C, and its data is kept for the next time.
"""

from __future__ import annotations

import logging.config
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from yingshang.config.logs import logging_settings
from yingshang.operations.environment import default_directory, embedded_database, platform
from yingshang.operations.errors import UnusableSetting
from yingshang.operations.setup import prepare_tables, set_up
from yingshang.operations.supervisor import Serving, check_address, not_serving, serve
from yingshang.rules.errors import DomainError

if TYPE_CHECKING:
    from yingshang.operations.sample_city import Account, Demonstration

screen = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Step:
    """A part of getting ready, under the names shown. Running it again changes nothing."""

    name_zh: str
    name: str
    run: Callable[[], object]


def main(environment: Mapping[str, str] = os.environ) -> None:
    """Make the demonstration ready and serve it. PORT, HOST, CITY, DATABASE_URL and DATA_DIRECTORY are honoured.

    Raises DomainError for what a person has to mend; a run after that goes on where this one stopped.
    """
    directory = default_directory()
    host, port = environment.get("HOST") or "127.0.0.1", _port(environment.get("PORT") or "8000")
    serving = Serving(directory, host, port, bank=True)
    os.environ.setdefault("DEMONSTRATION", "true")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    os.environ.setdefault("LOG_FORMAT", "text")
    # What would stop it in the end is told before minutes of work.
    check_address(serving.host, serving.port)
    with not_serving(directory):
        screen.print("» 数据库 database")
        with platform(directory):
            demonstration, accounts = _prepare(directory, environment.get("CITY") or "small")
    logging.config.dictConfig(logging_settings("text", os.environ["LOG_LEVEL"]))
    serve(serving, ready=lambda: _welcome(serving, demonstration, accounts))


def reset(environment: Mapping[str, str] = os.environ) -> None:
    """Remove the demonstration's data: database, files, keys and accounts.

    Raises AlreadyServing while it runs, and UnusableSetting for a database of somebody else's server: what lies there
    may be more than a demonstration, so it is left to its owner.
    """
    directory = default_directory()
    database = embedded_database(directory, environment)
    if database is None:
        raise UnusableSetting(
            "DATABASE_URL names a server of your own; remove that database yourself, or unset DATABASE_URL",
            message_zh="DATABASE_URL 指向您自己的服务器；请自行删除该数据库，或取消设置 DATABASE_URL",
        )
    with not_serving(directory):
        database.destroy()
        shutil.rmtree(directory)
    screen.print(f"演示数据已清除 removed: {_near(directory)}", markup=False)


def _prepare(directory: Path, city: str) -> tuple[Demonstration, Sequence[Account]]:
    """Every step between a running database and the first page; gives the accounts to show."""
    import django

    django.setup()
    from django.utils import timezone

    # It has models in its hands, so Django comes first.
    from yingshang.operations import (
        sample_appeals,
        sample_city,
        sample_claims,
        sample_contracts,
        sample_policies,
    )

    demonstration = sample_city.Demonstration.of(directory, city=city, today=timezone.localdate())
    region = str(sample_city.described()["cities"][city]["region"])
    accounts: list[Account] = []
    steps = (
        Step("数据表、静态文件", "tables, static files", prepare_tables),
        Step(
            "区划、机构、角色",
            "regions, agencies, roles",
            lambda: set_up(region=region, now=timezone.now()),
        ),
        Step("示例城市", "sample city", lambda: _load_city(demonstration, directory)),
        Step(
            "账户",
            "accounts",
            lambda: accounts.extend(sample_city.load_people(demonstration, now=timezone.now())),
        ),
        Step(
            "政策",
            "policies",
            lambda: sample_policies.load_policies(
                sample_city.clerks_enterprises(timezone.now()), now=timezone.now()
            ),
        ),
        Step(
            "兑现",
            "claims",
            lambda: sample_claims.load_claims(
                sample_city.clerks_enterprises(timezone.now()), now=timezone.now()
            ),
        ),
        Step(
            "诉求",
            "appeals",
            lambda: sample_appeals.load_appeals(
                sample_city.clerks_enterprises(timezone.now()), now=timezone.now()
            ),
        ),
        Step(
            "合同",
            "contracts",
            lambda: sample_contracts.load_contracts(
                sample_city.clerks_enterprises(timezone.now()), now=timezone.now()
            ),
        ),
    )
    for number, step in enumerate(steps, start=1):
        began = perf_counter()
        screen.print(f"» {number}/{len(steps)} {step.name_zh} {step.name}", markup=False)
        step.run()
        if (took := perf_counter() - began) >= 1:
            screen.print(f"  [dim]{took:.0f} s[/]")
    return demonstration, [account for account in accounts if account.shown]


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise UnusableSetting(
            f"PORT is {text!r}; it is a number up to 65535",
            message_zh=f"PORT 为 {text!r}，应为不大于 65535 的数字",
        )
    return int(text)


def _load_city(demonstration: Demonstration, directory: Path) -> None:
    from django.utils import timezone

    from yingshang.operations import sample_city

    with Progress(
        TextColumn("  {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=screen,
        disable=not screen.is_terminal,
    ) as bars:
        tasks = {}

        def progress(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
                if not screen.is_terminal:
                    screen.print(f"  {what}", markup=False)
            bars.update(tasks[what], completed=done, total=total)

        zone = timezone.get_default_timezone()
        assert isinstance(zone, ZoneInfo)
        sample_city.load_city(demonstration, directory, zone=zone, progress=progress)


def _welcome(serving: Serving, demonstration: Demonstration, accounts: Sequence[Account]) -> None:
    table = Table("用户名 user", "身份 role", "单位 of", box=None, padding=(0, 2))
    for account in accounts:
        table.add_row(account.username, account.what, account.where)
    screen.print()
    screen.print(f"  [bold]{serving.address}[/]")
    screen.print()
    screen.print(table)
    screen.print(f"  密码 password: [bold]{demonstration.password}[/]")
    screen.print(f"  邮件 mail: {_near(serving.directory / 'mail')}/*.eml", markup=False)
    screen.print("  Ctrl-C 停止，数据保留 stops; the data is kept", markup=False)


def _near(path: Path) -> Path:
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


if __name__ == "__main__":
    try:
        reset() if sys.argv[1:] == ["--reset"] else main()
    except DomainError as error:
        screen.print(f"\n{error.message_zh}\n{error.message}", style="red", markup=False)
        sys.exit(3)
    except KeyboardInterrupt:
        screen.print("\n已中断，再次运行会从这里继续 interrupted; the next run goes on from here")
        sys.exit(130)
