"""The command as a user types it: what is printed, what is written, how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tests.typed import typed
from yingshang.cli.main import app

ROOT = Path(__file__).resolve().parents[2]

POLICY = """
id: HIRING
name: 吸纳就业补贴
conditions:
  - {id: size, text: 小微企业, when: '企业规模 in ("小型", "微型")'}
  - {id: insured, text: 参保人数不少于10人, when: 参保人数 >= 10}
exclusions:
  - {id: abnormal, text: 经营异常, when: 经营异常}
benefit: {amount: 20000}
budget: {amount: 30000}
"""
FIRMS = """subject,企业规模,参保人数,经营异常
A,小型,12,否
B,微型,8,否
C,小型,,否
D,大型,300,否
"""
DAY = ["--as-of", "2026-11-21"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "policy.yaml").write_text(POLICY, "utf-8")
    (tmp_path / "firms.csv").write_text(FIRMS, "utf-8")
    return tmp_path


def yingshang(
    *arguments: str | Path, cwd: Path, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "yingshang", *arguments],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
        timeout=120,
        check=False,
    )


def answer(*arguments: str | Path, cwd: Path) -> Any:
    done = typed(*arguments, "--json", cwd=cwd)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_match_sums_up_as_json(folder: Path) -> None:
    done = yingshang("match", "policy.yaml", "--subjects", "firms.csv", *DAY, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert (data["subjects"], data["items"], data["decisions"], data["rejected_rows"]) == (4, 1, 4, 0)
    assert {"load_seconds", "evaluate_seconds", "decisions_per_second"} <= data.keys()
    result = data["results"][0]
    expected = {"id": "HIRING", "entitled": 1, "undecided": 1, "refused": 2, "errors": 0}
    assert {key: result[key] for key in expected} == expected
    assert (result["amount_certain"], result["amount_possible"]) == ("20000.00", "40000.00")


@pytest.mark.parametrize("suffix", ["csv", "parquet", "xlsx"])
def test_match_leaves_results_a_subject_and_a_report(folder: Path, suffix: str) -> None:
    subjects = converted(folder / "firms.csv", suffix)
    answer("match", "policy.yaml", "--subjects", subjects, *DAY, "--out", "report", cwd=folder)
    table = pq.read_table(folder / "report" / "results.parquet").to_pylist()
    assert {row["subject"]: row["outcome"] for row in table} == {
        "A": "entitled", "B": "refused", "C": "undecided", "D": "refused",
    }  # fmt: skip
    assert {row["subject"]: row["amount"] for row in table if row["amount"] is not None} == {
        "A": Decimal("20000.00"), "C": Decimal("20000.00"),
    }  # fmt: skip
    report = (folder / "report" / "report.html").read_text("utf-8")
    assert "吸纳就业补贴" in report and "http-equiv" in report
    assert json.loads((folder / "report" / "summary.json").read_text("utf-8"))["subjects"] == 4


def converted(path: Path, suffix: str) -> Path:
    rows = [
        {"subject": "A", "企业规模": "小型", "参保人数": 12, "经营异常": False},
        {"subject": "B", "企业规模": "微型", "参保人数": 8, "经营异常": False},
        {"subject": "C", "企业规模": "小型", "参保人数": None, "经营异常": False},
        {"subject": "D", "企业规模": "大型", "参保人数": 300, "经营异常": False},
    ]
    target = path.with_suffix(f".{suffix}")
    if suffix == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), target)
    elif suffix == "xlsx":
        from openpyxl import Workbook

        book = Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append(list(row.values()))
        book.save(target)
    return target


def test_bad_rows_are_rejected_named_and_counted(folder: Path) -> None:
    (folder / "firms.csv").write_text(FIRMS + "E,小型,十二,否\nA,小型,20,否\n,小型,1,否\n", "utf-8")
    data = answer("match", "policy.yaml", "--subjects", "firms.csv", *DAY, "--out", "report", cwd=folder)
    assert (data["subjects"], data["rejected_rows"]) == (4, 3)
    assert [(each["row"], each["code"]) for each in data["rejects"]] == [
        (5, "not_a_number"), (6, "duplicate_id"), (7, "missing_id"),
    ]  # fmt: skip
    rejects = (folder / "report" / "rejects.csv").read_text("utf-8-sig")
    assert "十二" in rejects
    strict = typed("match", "policy.yaml", "--subjects", "firms.csv", *DAY, "--strict", cwd=folder)
    assert strict.returncode == 1


def test_a_policy_that_does_not_compile_is_named_and_the_others_go_on(folder: Path) -> None:
    bad = POLICY.replace("id: HIRING", "id: BAD").replace("参保人数 >= 10", "参保人属 >= 10")
    (folder / "policy.yaml").write_text(POLICY + "---" + bad, "utf-8")
    data = answer("match", "policy.yaml", "--subjects", "firms.csv", *DAY, cwd=folder)
    assert [each["id"] for each in data["results"]] == ["HIRING"]
    problem = data["problems"][0]
    assert (problem["item"], problem["line"]) == ("BAD", 16)
    assert "did you mean '参保人数'" in problem["message"]


def test_explain_says_why_and_what_would_change_it(folder: Path) -> None:
    arguments = ["explain", "HIRING", "--policies", "policy.yaml", "--subjects", "firms.csv", *DAY]
    data = answer(*arguments, "--subject", "B", cwd=folder)
    assert data["outcome"] == "refused"
    assert [(each["fact"], each["gap"]) for each in data["changes"]] == [("参保人数", "2")]
    text = typed(*arguments, "--subject", "C", "--language", "en", cwd=folder).stdout
    assert "cannot say yet" in text and "Still to be known: 参保人数" in text


def test_simulate_tells_who_gains_and_what_it_costs(folder: Path) -> None:
    (folder / "draft.yaml").write_text(POLICY.replace(">= 10", ">= 5"), "utf-8")
    data = answer(
        "simulate", "policy.yaml", "--against", "draft.yaml", "--subjects", "firms.csv", "--by", "企业规模", *DAY,
        "--out", "out", cwd=folder,
    )  # fmt: skip
    assert (data["totals"]["gain"], data["totals"]["lose"]) == (1, 0)
    assert data["totals"]["draft"]["amount_certain"] == "40000.00"
    assert data["budget"] == {
        "amount": "30000.00", "certain": "40000.00", "possible": "60000.00", "within": "not",
    }  # fmt: skip
    assert {each["name"]: each["gain"] for each in data["by"]["企业规模"]} == {
        "微型": 1,
        "小型": 0,
        "大型": 0,
    }
    assert (folder / "out" / "simulation.html").is_file()


def test_a_sample_city_can_be_matched(folder: Path) -> None:
    answer("sample-city", "--enterprises", "200", "--seed", "7", "--out", "city.parquet", cwd=folder)
    data = answer("match", ROOT / "examples" / "policies", "--subjects", "city.parquet", *DAY, cwd=folder)
    assert data["subjects"] == 200
    assert not data["problems"]
    assert data["items"] == 48


def test_feel_line_by_line(folder: Path) -> None:
    lines = [
        {"expr": "1 + 0.1"},
        {"expr": "a > 1 and b > 1", "context": {"a": 5}, "mode": "policy"},
        {"expr": "a > 1 and b > 1", "context": {"a": 0}, "mode": "policy"},
        {"expr": "1 +"},
        {"expr": '[@"2026-11-21", {x: "y"}]'},
    ]
    done = yingshang("feel", "--jsonl", cwd=folder, stdin="\n".join(map(json.dumps, lines)) + "\nno json\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert answers[:3] == [
        {"type": "number", "value": "1.1"},
        {"type": "unknown", "missing": ["b"]},
        {"type": "boolean", "value": False},
    ]
    assert [each["type"] for each in answers[3:]] == ["error", "list", "error"]
    assert answers[4]["value"][0] == {"type": "date", "value": "2026-11-21"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["match", "nowhere.yaml", "--subjects", "firms.csv"], 3, "nowhere.yaml"),
        (["match", "policy.yaml", "--subjects", "nothing.csv"], 3, "nothing.csv"),
        (["match", "policy.yaml", "--subjects", "firms.csv", "--id", "编号"], 3, "编号"),
        (["match", "policy.yaml", "--subjects", "firms.csv", "--as-of", "tomorrow"], 2, "2026-11-21"),
        (
            ["explain", "HIRNG", "--policies", "policy.yaml", "--subjects", "firms.csv", "--subject", "A"],
            3,
            "HIRING",
        ),
        (
            ["explain", "HIRING", "--policies", "policy.yaml", "--subjects", "firms.csv", "--subject", "Z"],
            3,
            "Z",
        ),
        (["policy", "check", "broken.yaml"], 1, "broken.yaml:"),
    ],
)
def test_what_is_wrong_is_said_and_the_exit_code_tells(
    folder: Path, arguments: list[str], code: int, said: str
) -> None:
    (folder / "broken.yaml").write_text("id: [", "utf-8")
    done = typed(*arguments, cwd=folder)
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [(["feel", "1 +"], 3, "too early"), (["unknown-command"], 2, "unknown-command")],
)
def test_a_program_that_ends_so_says_it_with_its_exit_code(
    folder: Path, arguments: list[str], code: int, said: str
) -> None:
    done = yingshang(*arguments, cwd=folder)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr and "Traceback" not in done.stderr


def test_every_command_explains_itself_with_an_example(folder: Path) -> None:
    helped = yingshang("feel", "--help", cwd=folder)
    assert helped.returncode == 0 and "yingshang feel" in helped.stdout
    for command in (["match"], ["explain"], ["simulate"], ["sample-city"], ["policy", "check"],
                    ["policy", "test"], ["policy", "schema"], ["dmn", "import"]):  # fmt: skip
        # In this process: starting one for each says nothing more.
        done = CliRunner().invoke(app, [*command, "--help"])
        assert done.exit_code == 0
        assert "yingshang " + " ".join(command) in done.stdout, command


def test_the_schema_is_published(folder: Path) -> None:
    done = yingshang("policy", "schema", cwd=folder)
    assert json.loads(done.stdout)["title"].startswith("Yingshang policy document")
