"""The first use of the codec may be by several threads at once, as in a host that has just been started."""

from __future__ import annotations

import subprocess
import sys

_FIRST_USE = """
import sys
from datetime import UTC, datetime
from threading import Thread
from tokenpurse import Allowance, Plan, Wallet
from tokenpurse.codec import dump_wallet, load_wallet
wallet = Wallet.open(Plan("pro", allowances=[Allowance(10)]), id="acme", at=datetime(2026, 7, 1, tzinfo=UTC)).wallet
sys.setswitchinterval(1e-6)
same = []
def use():
    same.append(load_wallet(dump_wallet(wallet), id="acme") == wallet)
threads = [Thread(target=use, daemon=True) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(60)
print(same == [True] * 8)
"""


def test_the_first_use_may_be_by_several_threads_at_once() -> None:
    """Each time in a process of its own: the second use finds what the first one found out."""
    for _ in range(3):
        command = [sys.executable, "-c", _FIRST_USE]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)  # noqa: S603  # this very interpreter
        assert done.stdout.strip() == "True", done.stderr
