"""The public conformance suite, where its cases are at hand (they are not part of this repository)."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TOOL = Path(__file__).resolve().parents[3] / "tools" / "conformance.py"


def load_tool() -> ModuleType:
    specification = importlib.util.spec_from_file_location("conformance_tool", TOOL)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module  # dataclasses look their module up there
    specification.loader.exec_module(module)
    return module


conformance: Any = load_tool()


@pytest.fixture(scope="module")
def outcome() -> Any:
    file = conformance.cases_file()
    if not file.is_file():
        pytest.skip(f"the conformance cases are not here ({file}); give them in FEEL_TCK")
    return conformance.run(conformance.load(file))


def test_values_come_out(outcome: Any) -> None:
    assert outcome.values.total > 0
    assert outcome.values.share >= 0.98, outcome.misses


def test_nulls_come_out(outcome: Any) -> None:
    assert outcome.nulls.total > 0
    assert outcome.nulls.share >= 0.97, outcome.misses


def test_the_page_depends_on_nothing_but_the_cases(outcome: Any) -> None:
    page = conformance.report(outcome)
    assert page == conformance.report(outcome)
    assert str(Path.home()) not in page and str(TOOL.parents[1]) not in page


def test_without_cases_it_says_so_and_succeeds(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert conformance.main([str(tmp_path / "none.json"), "--check"]) == 0
    assert "nothing measured" in capsys.readouterr().out


def case(expression: str, expected: Any, kind: str | None = None) -> dict[str, Any]:
    return {"folder": "made up", "expr": expression, "expected": expected, "typeRef": kind}


def test_it_counts_what_it_should() -> None:
    found = conformance.run(
        [
            case("1 + 1", ["xsd:decimal", "2"]),
            case("1 + 1", ["xsd:decimal", "3"]),
            case("1 + null", None),
            case("1 +", None),  # cannot be parsed: no null
            case("1", None, "string"),  # a number is no string
            case("[1]", ["xsd:decimal", "1"], "number"),
            case('{a: "x"}', {"a": ["xsd:string", "x"]}),
        ]
    )
    assert (found.values.passed, found.values.total) == (3, 4)
    assert (found.nulls.passed, found.nulls.total) == (2, 3)
    assert len(found.misses) == 2
    assert found.folder_mean == pytest.approx(5 / 7)
