"""Errors: one root, families that Python knows, facts as attributes, and messages that cannot hurt."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from decimal import Decimal, localcontext
from enum import IntEnum
from itertools import count
from typing import Any

import pytest

from tests.support.rich import july, opened
from tokenpurse import Allowance, AutoTopUp, Limit, Offer, Plan, Wallet, errors, replay
from tokenpurse.codec import load_wallet
from tokenpurse.errors import (
    AmountError,
    ArgumentError,
    ClockError,
    ConflictError,
    HistoryError,
    HoldEnded,
    LimitReached,
    Locked,
    NotAllowed,
    NotEnough,
    NotRefundable,
    NotSold,
    OutOfBounds,
    PeriodClosed,
    PlanError,
    PolicyError,
    PurseError,
    Refused,
    Remedy,
    SnapshotError,
    UnknownNameError,
    WalletClosed,
    WalletFrozen,
    WalletPaused,
    listed,
    shown,
)

FAMILIES: list[tuple[type[PurseError], type[Exception]]] = [
    (AmountError, ValueError),
    (ClockError, ValueError),
    (ArgumentError, ValueError),
    (PlanError, ValueError),
    (SnapshotError, ValueError),
    (UnknownNameError, LookupError),
    (ConflictError, PurseError),
    (HistoryError, PurseError),
    (PolicyError, PurseError),
    (WalletClosed, Refused),
    (WalletFrozen, Refused),
    (WalletPaused, Refused),
    (NotSold, Refused),
    (NotAllowed, Refused),
    (HoldEnded, Refused),
    (NotRefundable, Refused),
    (PeriodClosed, Refused),
    (OutOfBounds, Refused),
    (Locked, Refused),
    (LimitReached, Refused),
    (NotEnough, Refused),
    (Refused, PurseError),
]


@pytest.mark.parametrize(("error", "family"), FAMILIES)
def test_every_error_has_the_one_root_and_its_family(error: type[PurseError], family: type[Exception]) -> None:
    """A refusal is never a ValueError: it is an answer, not a wrong question."""
    assert issubclass(error, PurseError)
    assert issubclass(error, family)
    assert issubclass(error, Refused) <= (not issubclass(error, ValueError | LookupError))


def test_this_file_knows_them_all() -> None:
    """A new error gets a line in the table."""
    public = {getattr(errors, name) for name in errors.__all__}
    classes = {one for one in public if isinstance(one, type) and issubclass(one, PurseError)}

    assert classes - {PurseError} == {error for error, _ in FAMILIES}


class Colour(IntEnum):
    """An int that shows as a word."""

    RED = 10**30


class Rude:
    """An object whose repr is not to be trusted."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def __repr__(self) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Trap(int):
    """An int that raises where another has an answer."""

    def bit_length(self) -> int:
        raise RuntimeError("not me")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5"),
        ("a", "'a'"),
        ("é\n\ud800", "'\\xe9\\n\\ud800'"),
        ("x" * 10_000, "'" + "x" * 56 + "..."),
        (10**40, "an integer of 133 bits"),
        (10**5_000, "an integer of 16,610 bits"),
        (-(10**5_000), "an integer of 16,610 bits"),
        ([10**5_000], "a value of type list"),
        (Colour.RED, "<Colour.RED: 1000000000000000000000000000000>"),
        (Decimal("1E+1000000"), "Decimal('1E+1000000')"),
        (Decimal("1" * 50), "'a decimal of many digits'"),
        (Decimal("sNaN"), "Decimal('sNaN')"),
        (Rude(RuntimeError()), "a value of type Rude"),
        (Rude(5), "a value of type Rude"),
        (Rude("\x1b[31m" + "y" * 100), "\\x1b[31m" + "y" * 49 + "..."),
        (Trap(5), "a value of type Trap"),
    ],
    ids=count(),
)
def test_any_value_can_be_shown(value: object, text: str) -> None:
    """On one line, in ASCII, at most 60 characters, and never with an error of its own."""
    found = shown(value)

    assert len(found) <= 60
    assert found.isascii()
    assert found == text or text.startswith("\\x1b")


def test_a_long_list_ends_in_dots() -> None:
    """As many as fit."""
    assert listed([]) == ""
    assert listed(["a", "b"]) == "a, b"
    many = listed(f"name{number}" for number in range(1_000))
    assert len(many) < 200
    assert many.startswith("name0, name1")
    assert many.endswith(", ...")


@pytest.mark.parametrize(
    ("remedy", "text"),
    [
        (Remedy(kind="wait", until=july(32)), "wait until 2026-08-01T00:00:00Z"),
        (Remedy(kind="top_up", name="tokens"), "top up by offer tokens"),
        (Remedy(kind="raise_limit", name="cap", to=1_500), "raise limit cap to 1,500"),
        (Remedy(kind="raise_limit", name="cap", to=Decimal("1.50")), "raise limit cap to 1.50"),
        (Remedy(kind="upgrade", name="pro"), "upgrade to pro"),
        (Remedy(kind="resubscribe", name="pro"), "resubscribe to pro"),
        (Remedy(kind="contact", name="agent"), "contact agent"),
    ],
)
def test_a_remedy_reads_like_advice(remedy: Remedy, text: str) -> None:
    """It is data, too."""
    assert str(remedy) == text
    assert copy.copy(remedy) == remedy


def test_remedies_are_worked_out_once_and_only_when_they_are_read() -> None:
    """A refusal that nobody asks for advice costs nothing."""
    asked = []

    def work_out() -> tuple[Remedy, ...]:
        asked.append(1)
        return (Remedy(kind="upgrade", name="pro"),)

    refusal = NotEnough("too little", asked=5, available=3, remedies=work_out)
    assert (refusal.short, asked) == (2, [])
    assert str(refusal) == "too little; to go on: upgrade to pro"
    assert (refusal.remedies, asked) == ((Remedy(kind="upgrade", name="pro"),), [1])


@pytest.mark.parametrize(("asked", "available"), [(None, None), (5, None), (None, 5)])
def test_short_is_a_figure_only_where_both_others_are(asked: int | None, available: int | None) -> None:
    """None is not zero."""
    assert Refused("no", asked=asked, available=available).short is None


def test_short_of_money_has_the_places_that_both_others_have() -> None:
    """Whatever the ambient decimal context is."""
    with localcontext(prec=2):
        refusal = Refused("no", asked=Decimal("1234567.000001"), available=Decimal("0.50"))
        assert str(refusal.short) == "1234566.500001"


NAMES = [f"quite_a_long_name_of_a_plan_or_offer_or_limit_or_meter_{number:03}" for number in range(100)]


def crowded(**more: Any) -> Wallet:
    """A wallet on a plan with names as many and as long as they may be."""
    plan = Plan(
        "p" * 64,
        allowances=[Allowance(1, "u" * 64, per="c" * 64)],
        offers=[Offer(name, price=Decimal(1), buyers=NAMES) for name in NAMES],
        limits=[Limit(name, unit=name, setters=NAMES) for name in NAMES],
        **more,
    )
    return Wallet.open(plan, id="w" * 128, at=july(1)).wallet


@pytest.mark.parametrize(
    "ask",
    [
        lambda w: w.spend(5, at=july(2)),
        lambda w: w.spend(5, "x" * 64, at=july(2)),
        lambda w: w.spend(2**53 - 1, "u" * 64, at=july(2), labels={"a" * 128: "b"}),
        lambda w: w.top_up("x" * 64, 5, at=july(2), payment="p" * 128),
        lambda w: w.top_up(NAMES[0], 5, at=july(2), payment="p" * 128, by="m" * 128),
        lambda w: w.set_limit("x" * 64, 5, at=july(2)),
        lambda w: w.set_limit(NAMES[0], 5, at=july(2), by="m" * 128),
        lambda w: w.set_count("x" * 64, 5, at=july(2)),
        lambda w: w.change_plan("x" * 64, at=july(2)),
        lambda w: w.freeze(at=july(2), ref="r" * 128).wallet.unfreeze(at=july(2), ref="r" * 128),
        lambda w: w.close(at=july(2)).wallet.close(at=july(2)),
        lambda w: w.freeze(at=july(2)).wallet.spend(1, at=july(2)),
        lambda w: w.spend(1, at=july(2), labels={"a" * 128: "\n" * 200}),
        lambda w: w.spend(1, at=july(1).replace(year=2025)),
        lambda w: w.confirm("x" * 128, at=july(2), payment="p"),
        lambda w: w.bind("x" * 1_000),
        lambda w: (w, crowded(auto_top_up=AutoTopUp("x" * 64))),
    ],
)
def test_no_message_outgrows_its_line(ask: Callable[[Wallet], object]) -> None:
    """However long and however many the names are."""
    with pytest.raises(PurseError) as caught:
        ask(crowded())

    message = str(caught.value)
    assert len(message) <= 600
    assert message.isprintable()
    assert message.isascii()


def raised(ask: Callable[[], object]) -> PurseError:
    with pytest.raises(PurseError) as caught:
        ask()
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        raised(lambda: opened().wallet.spend(1.5, at=july(2))),  # type: ignore[arg-type]  # wrong on purpose
        raised(lambda: opened().wallet.spend(5_000, at=july(2))),
        raised(lambda: opened().wallet.spend(5, at=july(1).replace(year=2025))),
        raised(lambda: opened().wallet.spend(5, "nope", at=july(2))),
        raised(lambda: opened().wallet.spend(5, at=july(2), ref="a b")),
        raised(lambda: opened().wallet.top_up("tokens", 10, at=july(2), payment="p")),
        raised(lambda: opened().wallet.set_limit("token_limit", 1, at=july(2), by="admin")),
        raised(lambda: opened("free").wallet.top_up("tokens", 10, at=july(2), payment="p")),
        raised(lambda: opened().wallet.spend(5, at=july(2), ref="r").wallet.spend(6, at=july(2), ref="r")),
        raised(lambda: replay([])),
        raised(lambda: load_wallet("[]", id="acme")),
        raised(lambda: Plan("")),
        LimitReached("reached", limit="cap", asked=5, available=4),
        PolicyError("of the host's"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_crosses_processes_with_its_facts(error: PurseError) -> None:
    """A task queue pickles what its worker raised; the message and every attribute arrive, remedies included."""
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):  # noqa: S301  # our own bytes
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        assert {name for name in vars(twin) if name[0] != "_"} == {name for name in vars(error) if name[0] != "_"}
        assert getattr(twin, "remedies", None) == getattr(error, "remedies", None)
        assert getattr(twin, "value", None) == getattr(error, "value", None)


def test_a_history_error_says_where() -> None:
    """The position of the first entry that is wrong."""
    error = raised(lambda: replay([*opened().entries, *opened().entries]))

    assert isinstance(error, HistoryError)
    assert error.position == 1
    assert str(error).startswith("entry at position 1: ")
