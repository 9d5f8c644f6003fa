"""What is checked before anything else: words that are no words, and figures too long to be one."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.support.rich import july, opened
from tokenpurse import Change, Wallet
from tokenpurse._engine import doors
from tokenpurse.errors import AmountError, ConflictError, UnknownNameError, WalletClosed


class Chameleon:
    """Equal to everything, and hashed as nothing."""

    def __eq__(self, _other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


Verb = Callable[[Wallet, Any], Change]

NAMED: dict[str, tuple[str, Verb]] = {
    "grant": ("meter", lambda w, name: w.grant(5, name, at=july(2), ref="pay_1")),
    "top_up": ("offer", lambda w, name: w.top_up(name, 5, at=july(2), payment="pay_1")),
    "set_count": ("count", lambda w, name: w.set_count(name, 5, at=july(2), ref="use_1")),
    "change_plan": ("plan", lambda w, name: w.change_plan(name, at=july(2), ref="use_1")),
    "set_limit": ("limit", lambda w, name: w.set_limit(name, 5, at=july(2), ref="use_1")),
    "set_zone": ("zone", lambda w, name: w.set_zone(name, at=july(2), ref="use_1")),
}


@pytest.mark.parametrize("name", [[], {}, 5, b"x", Chameleon()], ids=lambda name: type(name).__name__)
@pytest.mark.parametrize("verb", NAMED)
def test_a_name_that_is_no_word_is_refused_before_its_ref_is_looked_at(verb: str, name: object) -> None:
    """It is neither a repeat nor a conflict of what the ref was used for, nor an error of Python's."""
    what, call = NAMED[verb]
    wallet = opened().wallet.spend(1, at=july(2), ref="use_1").wallet.grant(5, at=july(2), ref="pay_1").wallet

    with pytest.raises(UnknownNameError) as error:
        call(wallet, name)

    assert error.value.what == what
    assert error.value.name is name


def test_a_closed_wallet_says_so_before_it_looks_a_zone_up() -> None:
    """As every other name is looked up after it."""
    closed = opened().wallet.close(at=july(2)).wallet

    with pytest.raises(WalletClosed):
        closed.set_zone("Mars/X", at=july(2))
    with pytest.raises(UnknownNameError, match="unknown zone 'Mars/X'"):
        opened().wallet.set_zone("Mars/X", at=july(2))


class Watched(tuple[int, ...]):
    """Digits that count how many of them are copied."""

    __slots__ = ()
    copied = 0

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        if isinstance(key, slice):
            Watched.copied += len(found)
            return Watched(found)
        return found


class Long(Decimal):
    """A figure whose digits are watched."""

    def as_tuple(self) -> Any:
        return super().as_tuple()._replace(digits=Watched(super().as_tuple().digits))


def test_a_word_is_made_without_copying_the_digits_over_and_over() -> None:
    """A thousand zeros were half a million copies, a hundred thousand many seconds."""
    Watched.copied = 0

    assert doors.amount_word(Long("1" + "0" * 1_000)) == "1E+1000"
    assert Watched.copied <= 1_001


@pytest.mark.parametrize(
    ("amount", "word"),
    [
        (Decimal("2.50"), "2.5"),
        (Decimal("2.5" + "0" * 100), "2.5"),
        (Decimal("0E+5"), "0"),
        (Decimal("1" + "0" * 100_000), "1E+100000"),
        (Decimal("1" * 40), "1" * 40),
        (Decimal("1" * 41), "'a decimal of many digits'"),
        (Decimal("0." + "1" * 100_000), "'a decimal of many digits'"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_equal_amounts_have_one_word_and_long_ones_a_short_one(amount: Decimal, word: str) -> None:
    """More digits than any amount has cannot be one, so they need not be told apart."""
    assert doors.amount_word(amount) == word


@pytest.mark.parametrize(
    "amount", [Decimal("1" + "0" * 100_000), Decimal("0." + "7" * 100_000), 10**100_000], ids=["long", "precise", "int"]
)
def test_a_figure_of_a_hundred_thousand_digits_is_refused(amount: Any) -> None:
    """At once, whichever verb takes it."""
    wallet = opened().wallet
    for call in (wallet.spend, wallet.grant):
        with pytest.raises(AmountError):
            call(amount, "USD", at=july(2))


def test_a_ref_of_another_name_is_still_a_conflict() -> None:
    """Words are compared as ever."""
    wallet = opened().wallet.grant(5, "tokens", at=july(2), ref="r").wallet

    assert wallet.grant(5, "tokens", at=july(2), ref="r").repeated
    with pytest.raises(ConflictError):
        wallet.grant(5, "sms", at=july(2), ref="r")
