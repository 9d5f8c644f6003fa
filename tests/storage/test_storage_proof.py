"""The short version of the proofs; `python -m tests.storage.proof --long` is the long one.

They fork, so they run in a process that has nothing else in it.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.storage.places import PLACES
from tests.storage.proof.controls import CONTROLS
from tests.storage.proof.servers import CRASHED
from tests.support.outside import missing

PROJECT = Path(__file__).parents[2]


def proved(*words: str) -> str:
    """Run what the words ask for; gives what it said, and fails if something was wrong."""
    command = [sys.executable, "-m", "tests.storage.proof", *words]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603  # our own
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def where(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty database for a place is."""
    module, _, fixture = PLACES[name]
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing(f"module {error.name}", extra="storage")
    return str(tmp_path) if fixture is None else str(request.getfixturevalue(fixture))


@pytest.mark.parametrize("name", PLACES)
def test_nothing_is_lost_between_processes_nor_when_they_are_killed(name: str, where: str) -> None:
    """Exactly the balance is spent; of a killed process all is there or nothing, and asked again it is done once."""
    said = proved("--place", name, "--where", where)
    assert said.count(": ok; ") == 3
    assert "went through 23, expected 23" in said
    assert "in the middle 5" in said


@pytest.mark.parametrize("name", CRASHED)
def test_nothing_that_was_answered_is_lost_with_the_server(name: str, where: str) -> None:
    """Killed with all of its processes under load, it recovers every change that it had acknowledged."""
    assert "1 x kill -9 of the whole server: ok" in proved("--server", name)


@pytest.mark.parametrize(
    ("control", "name"),
    [pytest.param(name, control.place, id=name) for name, control in CONTROLS.items() if not control.long],
)
def test_without_a_guard_the_proof_fails(control: str, where: str) -> None:
    """And says why: a proof that has nothing to say about these proves nothing."""
    said = proved("--control", control, "--where", where)
    assert "FAILED" in said
    assert "\nnoticed\n" in said
