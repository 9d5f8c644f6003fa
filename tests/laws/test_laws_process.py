"""A history is the same in every process: zone, language, hash seed, `-O` and decimal context change nothing."""

from __future__ import annotations

import decimal
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

import tokenpurse
from tests.laws.test_laws_replay import stories
from tokenpurse import entries as e
from tokenpurse import replay
from tokenpurse.errors import Refused

MUCH = {"USD": decimal.Decimal("999.123456")}
PROJECT = Path(__file__).parents[2]


def told() -> str:
    """Play the stories, and sum up every word of them."""
    stories.cache_clear()
    said = []
    for story in stories():
        for entry in story.entries:
            said.append(repr(entry))
            said += [repr(entry.paid_by())] if isinstance(entry, e.Spent) else []
            said += [str(entry.statement)] if isinstance(entry, e.PeriodOpened | e.Closed) else []
            view = replay(story.entries[: entry.sequence], catalogue=story.plans).at(entry.at)
            said += [repr(view.buckets()), repr(view.pending()), repr(view.accrued()), repr(view.alerts())]
            for meter in view._plan().terms.meters:
                said += [str(view.available(meter)), str(view.gauge(meter)), repr(view.lifetime(meter))]
                said += [repr(view.by_kind(meter)), _said(view.quote(MUCH.get(meter, 999), meter).refusal)]
    return sha256("\n".join(said).encode()).hexdigest()


def _said(refusal: Refused | None) -> str:
    return (
        "" if refusal is None else f"{refusal} {refusal.asked} {refusal.available} {refusal.short} {refusal.remedies}"
    )


@pytest.fixture(scope="module")
def here() -> str:
    return told()


@pytest.mark.parametrize(
    ("flags", "world"),
    [
        ([], {"TZ": "Pacific/Apia"}),
        ([], {"TZ": "America/St_Johns", "PYTHONHASHSEED": "1"}),
        ([], {"PYTHONHASHSEED": "4242"}),
        ([], {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}),
        ([], {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONHASHSEED": "7"}),
        (["-O"], {}),
        (["-OO"], {"TZ": "Asia/Kolkata"}),
    ],
)
def test_another_process_tells_the_same(here: str, flags: list[str], world: dict[str, str]) -> None:
    path = os.pathsep.join([str(PROJECT), str(Path(tokenpurse.__file__).parents[1])])
    done = subprocess.run(  # noqa: S603  # this very interpreter
        [sys.executable, *flags, "-c", "from tests.laws.test_laws_process import told; print(told())"],
        env={**os.environ, "PYTHONPATH": path, **world},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert here == done.stdout.strip()


@pytest.mark.parametrize(
    "context",
    [
        decimal.Context(prec=3),
        decimal.Context(prec=1, rounding=decimal.ROUND_UP),
        decimal.Context(prec=3, traps=[decimal.Inexact, decimal.Rounded, decimal.Subnormal, decimal.FloatOperation]),
        decimal.Context(prec=28, rounding=decimal.ROUND_CEILING, Emax=3, Emin=-3),
        decimal.Context(prec=6, capitals=0, clamp=1),
    ],
)
def test_the_decimal_context_of_the_host_is_not_asked(here: str, context: decimal.Context) -> None:
    """And the library sets no flag in it, nor leaves another behind."""
    with decimal.localcontext(context) as ambient:
        assert here == told()
        assert not any(ambient.flags.values())
        assert decimal.getcontext() is ambient
