"""What the doctor says of the machine. The platform's own checks are in tests/web/health."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from yingshang.operations import doctor

YINGSHANG = Path(sys.executable).with_name("yingshang")
Usage = namedtuple("Usage", "total used free")


def test_where_there_is_no_platform_none_is_made(tmp_path: Path) -> None:
    findings = doctor.examine(tmp_path / "platform", {})
    assert (findings[0].code, findings[0].status) == ("database", "failure")
    assert "make demo" in findings[0].advice_zh
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("free", "status"), [(100 << 30, "ok"), (1 << 30, "warning"), (1 << 20, "failure")])
def test_a_disk_that_fills_up_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, status: str
) -> None:
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda place: Usage(1, 1, free))
    found = doctor.disk(tmp_path / "not" / "there")
    assert found.status == status
    assert bool(found.advice) is (status != "ok")


def test_mail_that_goes_nowhere_is_a_warning_but_not_in_a_demonstration() -> None:
    assert doctor.mail({}).status == "warning"
    assert doctor.mail({"DEMONSTRATION": "true"}).status == "ok"
    assert doctor.mail({"EMAIL_URL": "smtp://x"}).status == "ok"


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, "ok"),
        ({"ALLOWED_HOSTS": "localhost, 127.0.0.1"}, "ok"),
        ({"ALLOWED_HOSTS": "a.example.org"}, "warning"),
        ({"ALLOWED_HOSTS": "a.example.org", "HTTPS": "true"}, "ok"),
    ],
)
def test_an_open_platform_without_tls_is_a_warning(given: dict[str, str], status: str) -> None:
    assert doctor.addresses(given).status == status


def test_a_setting_that_cannot_be_used_is_a_finding_with_its_name(tmp_path: Path) -> None:
    done = subprocess.run(
        [YINGSHANG, "doctor", "--language", "en"],
        env={
            **os.environ,
            "DATA_DIRECTORY": str(tmp_path),
            "DATABASE_URL": "postgresql://localhost:1/x",
            "DJANGO_SETTINGS_MODULE": "yingshang.config.settings",
            "FINISHED_JOBS_KEPT_HOURS": "many",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "the platform cannot be loaded" in done.stdout
    assert "many" in done.stdout
