"""The example programs run, print what the documentation shows, and define their plans in a few lines."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from examples.systems import __main__ as all_five
from examples.systems import credits as prepaid_credits
from examples.systems import packages, payg, quota, rollover
from examples.terminal import Part, Story, bar, console
from tokenpurse import Wallet

PROJECT = Path(__file__).parents[2]
SYSTEMS = [quota, rollover, packages, payg, prepaid_credits]
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")

# What the documentation prints, in the order in which the story comes to it.
DOCUMENTED = {
    "quota": [
        "[500,000/2,000,000]",
        "[500,000/3,000,000]",
        "[1,500,000/3,000,000]",
        "500,000 quota + 500,000 top_up",
        "[0/2,500,000]",
        "[500,000/1,000,000]",
        "[500,000/2,000,000]",
        "[1,500,000/2,000,000]",
        "[0/1,500,000]",
        "[1,500,000/3,000,000]",
        "[0/3,000,000]",
        "to go on  upgrade to pro",
        "to go on  contact account_representative",
    ],
    "rollover": [
        " 8,500  ",
        "17,000  ",
        "25,500  ",
        "forfeited 8,500 quota",
        "25,500 rollover + 8,500 quota + 6,000 top_up",
        "5,000 tokens are locked on plan free",
        "resubscribe to small",
        "forfeited 3,500 top_up",
    ],
    "packages": ["[0/50,000]", "low: 9,999 tokens", "depleted: 0 tokens", "[0/50,000]", "[0/0]"],
    "payg": [
        "[12,345/20,000]",
        "statement 2,345 tokens at 3.00 USD per 1,000 = 7.04 USD",
        "bill 7.04 USD",
        "75 %: 7,500 tokens",
        "90 %: ",
        "100 %: 10,000 tokens",
        "limit token_limit of 10,000 tokens reached",
        "raise limit token_limit to 10,001, upgrade to",
    ],
    "credits": [
        "1,000,000 llm_tokens quota + 0.30 USD credit",
        "credit_balance_low: 9.70 USD",
        "100 sms quota + 3.00 USD credit",
        "charge 50.00 USD",
        "credit_auto_recharge_triggered: 50.00 USD",
        "credit_purchase_failed: 50.00 USD",
        "credit_balance_depleted: 0.00 USD",
        "110.00 USD added, 60.00 USD spent",
    ],
}


def assert_in_order(expected: list[str], text: str) -> None:
    at = 0
    for figure in expected:
        found = text.find(figure, at)
        assert found >= 0, f"{figure!r} does not come, or not in its place"
        at = found + len(figure)


@pytest.mark.parametrize("system", SYSTEMS, ids=DOCUMENTED)
def test_each_story_prints_what_the_documentation_shows(
    system: object, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """One after the other, the documented figures come; piped, they come as plain text of at most 100 columns."""
    system.main()  # type: ignore[attr-defined]  # a module
    told = capsys.readouterr().out
    assert_in_order(DOCUMENTED[request.node.callspec.id], told)
    assert not ESCAPE.search(told)
    assert all(len(line) <= 100 and line == line.rstrip() for line in told.splitlines())
    assert "replayed, they give this very wallet" in told


@pytest.mark.requirement("Q8")
def test_the_three_readings_end_as_printed() -> None:
    """The three readings of the example are three plans, and August tells them apart."""
    to = Console(file=io.StringIO(), width=100)
    ends = [str(quota.july(to, reading)[0].at(datetime(2026, 8, 1, tzinfo=UTC)).gauge()) for reading in quota.READINGS]
    assert ends == ["[0/2,500,000]", "[0/1,500,000]", "[0/3,000,000]"]


@pytest.mark.parametrize("width", [80, 100, 120])
def test_all_five_fit_a_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With colours on a terminal of 80 to 120 columns nothing is longer than a line."""
    told = io.StringIO()
    to = Console(
        file=told, width=width, force_terminal=True, color_system="truecolor", highlight=False, legacy_windows=False
    )
    monkeypatch.setattr(all_five, "console", lambda: to)
    all_five.main()
    assert ESCAPE.search(told.getvalue())
    lines = ESCAPE.sub("", told.getvalue()).splitlines()
    assert max(map(len, lines)) == width
    assert sum(line.startswith("━━ ") for line in lines) == 5


def test_the_whole_begins_with_what_the_systems_are_and_ends_with_what_was_proven(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A stranger is told what each letter is before it is used; the last line counts what the stories counted."""
    all_five.main()
    told = capsys.readouterr().out
    before, *stories = re.split(r"^━━ ", told, flags=re.MULTILINE)
    assert [story[:2] for story in stories] == ["Q ", "R ", "P ", "G ", "C "]
    for story in stories:
        letter, product, sells = re.match(r"(.) (.+?): (.+?) ━*\n", story).groups()  # type: ignore[union-attr]
        assert re.search(rf"^  {letter} {product} +{sells}$", before, re.MULTILINE), letter
    counted = [int(number) for number in re.findall(r"^ +(\d+) entries in the ledger; replayed", told, re.MULTILINE)]
    expected = f"{len(stories)} systems, {sum(counted)} entries, every ledger replayed to an equal wallet"
    assert expected == told.splitlines()[-1]
    assert len(counted) == 10


def test_what_is_printed_depends_on_nothing_in_the_process() -> None:
    """Neither `-O` nor time zone, locale, hash seed or the width of a terminal elsewhere changes a byte."""
    runs = []
    for options, settings in [
        ([], {"PYTHONHASHSEED": "1"}),
        (["-O"], {"PYTHONHASHSEED": "7", "TZ": "Pacific/Apia", "LC_ALL": "C", "COLUMNS": "40", "PYTHONUTF8": "0"}),
    ]:
        command = [sys.executable, *options, "-m", "examples.systems"]
        plain = {name: value for name, value in os.environ.items() if name not in {"FORCE_COLOR", "PYTHONIOENCODING"}}
        runs.append(subprocess.run(command, cwd=PROJECT, env=plain | settings, capture_output=True, check=True).stdout)  # noqa: S603  # our own program
    first, second = runs
    assert first == second
    assert "━━ Q " in first.decode()


def plan_lines(source: str) -> list[str]:
    """The lines in which a module defines its plans; blank lines and comments don't count."""
    _, _, rest = source.partition("# --- plans ---\n")
    section, end, _ = rest.partition("# --- end of plans ---\n")
    assert end
    return [line for line in section.splitlines() if line.strip() and not line.lstrip().startswith("#")]


@pytest.mark.parametrize("system", DOCUMENTED)
def test_the_plans_of_a_system_take_at_most_20_lines(system: str) -> None:
    """All plans of one system, with everything they share."""
    lines = plan_lines((PROJECT / "examples" / "systems" / f"{system}.py").read_text(encoding="utf-8"))
    assert 5 <= len(lines) <= 20


def test_plans_are_defined_nowhere_else() -> None:
    """What follows the plans' section makes no plan, so that its length is the whole truth."""
    for system in DOCUMENTED:
        source = (PROJECT / "examples" / "systems" / f"{system}.py").read_text(encoding="utf-8")
        section = "\n".join(plan_lines(source))
        for part in ("Plan(", "Allowance(", "Offer(", "Alert(", "Catalogue("):
            assert source.count(part) == section.count(part), f"{system}: {part}"


# --- drawing ----------------------------------------------------------------------------------------------------------


@given(
    parts=st.lists(
        st.integers(0, 10**7).flatmap(lambda size: st.tuples(st.integers(0, size), st.just(size))),
        min_size=1,
        max_size=4,
    ).filter(lambda parts: any(size for _, size in parts)),
    width=st.integers(8, 120),
)
def test_a_bar_is_as_wide_as_asked_and_never_lies_at_its_ends(parts: list[tuple[int, int]], width: int) -> None:
    """Whatever the shares: exact width; a piece with use shows some; a piece with something left shows some."""
    drawn = bar([Part(used, size, "cyan") for used, size in parts], width).plain
    assert len(drawn) == width
    pieces = drawn.split("│")
    there = [(used, size) for used, size in parts if size]
    assert len(pieces) == len(there)
    for piece, (used, size) in zip(pieces, there, strict=True):
        if len(piece) > 1:
            assert ("█" in piece) == (used > 0)
            assert ("░" in piece) == (used < size)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(0, 10)], "░" * 20),
        ([(5, 10)], "█" * 10 + "░" * 10),
        ([(10, 10)], "█" * 20),
        ([(1, 10**6)], "█" + "░" * 19),
        ([(10**6 - 1, 10**6)], "█" * 19 + "░"),
        ([(500, 1_000), (250, 500)], "█" * 6 + "░" * 7 + "│" + "█" * 3 + "░" * 3),
    ],
)
def test_bars(parts: list[tuple[int, int]], expected: str) -> None:
    """A piece is as long as its share of the whole, and filled as far as it is used."""
    assert expected == bar([Part(used, size, "cyan") for used, size in parts], 20).plain


def wallet() -> Wallet:
    return Wallet.open(quota.PROSE, id="acme", at=datetime(2026, 7, 1, tzinfo=UTC)).wallet


def test_a_story_that_expects_a_refusal_fails_without_one() -> None:
    """An example cannot claim a refusal that does not happen."""
    story = Story(Console(file=io.StringIO(), width=100), "no refusal")
    at = datetime(2026, 7, 2, tzinfo=UTC)
    with pytest.raises(RuntimeError, match="it was not refused"):
        story.refused("use 1", at, lambda: wallet().spend(1, at=at))


def test_a_story_that_loses_an_entry_fails() -> None:
    """The sentence about the ledger is checked, not said."""
    story = Story(Console(file=io.StringIO(), width=100), "a lost entry")
    opened = Wallet.open(quota.PROSE, id="acme", at=datetime(2026, 7, 1, tzinfo=UTC))
    after = story.tell("open", opened).spend(1, at=datetime(2026, 7, 2, tzinfo=UTC)).wallet
    with pytest.raises(RuntimeError, match="do not rebuild the wallet"):
        story.end(after)


@pytest.mark.parametrize(("columns", "expected"), [(40, 80), (100, 100), (300, 120)])
def test_a_terminal_is_used_from_80_to_120_columns(
    columns: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Narrower ones wrap, wider ones stay readable."""

    class Terminal(io.StringIO):
        isatty: Callable[[], bool] = staticmethod(lambda: True)

    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert expected == console().width
