"""The import contracts of `pyproject.toml` complain when they should. Run by `.ci/run`, which installs import-linter.

Each case breaks a copy of the package in one way and runs lint-imports on the copy.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PACKAGE = PROJECT / "src" / "tokenpurse"


def lint_imports(project: Path) -> subprocess.CompletedProcess[str]:
    """Run lint-imports on the package in a folder, which comes before any installed one."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Give a copy of what lint-imports reads."""
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    shutil.copytree(PACKAGE, tmp_path / "src" / "tokenpurse", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_package_keeps_its_contracts(copy: Path) -> None:
    """Without a change nothing is broken: what the other tests see comes from their change."""
    result = lint_imports(copy)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("file", "line", "message"),
    [
        ("extra.py", "", "tokenpurse.extra"),
        ("plans/extra.py", "", "tokenpurse.plans.extra"),
        ("periods/extra.py", "", "tokenpurse.periods.extra"),
        ("_engine/extra.py", "", "tokenpurse._engine.extra"),
        ("codec/extra.py", "", "tokenpurse.codec.extra"),
        ("plans/plan.py", "from tokenpurse.codec import parts", "tokenpurse.plans.plan -> tokenpurse.codec"),
        ("codec/values.py", "from tokenpurse.codec import groups", "codec.values -> tokenpurse.codec.groups"),
        ("codec/facts/extra.py", "", "tokenpurse.codec.facts.extra"),
        ("codec/facts/trail.py", "from tokenpurse.codec.facts import single", "facts.trail -> tokenpurse.codec.facts"),
        (
            "codec/facts/compiled.py",
            "from tokenpurse.codec import soundness",
            "tokenpurse.codec.facts.compiled -> tokenpurse.codec.soundness",
        ),
        ("errors.py", "from tokenpurse.units import Unit", "tokenpurse.errors -> tokenpurse.units"),
        ("units.py", "from tokenpurse.pricing import Rate", "tokenpurse.units -> tokenpurse.pricing"),
        ("policies/rows.py", "from tokenpurse.plans import Plan", "tokenpurse.policies.rows -> tokenpurse.plans"),
        ("entries/facts.py", "from tokenpurse._engine import book", "tokenpurse.entries.facts -> tokenpurse._engine"),
        (
            "_engine/apply/moves.py",
            "from tokenpurse.plans import Plan",
            "tokenpurse._engine.apply.moves -> tokenpurse.plans",
        ),
        ("units.py", "import time", "tokenpurse.units -> time"),
        ("wallet/_core.py", "from os import environ", "tokenpurse.wallet._core -> os"),
        ("_engine/settle.py", "def now():\n    import random", "tokenpurse._engine.settle -> random"),
    ],
)
def test_a_wrong_import_is_found(copy: Path, file: str, line: str, message: str) -> None:
    """A module without a place, an import that points up or sideways, and a reach for the world: each is found."""
    path = copy / "src" / "tokenpurse" / file
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(f"{before}\n{line}\n", encoding="utf-8")
    result = lint_imports(copy)
    assert result.returncode == 1, result.stdout
    assert message in result.stdout, result.stdout


def test_no_layer_is_optional() -> None:
    """A layer in parentheses may be missing unnoticed; all of them are there, so none is in parentheses."""
    tools = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    contracts = tools["importlinter"]["contracts"]
    layers = [layer for contract in contracts for layer in contract.get("layers", ())]
    assert layers
    assert [name for layer in layers for name in re.findall(r"\(\w+\)", layer)] == []
