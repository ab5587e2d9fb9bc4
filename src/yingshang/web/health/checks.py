"""What can be wrong with a running platform, one check a function; each gives one finding with plain advice.

Readiness, metrics and `yingshang doctor` share these. A check never raises: what it cannot find out is a failure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError
from django.utils import timezone

from yingshang.kernel.clock.api import count_failing, national, sweep_lag_seconds
from yingshang.kernel.jobs.api import workers_alive
from yingshang.kernel.ledger.api import (
    SigningKeyMissing,
    audit_log,
    check_signing_key,
    missing_guards,
    monitor,
)
from yingshang.kernel.notices.api import outbox_lag_seconds

from .finding import Finding, Status

OLDEST_SERVER = 140000
"""PostgreSQL 14, the first with what the ledger's guards need."""

SKEW_SECONDS = (2.0, 30.0)
"""From here on a clock that differs is a warning, a failure."""

LAG_SECONDS = (120.0, 1800.0)
"""From here on what waits although it is due is a warning, a failure."""

LOG_SAMPLE = 10_000
"""How many of the newest events a look at the platform rereads."""

CALENDAR_AHEAD = timedelta(days=30)
"""Due dates of the longest usual promise must not end in a year whose holidays are unknown."""


def database() -> Finding:
    """Whether the database answers, and whether it is new enough."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version_num')::integer, current_setting('server_version')"
            )
            number, version = cursor.fetchone()
    except DatabaseError as error:
        return Finding(
            "database",
            "failure",
            f"the database does not answer: {_short(error)}",
            f"数据库没有应答：{_short(error)}",
            "See that it runs and that DATABASE_URL is right.",
            "请确认数据库正在运行，且 DATABASE_URL 正确。",
        )
    if number < OLDEST_SERVER:
        return Finding(
            "database",
            "failure",
            f"PostgreSQL {version} is too old",
            f"PostgreSQL {version} 版本过低",
            f"Use PostgreSQL {OLDEST_SERVER // 10000} or newer.",
            f"请使用 PostgreSQL {OLDEST_SERVER // 10000} 或更高版本。",
            {"version": number},
        )
    return Finding(
        "database",
        "ok",
        f"PostgreSQL {version} answers",
        f"PostgreSQL {version} 正常应答",
        values={"version": number},
    )


def clock_skew() -> Finding:
    """Whether the database's clock and this machine's agree: due dates are compared in both."""
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs: datetime = cursor.fetchone()[0]
    after = timezone.now()
    # The answer was given at some moment between the two.
    skew = max((before - theirs).total_seconds(), (theirs - after).total_seconds(), 0.0)
    return _measured(
        "clock_skew",
        skew,
        SKEW_SECONDS,
        (f"the clocks differ by {skew:.1f} s", f"与数据库时钟相差 {skew:.1f} 秒"),
        ("Let both machines follow the same time server.", "请让两台机器与同一时间服务器同步。"),
    )


def migrations() -> Finding:
    """Whether the tables are those of this release."""
    missing = unapplied_migrations()
    if not missing:
        return Finding(
            "migrations", "ok", "the tables are up to date", "数据表已是最新", values={"missing": []}
        )
    return Finding(
        "migrations",
        "failure",
        f"{len(missing)} migrations are not applied",
        f"有 {len(missing)} 个数据表变更尚未应用",
        "Run: yingshang manage migrate",
        "请运行：yingshang manage migrate",
        {"missing": missing},
    )


def unapplied_migrations() -> list[str]:
    """`app.name` of every migration of this release the database lacks."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def write_guards() -> Finding:
    """Whether every table still refuses writes without an audit event."""
    missing = missing_guards()
    if not missing:
        return Finding(
            "write_guards", "ok", "every table is guarded", "所有数据表均有留痕保护", values={"missing": []}
        )
    return Finding(
        "write_guards",
        "failure",
        f"{len(missing)} tables take writes without an audit event: {', '.join(missing[:5])}",
        f"{len(missing)} 张数据表缺少留痕保护：{'、'.join(missing[:5])}",
        "Run: yingshang manage migrate. If they were removed on purpose, find out by whom.",
        "请运行：yingshang manage migrate。若系人为移除，请查明原因。",
        {"missing": missing},
    )


def log() -> Finding:
    """Whether the verifiable log can be signed, keeps up, and agrees with what it has signed."""
    try:
        check_signing_key()
    except SigningKeyMissing as error:
        return Finding(
            "log",
            "failure",
            error.message,
            error.message_zh,
            "Nothing is sequenced without it. See Keys in docs/guides/operations.md.",
            "没有密钥就不会归档。详见 docs/guides/operations.md 的“Keys”。",
        )
    status = monitor()
    if not status.consistent:
        return Finding(
            "log",
            "failure",
            "the log contradicts a checkpoint it has signed",
            "存证日志与已签署的检查点矛盾",
            "Stop, keep everything as it is, and run: yingshang verify --log. It names what was changed.",
            "请保持现状，运行：yingshang verify --log，它会指出被改动的记录。",
            {"size": status.size},
        )
    waited = (timezone.now() - status.oldest_waiting).total_seconds() if status.oldest_waiting else 0.0
    return _measured(
        "log",
        max(0.0, waited),
        LAG_SECONDS,
        (
            f"the log has {status.size} entries; {status.waiting} wait, the oldest for {waited:.0f} s",
            f"存证日志 {status.size} 条；{status.waiting} 条待归档，最久的已等待 {waited:.0f} 秒",
        ),
        (
            "See that a worker runs, and its log for ledger.sequence.",
            "请检查任务进程是否运行，并查看其日志（ledger.sequence）。",
        ),
        {"size": status.size, "waiting": status.waiting},
    )


def log_sample() -> Finding:
    """Whether the newest events are still what the log says; the whole is for `yingshang verify --log`."""
    report = audit_log(last=LOG_SAMPLE, batch=5_000)
    if report.ok:
        return Finding(
            "log_sample",
            "ok",
            f"the newest {min(LOG_SAMPLE, report.size)} events are what the log says",
            f"最近 {min(LOG_SAMPLE, report.size)} 条记录与存证一致",
            values={"problems": 0},
        )
    first = report.problems[0]
    return Finding(
        "log_sample",
        "failure",
        f"{report.count} contradictions, the first: {first.message}",
        f"发现 {report.count} 处矛盾，第一处：{first.message_zh}",
        "Keep everything as it is, and run: yingshang verify --log",
        "请保持现状，运行：yingshang verify --log",
        {"problems": report.count},
    )


def worker() -> Finding:
    """Whether somebody carries out jobs."""
    alive = workers_alive(now=timezone.now(), within_seconds=settings.WORKER_DEAD_AFTER_SECONDS)
    if alive:
        return Finding(
            "worker",
            "ok",
            "1 worker is alive" if alive == 1 else f"{alive} workers are alive",
            f"{alive} 个任务进程在运行",
            values={"alive": alive},
        )
    return Finding(
        "worker",
        "failure",
        "no worker is alive: nothing that was queued is done",
        "没有任务进程在运行：排队的任务不会被执行",
        "Start one: yingshang serve, or in production the unit yingshang-worker.",
        "请启动：yingshang serve，生产环境为 yingshang-worker 服务。",
        {"alive": 0},
    )


def jobs() -> Finding:
    """Whether jobs are done soon after they are due, and none has failed unseen."""
    counts, lag = job_counts(), job_lag_seconds()
    failed = counts.get("failed", 0)
    found = _measured(
        "jobs",
        lag,
        LAG_SECONDS,
        (
            f"{counts.get('todo', 0)} wait, the oldest due one for {lag:.0f} s; {failed} failed",
            f"{counts.get('todo', 0)} 个任务等待中，最久的已等待 {lag:.0f} 秒；{failed} 个失败",
        ),
        (
            "Start more workers, or see in the job console what keeps them busy.",
            "请增加任务进程，或在任务控制台查看其正在做什么。",
        ),
        {"counts": counts},
    )
    if found.status == "ok" and failed:
        return Finding(
            "jobs",
            "warning",
            found.message,
            found.message_zh,
            "Read the reasons in the job console, then retry.",
            "请在任务控制台查看失败原因，然后重试。",
            found.values,
        )
    return found


def job_counts() -> dict[str, int]:
    """How many jobs the queue holds, by procrastinate's states."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status")
        return {status: int(count) for status, count in cursor.fetchall()}


def job_lag_seconds() -> float:
    """For how long the oldest job that is due has waited."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(extract(epoch FROM now() - min(coalesce(job.scheduled_at, event.at))), 0) "
            "FROM procrastinate_jobs job JOIN procrastinate_events event ON event.job_id = job.id "
            "WHERE job.status = 'todo' AND coalesce(job.scheduled_at, event.at) <= now()"
        )
        return max(0.0, float(cursor.fetchone()[0]))


def outbox() -> Finding:
    """Whether messages leave soon after they were written."""
    lag = outbox_lag_seconds(timezone.now())
    return _measured(
        "outbox",
        lag,
        LAG_SECONDS,
        (f"the oldest message to be sent waits for {lag:.0f} s", f"最早一条待发消息已等待 {lag:.0f} 秒"),
        (
            "See that mail can be sent (EMAIL_URL) and that a worker runs.",
            "请检查邮件能否发出（EMAIL_URL），任务进程是否在运行。",
        ),
    )


def deadlines() -> Finding:
    """Whether rungs of ladders fire when they are due, and none fails again and again."""
    lag, failing = sweep_lag_seconds(timezone.now()), count_failing()
    found = _measured(
        "deadlines",
        lag,
        LAG_SECONDS,
        (
            f"the earliest rung that is due waits for {lag:.0f} s; {failing} fail",
            f"最早一级到时的提醒已等待 {lag:.0f} 秒；{failing} 级处理失败",
        ),
        (
            "See that a worker runs, and its log for clock.sweep.",
            "请检查任务进程是否运行，并查看其日志（clock.sweep）。",
        ),
        {"failing": failing},
    )
    if found.status == "ok" and failing:
        return Finding(
            "deadlines",
            "warning",
            found.message,
            found.message_zh,
            "Read the reasons at the ladders in the administration; they are tried again by themselves.",
            "请在系统管理的提醒阶梯页查看原因，系统会自动重试。",
            found.values,
        )
    return found


def calendar() -> Finding:
    """Whether due dates of the coming weeks are counted on known holidays."""
    today = timezone.localdate()
    coverage = national().coverage()
    values = {"settled_until": coverage.settled_until.isoformat(), "last": coverage.last.isoformat()}
    message = f"holidays are known until {coverage.settled_until}, days until {coverage.last}"
    message_zh = f"节假日安排已知至 {coverage.settled_until}，日历至 {coverage.last}"
    if today + CALENDAR_AHEAD <= coverage.settled_until:
        return Finding("calendar", "ok", message, message_zh, values=values)
    ends = today + CALENDAR_AHEAD > coverage.last
    return Finding(
        "calendar",
        "failure" if ends else "warning",
        message,
        message_zh,
        "Update to a release with the next year's notice of the State Council; due dates are provisional until then.",
        "请升级到包含国务院下一年度放假通知的版本；在此之前，到期日为暂定。",
        values,
    )


def books() -> Finding:
    """Whether the books of payments are sound: journal, budgets and orders say the same."""
    from yingshang.areas.claims.api import check_books

    faults = check_books()
    if not faults:
        return Finding("books", "ok", "journal, budgets and payment orders agree", "分录、预算和支付指令一致")
    return Finding(
        "books",
        "failure",
        f"{len(faults)} faults in the books of payments; the first: {faults[0].message}",
        f"拨付账目有 {len(faults)} 处错误，第一处：{faults[0].message_zh}",
        "Stop payments, keep a backup, and find out what wrote it; the journal names the audit event of each entry.",
        "请先停止拨付并备份，再查明原因；每条分录都记有对应的留痕事件。",
        {"faults": [each.message for each in faults[:20]]},
    )


def supervision_notices() -> Finding:
    """Whether every notice of supervision has its document, which jobs set after it was issued."""
    from yingshang.areas.appeals.api import count_unset_notices

    unset = count_unset_notices(timezone.now())
    if not unset:
        return Finding(
            "supervision_notices",
            "ok",
            "every supervision notice older than an hour has its document",
            "发出超过一小时的督办单均已生成文书",
            values={"unset": 0},
        )
    return Finding(
        "supervision_notices",
        "warning",
        f"{unset} supervision notices have no document an hour after they were issued",
        f"{unset} 份督办单发出超过一小时仍没有文书",
        "See that a worker runs; its log (appeals.set_notices) says why. They are tried again by themselves.",
        "请检查任务进程是否运行；其日志（appeals.set_notices）写明原因，系统会自动重试。",
        {"unset": unset},
    )


def run(checks: tuple[Callable[[], Finding], ...]) -> list[Finding]:
    """The findings of some checks. Without a database only that is told: the rest would fail for the same reason."""
    found: list[Finding] = []
    for check in checks:
        name = check.__name__
        try:
            finding = check()
        except Exception as error:
            finding = Finding(
                name,
                "failure",
                f"{name} could not be checked: {_short(error)}",
                f"无法检查 {name}：{_short(error)}",
                "See the other findings first; then the log.",
                "请先处理其他问题，再查看日志。",
            )
        found.append(finding)
        if name == "database" and finding.status == "failure":
            break
    return found


READINESS: tuple[Callable[[], Finding], ...] = (database, migrations)
ALL: tuple[Callable[[], Finding], ...] = (
    database,
    clock_skew,
    migrations,
    write_guards,
    log,
    log_sample,
    worker,
    jobs,
    outbox,
    deadlines,
    calendar,
    books,
    supervision_notices,
)


def _measured(
    code: str,
    value: float,
    limits: tuple[float, float],
    messages: tuple[str, str],
    advice: tuple[str, str],
    values: Mapping[str, Any] | None = None,
) -> Finding:
    """A finding by size: `limits` are where the warning and the failure begin; texts are English, Chinese."""
    status: Status = "failure" if value >= limits[1] else "warning" if value >= limits[0] else "ok"
    told = ("", "") if status == "ok" else advice
    return Finding(code, status, *messages, *told, {"seconds": round(value, 3), **(values or {})})


def _short(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
