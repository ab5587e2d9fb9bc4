"""Each documentation check passes on a small true project, and fails when one thing in it is made false."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import pytest
import typer
from typer.main import get_command

PYPROJECT = """
[project]
name = "yingshang"
version = "0.1.0"
dependencies = ["lark>=1.2", "PyYAML"]
[project.optional-dependencies]
develop = ["pytest>=8"]
"""
PIN = "{}=={} \\\n    --hash=sha256:aa\n"
RUNTIME = PIN.format("lark", "1.3.1") + PIN.format("pyyaml", "6.0.3")
DECISION = "# 0001. A choice\n\n## Context\n\n## Decision\n\n## Consequences\n\n## Alternatives\n"
SCHEMA = '{"type": "object"}\n'
GUIDE = """# Guide

See [the words](../glossary.md#people) and `src/yingshang/rules/api.py`, or `rules/api.py`, run by `make check`.

```bash
.venv/bin/yingshang match examples/policies --subjects city.parquet --json | head
yingshang \\
    policy check examples/policies  # `yingshang nothing` in a comment is not a call
```

```console
$ yingshang --version
yingshang made this line, which is output
```

Elsewhere: `yingshang match --subjects=FILE`, `yingshang <command> --whatever`, `yingshang policy schema`.
"""


def _command() -> Any:
    app = typer.Typer()
    policy = typer.Typer()
    app.add_typer(policy, name="policy")

    @app.callback()
    def root(version: bool = False) -> None: ...

    @app.command()
    def match(
        policies: list[str], subjects: str = "", json: Annotated[bool, typer.Option("--json")] = False
    ) -> None: ...

    @policy.command()
    def check(policies: list[str]) -> None: ...

    @policy.command()
    def schema() -> None: ...

    return get_command(app)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in {
        "pyproject.toml": PYPROJECT,
        "Makefile": "check: install\n\ninstall:\n",
        "CHANGELOG.md": "# Changelog\n\n## [Unreleased]\n",
        "README.md": "[guide](docs/guides/match.md) and [the web](https://example.org/nothing)\n",
        "requirements.txt": RUNTIME,
        "requirements-develop.txt": RUNTIME + PIN.format("pytest", "9.2.0"),
        "docs/glossary.md": "# Words\n\n## People\n\n| 中文 | English |\n|---|---|\n| 诉求 | appeal |\n| 办结 | close |\n",
        "docs/guides/match.md": GUIDE,
        "docs/policy.schema.json": SCHEMA,
        "docs/adr/README.md": "- [a choice](0001-choice.md)\n",
        "docs/adr/0001-choice.md": DECISION,
        "examples/policies/a.yaml": "",
        "src/yingshang/__init__.py": '__version__ = "0.1.0"\n',
        "src/yingshang/rules/api.py": '__all__ = ["parse"]\n\ndef parse(): ...\n',
        "src/yingshang/rules/README.md": "# Rules\n\n## Public names\n\n- `parse(text)`: reads\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def findings(docs_drift: ModuleType, tree: Path) -> Callable[[], list[str]]:
    command = _command()

    def look() -> list[str]:
        return [str(finding) for finding in docs_drift.find_all(docs_drift.Project(tree, command, SCHEMA))]

    return look


def test_a_true_project_has_no_findings(findings: Callable[[], list[str]]) -> None:
    assert findings() == []


GUIDE_PAGE = "docs/guides/match.md"


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        pytest.param(
            GUIDE_PAGE,
            "../glossary.md",
            "../words.md",
            "docs/guides/match.md:3: link ../words.md#people",
            id="link",
        ),
        pytest.param(GUIDE_PAGE, "#people", "#places", "glossary.md has no heading #places", id="anchor"),
        pytest.param(
            "README.md",
            "docs/guides/match.md",
            "/docs/guides/match.md",
            "write it relative",
            id="absolute link",
        ),
        pytest.param(
            GUIDE_PAGE,
            "`rules/api.py`",
            "`rules/door.py`",
            "`rules/door.py`: there is no such path",
            id="room path",
        ),
        pytest.param(
            GUIDE_PAGE,
            "`src/yingshang/rules/api.py`",
            "`src/a.py`",
            "`src/a.py`: there is no such path",
            id="path",
        ),
        pytest.param(
            GUIDE_PAGE, "`rules/api.py`", "`door.py`", "`door.py`: no file of that name", id="bare file name"
        ),
        pytest.param(
            GUIDE_PAGE,
            "match examples/policies",
            "match examples/none",
            "`examples/none`",
            id="path in a command",
        ),
        pytest.param(GUIDE_PAGE, "`make check`", "`make magic`", "no such target", id="make target"),
        pytest.param(
            GUIDE_PAGE,
            "yingshang match examples",
            "yingshang mach examples",
            "no command mach (it has: match, policy)",
            id="command",
        ),
        pytest.param(
            GUIDE_PAGE,
            "    policy check",
            "    policy chek",
            "docs/guides/match.md:7: `yingshang policy` has no command chek",
            id="subcommand",
        ),
        pytest.param(GUIDE_PAGE, "--json |", "--xml |", "`yingshang match` has no option --xml", id="option"),
        pytest.param(
            GUIDE_PAGE, "--subjects=FILE", "--subject=FILE", "no option --subject", id="option in a span"
        ),
        pytest.param(
            GUIDE_PAGE,
            "$ yingshang --version",
            "$ yingshang --vers",
            "`yingshang` has no option --vers",
            id="console",
        ),
        pytest.param(
            "src/yingshang/rules/api.py",
            '["parse"]',
            '["parse", "run"]',
            "__all__ names run",
            id="missing public name",
        ),
        pytest.param(
            "src/yingshang/rules/README.md",
            "`parse(text)`",
            "it",
            "`parse` is in api.py's __all__",
            id="undocumented name",
        ),
        pytest.param(
            "src/yingshang/rules/README.md",
            "- `parse(text)`",
            "- `parse`\n- `walk(tree)`",
            "`walk` is listed as public",
            id="invented name",
        ),
        pytest.param(
            "docs/policy.schema.json", "object", "array", "differs from the schema in use", id="schema"
        ),
        pytest.param(
            "docs/glossary.md",
            "| 办结 | close |",
            "| 诉求 | close |",
            "诉求 stands on line 7",
            id="chinese twice",
        ),
        pytest.param(
            "docs/glossary.md",
            "| 办结 | close |",
            "| 办结 | Appeal |",
            "appeal stands on line 7",
            id="english twice",
        ),
        pytest.param("docs/glossary.md", "|", " ", "no table row", id="empty glossary"),
        pytest.param(
            "CHANGELOG.md", "[Unreleased]", "[0.0.9]", "neither [Unreleased] nor [0.1.0]", id="changelog"
        ),
        pytest.param("src/yingshang/__init__.py", "0.1.0", "0.2.0", "__version__ is 0.2.0", id="version"),
        pytest.param(
            "docs/adr/README.md",
            "0001-choice.md",
            "../glossary.md",
            "README.md does not list it",
            id="unlisted decision",
        ),
        pytest.param(
            "docs/adr/0001-choice.md",
            "## Alternatives",
            "## Others",
            "no section Alternatives",
            id="decision without a section",
        ),
        pytest.param(
            "requirements.txt", "pyyaml", "yaml", "has nothing for PyYAML", id="dependency without a pin"
        ),
        pytest.param(
            "requirements.txt", "lark==1.3.1", "lark==1.1.9", "has 1.1.9 for lark>=1.2", id="pin too old"
        ),
        pytest.param(
            "requirements.txt", "--hash=sha256:aa", "", "has nothing for lark", id="pin without a hash"
        ),
        pytest.param(
            "requirements.txt",
            "lark==",
            "--index-url https://packages.example.org\nlark==",
            "holds an address",
            id="address",
        ),
    ],
)
def test_what_is_made_false_is_found(
    tree: Path, findings: Callable[[], list[str]], name: str, old: str, new: str, expected: str
) -> None:
    path = tree / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    found = findings()
    assert any(expected in finding for finding in found), found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("docs/glossary.md", "there is no glossary"),
        ("src/yingshang/rules/README.md", "this room has no README.md"),
        ("requirements-develop.txt", "missing; run: make requirements"),
    ],
)
def test_what_is_missing_is_found(
    tree: Path, findings: Callable[[], list[str]], name: str, expected: str
) -> None:
    (tree / name).unlink()
    assert any(expected in finding for finding in findings())


def test_two_decisions_may_not_share_a_number(tree: Path, findings: Callable[[], list[str]]) -> None:
    (tree / "docs/adr/0001-other.md").write_text(DECISION, encoding="utf-8")
    with (tree / "docs/adr/README.md").open("a", encoding="utf-8") as index:
        index.write("- [another](0001-other.md)\n")
    assert findings() == ["docs/adr/0001-other.md:1: 0001-choice.md has the same number"]


def test_the_exit_code_says_whether_there_was_a_finding(
    docs_drift: ModuleType, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert docs_drift.main([str(tree)]) == 0
    (tree / "CHANGELOG.md").unlink()
    assert docs_drift.main([str(tree)]) == 1
    assert "CHANGELOG.md:1:" in capsys.readouterr().out


def test_commands_are_not_compared_before_the_command_exists(docs_drift: ModuleType, tree: Path) -> None:
    assert docs_drift.Project(tree).command is None
    assert list(docs_drift.check_commands(docs_drift.Project(tree))) == []
