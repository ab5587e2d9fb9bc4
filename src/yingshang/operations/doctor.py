"""What `yingshang doctor` finds: the platform's own checks, and those of the machine it runs on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from yingshang.operations.environment import embedded_database, platform
from yingshang.rules.errors import DomainError
from yingshang.web.health.finding import Finding, Status

ROOM = (2 << 30, 200 << 20)
"""Bytes free on a disk below which it is a warning, a failure."""


def examine(directory: Path, given: Mapping[str, str] = os.environ) -> list[Finding]:
    """Every finding about the platform in `directory`, the good ones too. Never raises for what is wrong with it.

    An embedded database that is not running is started for the look and stopped after it.
    """
    found = [disk(directory), mail(given), addresses(given)]
    # What the running platform has set is not what was given; look before it is set here.
    embedded = embedded_database(directory, given)
    if embedded is not None and not embedded.data.exists():
        return [_nothing_yet(directory), *found]
    if embedded is not None and _device(embedded.data) != _device(directory):
        found.append(disk(embedded.data))
    try:
        with platform(directory):
            return _of_platform() + found
    except DomainError as error:
        broken = Finding(
            "database",
            "failure",
            error.message,
            error.message_zh,
            "Read the reason, then run yingshang doctor again.",
            "请按上述原因处理后，再次运行 yingshang doctor。",
            error.details,
        )
        return [broken, *found]


def _of_platform() -> list[Finding]:
    """What the platform finds about itself; a setting it cannot start with is a finding too."""
    import django

    try:
        django.setup()
        from yingshang.web.health import checks
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        return [
            Finding(
                "settings",
                "failure",
                f"the platform cannot be loaded: {reason}",
                f"平台无法加载：{reason}",
                "Correct the environment variable it names; docs/guides/operations.md lists them.",
                "请修正其中提到的环境变量，详见 docs/guides/operations.md。",
            )
        ]
    return checks.run(checks.ALL)


def _nothing_yet(directory: Path) -> Finding:
    return Finding(
        "database",
        "failure",
        f"there is no platform in {directory} yet",
        f"{directory} 中还没有平台数据",
        "Run make demo, or yingshang manage migrate and yingshang serve; or set DATA_DIRECTORY to where it is.",
        "请运行 make demo，或依次运行 yingshang manage migrate 与 yingshang serve；"
        "若平台在别处，请设置 DATA_DIRECTORY。",
    )


def disk(directory: Path) -> Finding:
    """Whether there is room where data is written."""
    place = next(folder for folder in (directory, *directory.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    status: Status = "failure" if free < ROOM[1] else "warning" if free < ROOM[0] else "ok"
    good = status == "ok"
    return Finding(
        "disk",
        status,
        f"{free / (1 << 30):.1f} GB are free at {place}",
        f"{place} 剩余 {free / (1 << 30):.1f} GB",
        "" if good else "Make room, or move DATA_DIRECTORY to a larger disk.",
        "" if good else "请清理磁盘，或将 DATA_DIRECTORY 移到更大的磁盘。",
        {"free_bytes": free},
    )


def mail(given: Mapping[str, str]) -> Finding:
    """Whether mail goes anywhere: codes and notices are sent by it."""
    if given.get("EMAIL_URL") or given.get("EMAIL_URL_FILE"):
        return Finding("mail", "ok", "mail is sent", "邮件正常外发")
    return Finding(
        "mail",
        "ok" if given.get("DEMONSTRATION") else "warning",
        "mail is kept in a folder and not sent",
        "邮件只保存在本机文件夹，没有外发",
        "For real use set EMAIL_URL, as in smtp+tls://user:password@host:587.",
        "正式使用请设置 EMAIL_URL，例如 smtp+tls://用户:密码@主机:587。",
    )


def addresses(given: Mapping[str, str]) -> Finding:
    """Whether a platform that others reach is reached through TLS."""
    hosts = {host.strip() for host in given.get("ALLOWED_HOSTS", "").split(",")} - {""}
    outside = hosts - {"localhost", "127.0.0.1", "[::1]"}
    if outside and given.get("HTTPS", "").lower() not in ("1", "true", "yes", "on", "y", "ok"):
        return Finding(
            "addresses",
            "warning",
            f"{', '.join(sorted(outside))} is served without TLS: passwords and cookies travel readable",
            f"{'、'.join(sorted(outside))} 未使用 TLS：密码和会话以明文传输",
            "Put a proxy with a certificate in front and set HTTPS=true.",
            "请在前端配置带证书的代理，并设置 HTTPS=true。",
            {"hosts": sorted(outside)},
        )
    return Finding("addresses", "ok", "addresses and TLS fit together", "访问地址与 TLS 设置相符")


def _device(path: Path) -> int:
    return next(folder for folder in (path, *path.parents) if folder.exists()).stat().st_dev
