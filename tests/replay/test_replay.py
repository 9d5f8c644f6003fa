"""`replay`: a history is one wallet's, whole, in order and true to its figures; what is not is found where it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from tests.support.rich import july, opened
from tokenpurse import Catalogue, Plan, Wallet, replay
from tokenpurse.buckets import Loss
from tokenpurse.entries import Entry, Expired, Frozen
from tokenpurse.errors import HistoryError, PlanError, UnknownNameError


def history() -> list[Any]:
    """Opened, spent, granted, frozen: 1 to 4 July."""
    first = opened()
    spent = first.wallet.spend(5, at=july(2))
    given = spent.wallet.grant(7, at=july(3))
    frozen = given.wallet.freeze(at=july(4))
    return [*first.entries, *spent.entries, *given.entries, *frozen.entries]


def drawn(entry: Any, **changed: int) -> Any:
    """A spend whose one draw says something else."""
    (use,) = entry.uses
    (draw,) = use.draws
    return evolve(entry, uses=(evolve(use, draws=(evolve(draw, **changed),)),))


STRANGER = Loss("nope", "quota", opened().view.buckets()[0].unit, 5, -5)
BROKEN: dict[str, tuple[Callable[[list[Any]], list[Any]], int, str]] = {
    "nothing": (lambda es: es[:0], 0, "there is no entry"),
    "a first entry missing": (lambda es: es[1:], 0, "a history starts with Opened 1"),
    "a first entry of another number": (lambda es: [evolve(es[0], sequence=2), *es[1:]], 0, "starts with Opened 1"),
    "something else": (lambda es: [es[0], "spent", *es[2:]], 1, "it is a str, not an entry"),
    "a dropped entry": (lambda es: [es[0], *es[2:]], 1, "its sequence number is 3, after 1 comes 2"),
    "a doubled entry": (lambda es: [*es[:2], es[1], *es[2:]], 2, "its sequence number is 2, after 2 comes 3"),
    "swapped entries": (lambda es: [es[0], es[2], es[1], es[3]], 1, "its sequence number is 3"),
    "another wallet's entry": (lambda es: [es[0], evolve(es[1], wallet="b"), *es[2:]], 1, "it is of wallet b"),
    "opened twice": (lambda es: [es[0], evolve(es[0], sequence=2), *es[2:]], 1, "a wallet is opened once"),
    "an entry of the past": (
        lambda es: [*es[:2], evolve(es[2], at=july(2) - timedelta(microseconds=1)), es[3]],
        2,
        "before the entry at",
    ),
    "an entry after the end": (
        lambda es: [
            es[0],
            *opened().wallet.close(at=july(2)).entries,
            Frozen(wallet="acme", sequence=3, at=july(3)),
        ],
        2,
        "the wallet was closed before it",
    ),
    "a changed amount": (lambda es: [es[0], drawn(es[1], steps=6), *es[2:]], 1, "left by the amounts"),
    "a changed balance": (lambda es: [es[0], drawn(es[1], left_steps=996), *es[2:]], 1, "by the balance"),
    "a loss from no bucket": (
        lambda es: [es[0], Expired(wallet="acme", sequence=2, at=july(2), expired=(STRANGER,))],
        1,
        "in the wallet",
    ),
    "use that nobody paid": (
        lambda es: [es[0], evolve(es[1], uses=(evolve(es[1].uses[0], steps=6),)), *es[2:]],
        1,
        "6 tokens were used and 5 paid",
    ),
}


@pytest.mark.parametrize(("broken", "position", "said"), BROKEN.values(), ids=list(BROKEN))
def test_what_is_no_unbroken_history_is_found_at_its_position(
    broken: Callable[[list[Any]], list[Any]], position: int, said: str
) -> None:
    """The first entry that is wrong, and what is wrong with it."""
    with pytest.raises(HistoryError, match=said) as caught:
        replay(broken(history()))

    assert position == caught.value.position


@pytest.mark.parametrize("entries", [5, None, "x", [5], [None]])
def test_what_is_no_list_of_entries_is_no_history(entries: Any) -> None:
    """Found at position 0."""
    with pytest.raises(HistoryError) as caught:
        replay(entries)

    assert caught.value.position == 0


@pytest.mark.parametrize("count", range(1, 5))
def test_every_prefix_of_a_history_is_a_wallet(count: int) -> None:
    """Its version is the number of entries, its clock the last one's moment."""
    wallet = replay(history()[:count])

    assert isinstance(wallet, Wallet)
    assert (wallet.version, wallet.clock) == (count, july(count))


def test_entries_may_come_from_anything_that_can_be_walked_through() -> None:
    """Once is enough: a cursor of a data base will do."""
    entries: list[Entry] = history()

    assert replay(entries) == replay(tuple(entries)) == replay(entry for entry in entries)


def test_a_wallet_is_bound_to_plans_that_know_it() -> None:
    """Its own plan in its own revision has to be among them."""
    with pytest.raises(UnknownNameError):
        replay(history(), catalogue=Catalogue([Plan("other")]))
    with pytest.raises(PlanError, match="catalogue"):
        replay(history(), catalogue="rich")  # type: ignore[arg-type]  # wrong on purpose
