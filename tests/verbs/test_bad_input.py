"""Every verb, every argument, every sort of nonsense: an error of the library's own, and nothing has happened."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import IntEnum
from typing import Any

import pytest
from attrs import evolve

from tests.support.rich import CALLS, PLANS, RICH, SPENT, Call, july, opened
from tokenpurse import Allowance, Balance, Catalogue, Plan, Wallet, replay
from tokenpurse.errors import ClockError, PlanError, PurseError, Refused, UnknownNameError
from tokenpurse.periods import once

MESSAGE_MAX = 400


class IntTwin(int):
    """A subclass may override anything."""


class DecimalTwin(Decimal):
    """Likewise."""


class StrTwin(str):
    """Likewise."""

    __slots__ = ()


class DatetimeTwin(datetime):
    """Likewise."""


class Code(IntEnum):
    """An int that prints as a word."""

    FIVE = 5


class Hostile:
    """An object that cannot be shown, compared or hashed."""

    def __repr__(self) -> str:
        raise RuntimeError("not me")

    def __eq__(self, _other: object) -> bool:
        raise RuntimeError("not me")

    __hash__ = None  # type: ignore[assignment]


class Lost(tzinfo):
    """A zone that cannot tell its offset."""

    def utcoffset(self, _when: datetime | None) -> timedelta | None:
        raise RuntimeError("not me")


class Nowhere(tzinfo):
    """A zone that has no offset."""

    def utcoffset(self, _when: datetime | None) -> timedelta | None:
        return None


HUGE = 10**5000
ANYTHING = [1.5, True, b"x", [], {}, {"a"}, object(), Hostile(), HUGE, -HUGE, 1j]
NUMBERS = [float("nan"), float("inf"), -1, "5", "５", " 5\n", *ANYTHING]  # noqa: RUF001  # a digit that int() reads
NO_MONEY = [Decimal("NaN"), Decimal("sNaN"), Decimal("-NaN"), Decimal("Infinity"), Decimal("-Infinity")]
NO_MONEY += [Decimal("-0.01"), Decimal("1E+1000000"), Decimal("1E-1000000"), Decimal("9" * 5_000), DecimalTwin(5)]
INTS = [*NUMBERS, *NO_MONEY, Decimal(5), IntTwin(5), Code.FIVE, 2**53]
MONEY = [*NUMBERS, *NO_MONEY, 5, Decimal("5.0000001"), Decimal(10_000_000_000), IntTwin(5)]
MOMENTS = [
    *ANYTHING,
    None,
    "2026-07-02T00:00:00Z",
    1_782_950_400,
    date(2026, 7, 2),
    datetime(2026, 7, 2),
    DatetimeTwin(2026, 7, 2, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2201, 1, 1, tzinfo=UTC),
    datetime.max,
    datetime.max.replace(tzinfo=UTC),
    datetime.min.replace(tzinfo=UTC),
    datetime(2026, 7, 2, tzinfo=Lost()),
    datetime(2026, 7, 2, tzinfo=Nowhere()),
]
TEXTS = ["", " ", "a\n", "a\x00b", "\x1b[31m", "\ud800", "\u202eabc", "é", "x" * 100_000, StrTwin("tokens"), *ANYTHING]
IDS = [*TEXTS, "a b", "x" * 129]
NAMES = [*TEXTS, "nope", 5, Decimal("sNaN")]
COUNTS = [*NUMBERS, *NO_MONEY, None, Decimal(5), IntTwin(5), Code.FIVE, 2**31]
CHOICES = [*NAMES, "NOW", "now "]
FLAGS = [1, 0, None, "yes", *[value for value in ANYTHING if value is not True]]
KINDS = [*TEXTS, None, "rollover", "Promo", "x" * 33]
LABELS = [
    *[value for value in ANYTHING if value.__class__ is not dict],
    "model",
    {5: "x"},
    {"a b": "x"},
    {"\ud800": "x"},
    {"a": 5},
    {"a": StrTwin("x")},
    {"a": Hostile()},
    {"a": "\n"},
    {"a": "\ud800"},
    {"a": "\u202e"},
    {"a": "x" * 3_000},
    {"a": "x" * 2_000, "b": "x" * 2_000},
    {f"k{n}": "x" for n in range(17)},
]
SCOPES = [
    *[value for value in ANYTHING if value.__class__ is not dict],
    "model",
    [("model", {"x"})],
    {5: {"x"}},
    {"": {"x"}},
    {"a b": {"x"}},
    {"\ud800": {"x"}},
    {"x" * 129: {"y"}},
    {StrTwin("a"): {"x"}},
    *({"a": value} for value in ("x", b"x", 5, None, [], set(), {"x": 1}, iter("x"), Hostile(), [Hostile()])),
    *({"a": {value}} for value in (5, None, "", "\n", "\ud800", "\u202e", "x" * 3_000, StrTwin("x"))),
    {"a": {str(number) for number in range(101)}},
    {f"k{number}": {"x"} for number in range(17)},
]

# What the message must name, and the values that are wrong, for each argument of each verb.
EVERY = {"at": ("at", MOMENTS), "by": ("by", IDS)}
REF = {**EVERY, "ref": ("ref", IDS)}
PAYMENT = {**EVERY, "payment": ("payment", [*IDS, None])}
WRONG: dict[str, dict[str, tuple[str, list[Any]]]] = {
    "open": {
        **EVERY,
        "plan": ("plan", [*NAMES, None]),
        "id": ("id", [*IDS, None]),
        "catalogue": ("catalogue", [*NAMES, RICH]),
        "anchor": ("anchor", [moment for moment in MOMENTS if moment is not None] + [july(2)]),
        "zone": ("zone", [*NAMES, None, "localtime", "../etc/passwd", "posix/UTC", "Factory", "right/UTC"]),
        "counts": (
            "count",
            [5, 0, [], "seats", ["seats"], {"chairs": 1}, {5: 1}, *({"seats": value} for value in COUNTS)],
        ),
        "used": ("used", [5, 0, [], "tokens", ["tokens"], *({"tokens": value} for value in INTS)]),
        "debt": ("debt", [5, 0, [], {5: 1, "tokens": 1}, "tokens", ["tokens"], *({"tokens": value} for value in INTS)]),
        "payments": ("payment", [5, "p1", *([value] for value in IDS), ["p", "p"], [f"p{n}" for n in range(2_001)]]),
        "balances": ("balance", [5, "top_up", Balance("top_up", 5), [5], [Hostile()]]),
        "tolerance": ("tolerance", [*NAMES, None, timedelta(-1), timedelta(days=2), timedelta.max]),
        "ring": ("ring", [*NUMBERS, None, 1_001, IntTwin(5)]),
    },
    "spend": {
        **REF,
        "amount": ("amount", INTS),
        "meter": ("meter", NAMES),
        "labels": ("label", LABELS),
        "partial": ("partial", FLAGS),
        "overdraw": ("overdraw", FLAGS),
        "occurred_at": (
            "occurred_at",
            [moment for moment in MOMENTS if moment is not None] + [july(3), july(1) - timedelta(microseconds=1)],
        ),
    },
    "hold": {
        **REF,
        "ref": ("ref", [*IDS, None]),
        "amount": ("amount", [*INTS, 0, {}, {"tokens": 0}]),
        "meter": ("meter", NAMES),
        "labels": ("label", LABELS),
        "until": (
            "until",
            [*MOMENTS, timedelta(), timedelta(-1), timedelta(days=31), timedelta.max, july(2), july(34)],
        ),
    },
    "capture": {
        **REF,
        "hold": ("hold", [*NAMES, None]),
        "amount": ("amount", [value for value in INTS if value.__class__ is not dict]),
        "over": ("over", [*CHOICES, None]),
    },
    "release": {**REF, "hold": ("hold", [*NAMES, None])},
    "refund": {
        **REF,
        "spent": (
            "spent",
            [*NAMES, None, opened().entries[0], evolve(SPENT, wallet="other"), evolve(SPENT, sequence=9)],
        ),
        "amount": ("amount", [0, *(value for value in INTS if value.__class__ is not dict)]),
    },
    "claw_back": {
        **REF,
        "source": ("source", [*IDS, None]),
        "refunded": ("refunded", MONEY),
        "used": ("used", [*CHOICES, None]),
    },
    "reinstate": {**REF, "source": ("source", [*IDS, None]), "refunded": ("refunded", MONEY)},
    "grant": {
        **REF,
        "amount": ("amount", [*INTS, 0]),
        "unit": ("meter", NAMES),
        "kind": ("kind", KINDS),
        "starts": ("starts", [moment for moment in MOMENTS if moment is not None] + [july(1)]),
        "expires": ("expires", [moment for moment in MOMENTS if moment is not None] + [july(2)]),
        "priority": ("priority", COUNTS),
        "scope": ("scope", SCOPES),
    },
    "claim": {**REF, "kind": ("kind", NAMES), "unit": ("unit", NAMES)},
    "extend": {
        **REF,
        "bucket": ("bucket", [*NAMES, None]),
        "until": ("until", [moment for moment in MOMENTS if moment is not None]),
    },
    "top_up": {
        **PAYMENT,
        "offer": ("offer", [*NAMES, None]),
        "amount": ("amount", [*INTS, 0]),
        "starts": ("starts", [moment for moment in MOMENTS if moment is not None] + [july(1)]),
    },
    "confirm": {**PAYMENT, "request": ("request", [*NAMES, None])},
    "decline": {**REF, "request": ("request", [*NAMES, None]), "hard": ("hard", FLAGS)},
    "advance": {"at": ("at", MOMENTS)},
    "reset": {**REF, "anchor": ("anchor", [*CHOICES, None])},
    "change_plan": {**REF, "plan": ("plan", [*NAMES, None]), "when": ("when", CHOICES)},
    "set_count": {**REF, "name": ("count", [*NAMES, None]), "count": ("count", COUNTS), "when": ("when", CHOICES)},
    "set_limit": {
        **REF,
        "name": ("limit", [*NAMES, None]),
        "amount": ("limit", INTS),
        "label": ("label", TEXTS),
    },
    "set_auto_top_up": {
        **REF,
        "threshold": ("threshold", [*MONEY, None]),
        "purchase": ("purchase", [*MONEY, None]),
        "spend_max": ("spend_max", MONEY),
        "purchases_max": ("purchases_max", [count for count in COUNTS if count is not None]),
        "enabled": ("enabled", FLAGS),
    },
    "set_zone": {**REF, "zone": ("zone", [*NAMES, None, "localtime", "../x", "posix/UTC", "right/UTC", "Factory"])},
    "freeze": REF,
    "unfreeze": REF,
    "pause": REF,
    "resume": REF,
    "close": REF,
}


def cases() -> Iterator[Any]:
    """List every wrong value of every argument of every verb."""
    for verb, arguments in WRONG.items():
        for argument, (named, values) in arguments.items():
            for place, value in enumerate(values):
                yield pytest.param(CALLS[verb], argument, named, value, id=f"{verb}-{argument}-{place}")


def error_of(call: Call, wallet: Wallet, **wrong: Any) -> PurseError:
    """The error that a call raises; anything but the library's own goes through."""
    with pytest.raises(PurseError) as caught:
        call(wallet, **wrong)
    return caught.value


def check_message(error: PurseError, named: str) -> None:
    """A message starts in lower case, is bounded, on one line, and names what is wrong."""
    message = str(error)

    assert message
    assert message[0] == message[0].lower()
    assert len(message) <= MESSAGE_MAX
    assert message.isprintable(), message
    assert named in message


@pytest.fixture(scope="module")
def wallets() -> dict[str, Wallet]:
    """One wallet for each verb: a refused call must leave it as it was, so that all cases can share it."""
    return {verb: call.wallet() for verb, call in CALLS.items()}


@pytest.mark.parametrize(("call", "argument", "named", "value"), list(cases()))
def test_a_wrong_value_is_an_error_of_the_library_and_changes_nothing(
    wallets: dict[str, Wallet], call: Call, argument: str, named: str, value: object
) -> None:
    """Whatever an argument is given, the error is ours and says which, and the wallet is as it was."""
    wallet = wallets[call.verb]
    base, taken, version, clock = wallet._base, wallet._taken, wallet.version, wallet.clock

    error = error_of(call, wallet, **{argument: value})

    check_message(error, named)
    assert not isinstance(error, Refused)
    assert (base, taken, version, clock) == (wallet._base, wallet._taken, wallet.version, wallet.clock)
    assert call.wallet() == wallet


@pytest.mark.parametrize("call", list(CALLS.values()), ids=str)
def test_the_call_that_the_wrong_values_are_put_into_is_a_good_one(call: Call) -> None:
    """Each error above has one cause."""
    change = call()

    assert change.entries
    assert not change.repeated
    assert set(WRONG[call.verb]) <= {
        *call.arguments,
        "priority",
        "partial",
        "overdraw",
        "occurred_at",
        "starts",
        "tolerance",
        "ring",
        "scope",
        "label",
    }


# -- beyond the table ----------------------------------------------------------------------------------------------

SHORT = Call("spend", CALLS["spend"].wallet, {"amount": 10, "meter": "tokens", "at": july(2)})
BALANCE = {"kind": "top_up", "amount": 5, "unit": "tokens"}
BALANCES = {
    "kind": ("kind", [kind for kind in KINDS if type(kind) is not str or kind != "rollover"]),
    "amount": ("amount", [*INTS, 0]),
    "unit": ("meter", NAMES),
    "issued": ("issued", [moment for moment in MOMENTS if moment is not None] + [july(2)]),
    "expires": ("expires", [moment for moment in MOMENTS if moment is not None]),
    "paid": ("paid", MONEY),
    "payment": ("payment", IDS),
    "priority": ("priority", COUNTS),
    "scope": ("scope", SCOPES),
}


@pytest.mark.parametrize(
    ("argument", "named", "value"),
    [
        pytest.param(argument, named, value, id=f"{argument}-{place}")
        for argument, named, values in (
            ("amount", "amount", INTS),
            ("meter", "meter", NAMES),
            ("at", "at", [*MOMENTS, july(1).replace(year=2500)]),
            ("by", "by", IDS),
        )
        for place, value in enumerate(values)
    ],
)
def test_the_short_way_through_a_spend_lets_no_wrong_value_in(
    wallets: dict[str, Wallet], argument: str, named: str, value: object
) -> None:
    """A spend without ref and labels is checked as well as one with them."""
    check_message(error_of(SHORT, wallets["spend"], **{argument: value}), named)


def test_a_wallet_whose_period_never_ends_has_no_moments_beyond_2200() -> None:
    """No boundary stands in the way there, and still the year is out of reach."""
    plan = Plan("once", allowances=[Allowance(10)], period=once())
    wallet = Wallet.open(plan, id="acme", at=july(1)).wallet

    with pytest.raises(ClockError, match="1970 to 2200"):
        wallet.spend(1, at=datetime(2201, 1, 1, tzinfo=UTC))
    assert wallet.spend(1, at=datetime(2200, 12, 31, tzinfo=UTC)).view.available() == 9


@pytest.mark.parametrize(
    ("argument", "named", "value"),
    [
        pytest.param(argument, named, value, id=f"{argument}-{place}")
        for argument, (named, values) in BALANCES.items()
        for place, value in enumerate(values)
    ],
)
def test_a_wrong_field_of_a_balance_is_an_error(argument: str, named: str, value: object) -> None:
    """What is brought from elsewhere is checked like everything else."""
    balance = Balance(**{**BALANCE, argument: value})  # type: ignore[arg-type]  # wrong on purpose

    error = error_of(CALLS["open"], CALLS["open"].wallet(), balances=[balance])

    if argument in {"issued", "expires"} and "issued and not have ended" in str(error):
        named = "balance"
    check_message(error, named)


@pytest.mark.parametrize(
    ("amount", "more", "named"),
    [
        *[({"tokens": value}, {}, "amount") for value in INTS],
        *[({name: 5}, {}, "meter") for name in (*[text for text in NAMES if type(text) is str], 5, True, None)],
        ({"tokens": 5, None: 5}, {}, "meter"),
        ({"tokens": 5}, {"meter": "tokens"}, "meter"),
        ({"tokens": 5, "mail": 5}, {"partial": True}, "partial"),
        ({}, {"partial": True}, "partial"),
        (5, {"partial": True, "overdraw": True}, "partial"),
    ],
    ids=itertools.count(),
)
def test_a_wrong_mapping_of_amounts_is_an_error(amount: Any, more: dict[str, Any], named: str) -> None:
    """Each meter and each amount of a mapping is checked, and what makes no sense together is said."""
    wallet = CALLS["spend"].wallet()

    check_message(error_of(SHORT, wallet, **{"amount": amount, "meter": None, **more}), named)
    if not more.get("partial"):
        with pytest.raises(PurseError):
            wallet.at(july(2)).quote(amount, more.get("meter"))


def test_two_spellings_of_one_meter_are_not_taken_for_two() -> None:
    """A mapping names each meter; leaving the name out is for a single amount."""
    with pytest.raises(UnknownNameError):
        CALLS["spend"].wallet().spend({None: 5}, at=july(2))  # type: ignore[dict-item]  # wrong on purpose


def numbered(values: list[Any]) -> list[Any]:
    """Give each value a number for its test's name: pytest cannot show all of them."""
    return [pytest.param(value, id=str(place)) for place, value in enumerate(values)]


READS = ("available", "by_kind", "buckets", "balance", "locked", "debt", "gauge", "usage", "limit", "lifetime")


@pytest.mark.parametrize("read", READS)
def test_a_read_of_an_unknown_unit_is_an_error(wallets: dict[str, Wallet], read: str) -> None:
    """Zero would be an answer; nobody asked about that unit."""
    view = wallets["spend"].at(july(2))

    for name in NAMES:
        with pytest.raises(UnknownNameError) as caught:
            getattr(view, read)(name)
        check_message(caught.value, "meter")


READS_OF_USE: dict[str, Callable[[Any, Any], object]] = {
    "available": lambda view, labels: view.available(labels=labels),
    "can_spend": lambda view, labels: view.can_spend(5, labels=labels),
    "quote": lambda view, labels: view.quote(5, labels=labels),
    "limits": lambda view, labels: view.limits(labels),
    "by_kind": lambda view, labels: view.by_kind(labels=labels),
    "locked": lambda view, labels: view.locked(labels=labels),
}


@pytest.mark.parametrize("labels", numbered(LABELS))
@pytest.mark.parametrize("read", READS_OF_USE)
def test_a_read_for_use_with_wrong_labels_is_an_error(wallets: dict[str, Wallet], read: str, labels: Any) -> None:
    """What the verb would refuse, its reads do not answer."""
    with pytest.raises(PurseError) as caught:
        READS_OF_USE[read](wallets["spend"].at(july(2)), labels)
    check_message(caught.value, "label")


@pytest.mark.parametrize("moment", numbered(MOMENTS))
def test_a_view_at_no_moment_is_an_error(wallets: dict[str, Wallet], moment: Any) -> None:
    """A wallet is read at a moment."""
    with pytest.raises(ClockError) as caught:
        wallets["spend"].at(moment)
    check_message(caught.value, "moment")


@pytest.mark.parametrize("wrong", numbered([5, "pro", None, RICH, Hostile(), HUGE]))
def test_what_is_no_catalogue_is_an_error(wrong: Any) -> None:
    """A wallet is bound to a catalogue, and a catalogue is made of plans."""
    with pytest.raises(PlanError, match="catalogue"):
        CALLS["spend"].wallet().bind(wrong)
    with pytest.raises(PlanError, match="plans"):
        Catalogue(wrong)


@pytest.mark.parametrize("name", numbered([*NAMES, None]))
def test_a_plan_or_offer_that_is_not_there_is_an_error(name: Any) -> None:
    """Names are looked up, whatever they are."""
    view = CALLS["spend"].wallet().at(july(2))

    for look in (
        lambda: PLANS.newest(name),
        lambda: PLANS.get(name, 1),
        lambda: RICH.price_of(name, 10),
        lambda: view.price_of(name, 10),
    ):
        with pytest.raises(UnknownNameError):
            look()


@pytest.mark.parametrize("revision", numbered([2, 0, -1, 1.0, True, "1", None, [], Hostile(), HUGE]))
def test_a_revision_that_is_not_there_is_an_error(revision: Any) -> None:
    """A revision is one of those in the catalogue, and `1.0` is none."""
    with pytest.raises(UnknownNameError) as caught:
        PLANS.get("rich", revision)
    check_message(caught.value, "plan")


@pytest.mark.parametrize("call", [call for verb, call in CALLS.items() if verb != "open"], ids=str)
def test_a_wallet_without_a_catalogue_refuses_every_verb(call: Call) -> None:
    """A wallet that was rebuilt from entries alone can be read and compared; to act it needs its plans."""
    unbound = replay(opened().entries)

    for more in ({}, {"ref": None, "labels": None} if call.verb == "spend" else {}):
        with pytest.raises(UnknownNameError, match="bind a catalogue"):
            call(unbound, **more)
    assert opened().wallet == unbound
