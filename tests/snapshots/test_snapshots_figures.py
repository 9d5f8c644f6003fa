"""Any one whole number of a stored wallet that is changed by one is found out, or it is listed here why nobody can.

A wallet says most things once: they are what its entries came to, and its ledger says them a second time. What stands
here is what only the ledger, or a signature over the bytes, can find.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.support.snapshots import places, prefixes
from tokenpurse.codec import dump_wallet, load_wallet
from tokenpurse.errors import SnapshotError

PRICE = r"\b(rate|priced|withheld)\.(cost_steps|per_steps|base_steps|base_per|round_to|step|minimum|pack|tiers)$"
SAID_ONCE = {
    # the wallet as a whole
    r"^version$": "how many entries there were",
    r"^ring$": "a choice of the host's",
    r"^plan\.revision$": "which revision of its plan it is on",
    r"\bperiod\.number$|\bof\.number$|stretch\.number$|window\.number$": "the number of a period: the schedule's",
    r"^(issued|requested|declines|tallies\.bills)$": "how many there were",
    # what was chosen, here or by the plan
    r"^(counts|limits)\.\w+$|^label_limits$": "a choice of the host's",
    r"^auto_top_up\.\w+$": "the customer's choice",
    r"\bpriority$": "the plan's word for the order of use",
    PRICE: "a price is the plan's",
    r"^streams\.part$|unused\.(share|most_steps)$|^ways\.carries$|^last\.limits$": "worked out from the plan",
    r"^(pending|last\.plan)\.revision$": "which revision of a plan it was",
    # sums of all that happened
    r"^(added|granted|spent|bought)\.\w+$": "a sum over the wallet's life, longer than buckets are remembered",
    r"^debts\.\w+$": "what use left unpaid",
    r"^tallies\.(used|retired)\.\w+$|^tallies\.(allowance_paid|counted|given_on|priced)$": "a sum over the period",
    r"^(counters\.steps|tallies\.repaid\.\w+|last\.used|last\.priced)$": "a sum over a stretch of time",
    r"^(window|streams)\.\w*(steps|purchases)$|^window\.spent\.steps$": "a sum over a stretch of time",
    # buckets: what went in and out of one is the sum of entries
    r"^(buckets|past\.bucket)\.(granted|left|lost|opening|excess|transferred|repaid)_steps$": "a sum of entries",
    r"^(buckets|past\.bucket)\.claw_back\.(taken|held|lost|debt|let_go|refunded)$": "a sum of entries",
    r"^(buckets|past\.bucket)\.paid\.steps$": "what was paid for it",
    # what was said or asked for once, kept for when it comes again
    r"\.(ref|made|refs)\.steps$|^memory\.(ring|payments)\.(steps|said)$|\.said$": "a first outcome, in short",
    r"^memory\.payments\.gifts\.": "a first outcome, in short",
    r"\bsequence$": "which entry it was",
    r"^(closings\.(by|since)|ways\.since|billed\.until|past\.by|undone)$": "which entry it was",
    r"^(tallies\.(since|left)|undone_to|banks_since|billed_to)$": "which entry it was",
    r"^undone\.steps$|^closings\.unused\.steps$": "a sum of entries",
    r"draws\.left_steps$|^last\.rests\.(left_)?steps$": "what a bucket had then",
    r"^tallies\.withheld\.(draws\.)?steps$": "what was paid then",
    r"\.(quantity|before)$": "what ran up, or is billed",
    r"^(pending|declined)\.(steps|count|bonus_steps|price\.steps)$": "what was asked for",
    r"^lines\.\w+\.(crossings|passed)$": "how often an alert was crossed",
}


@cache
def passed() -> dict[str, int]:
    """Change every whole number of every fourth wallet by one; count by name those that nobody minded."""
    found: dict[str, int] = {}
    for _, wallets in prefixes():
        for wallet in (*wallets[::4], wallets[-1]):
            document = dump_wallet(wallet)
            for name in changed_unnoticed(document):
                found[name] = found.get(name, 0) + 1
    return found


def changed_unnoticed(document: dict[str, Any]) -> Iterator[str]:
    for holder, key, path in list(places(document)):
        figure = holder[key]
        long = type(figure) is str and re.fullmatch(r"-?[0-9]{16,}", figure)
        if type(figure) is int or long:
            for by in (-1, 1):
                holder[key] = f"{int(figure) + by}" if long else figure + by
                if is_read(document):
                    yield ".".join(step for step in path[1:] if type(step) is str)
            holder[key] = figure


def is_read(document: dict[str, Any]) -> bool:
    try:
        load_wallet(document, id="acme")
    except SnapshotError:
        return False
    return True


def test_a_changed_figure_is_found() -> None:
    """What is held, what is over, and whatever is said twice."""
    known = [re.compile(name) for name in SAID_ONCE]
    assert [name for name in passed() if not any(one.search(name) for one in known)] == []
    for name in ("buckets.held_steps", "held.tokens", "holds.uses.steps", "holds.uses.draws.steps", "streams.every.n"):
        assert name not in passed()


@pytest.mark.parametrize("name", SAID_ONCE)
def test_what_is_listed_as_said_once_is_found_nowhere(name: str) -> None:
    """Or the list is longer than it has to be."""
    assert [one for one in passed() if re.search(name, one)]
