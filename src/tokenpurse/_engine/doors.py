"""The doors for words that come from outside: ids, refs, roles, kinds and labels. What passes can always be stored.

ASCII only where a word is compared: two spellings that look alike must not be two refs. No control characters, lone
surrogates or direction marks where a word is shown: a label must not be able to forge a line of somebody's log.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tokenpurse._words import is_plain
from tokenpurse.buckets import PAY_AS_YOU_GO, Bucket, is_kind
from tokenpurse.errors import AmountError, ArgumentError, ClockError, UnknownNameError, shown
from tokenpurse.notices import Bill, Charge, RenewalDue
from tokenpurse.periods import instant
from tokenpurse.scopes import Scope, scope_of

__all__ = [
    "LONGEST",
    "amount_like",
    "amount_word",
    "amounts_of",
    "amounts_word",
    "bucket_id",
    "count_of",
    "deadline",
    "is_id",
    "kind_of",
    "kinds_of",
    "label_value",
    "labels_of",
    "mapping_of",
    "name_of",
    "named_id",
    "one_of",
    "one_way",
    "optional_id",
    "request_id",
    "scope_said",
    "scoped",
    "sequence_of",
    "yes_or_no",
]

_ID = re.compile(r"[A-Za-z0-9._:@/-]{1,128}")
LABELS_MAX = 16
LABELS_BYTES_MAX = 2_048
COUNT_MAX = 2**31
LONGEST = timedelta(days=30)
"""How long a hold can last."""
WORD_PLACES_MAX = 20
WORD_DIGITS_MAX = 40


def is_id(value: object) -> bool:
    """Tell whether a value can be an id, a ref or a role."""
    return type(value) is str and _ID.fullmatch(value) is not None


def named_id(what: str, value: object) -> str:
    """Check an id, a ref or a payment.

    Raises:
        ArgumentError: anything but 1 to 128 characters of A-Z a-z 0-9 . _ : @ / -
    """
    if type(value) is not str or not _ID.fullmatch(value):
        raise ArgumentError(what, value, "it must be 1 to 128 characters of A-Z a-z 0-9 . _ : @ / -")
    return value


def optional_id(what: str, value: object) -> str | None:
    """Check an id that may be left out."""
    return None if value is None else named_id(what, value)


def kind_of(value: object) -> str:
    """Check the kind of a bucket that the host names: `promo`, or a word of its own.

    Raises:
        ArgumentError: not a lower-case word, or `rollover`, which only a reset fills.
    """
    if type(value) is not str or not is_kind(value) or value in {"rollover", PAY_AS_YOU_GO}:
        right = f"it must be a lower-case word other than rollover and {PAY_AS_YOU_GO}, such as promo"
        raise ArgumentError("kind", value, right)
    return value


def kinds_of(value: object) -> frozenset[str] | None:
    """Check the kinds that something is for; `None`: all.

    Raises:
        ArgumentError: no list of words that can be kinds, or an empty one.
    """
    if value is None:
        return None
    kinds = sequence_of("kinds", value)
    if not kinds or not all(is_kind(kind) for kind in kinds):
        raise ArgumentError("kinds", value, "they must be lower-case words such as top_up, one at least")
    return frozenset(kinds)


def scoped(value: object) -> Scope:
    """Check for which use a bucket pays; nothing: all.

    Raises:
        ArgumentError: no mapping of label keys to sets of values.
    """
    return scope_of(value, lambda wrong, right: ArgumentError("scope", wrong, right))


def scope_said(scope: Scope) -> tuple[tuple[str, Scope], ...]:
    """Say a scope for a ref to remember; none is nothing said."""
    return (("scope", scope),) if scope else ()


def one_of(what: str, value: object, choices: tuple[str, ...]) -> None:
    """Check one of a few words.

    Raises:
        ArgumentError: none of them.
    """
    if type(value) is not str or value not in choices:
        raise ArgumentError(what, value, f"it must be {' or '.join(choices)}")


def yes_or_no(what: str, value: object) -> None:
    """Check a flag.

    Raises:
        ArgumentError: neither `True` nor `False`.
    """
    if type(value) is not bool:
        raise ArgumentError(what, value, "it must be True or False")


def labels_of(labels: object) -> tuple[tuple[str, str], ...]:
    """Check and copy labels, sorted by key.

    Raises:
        ArgumentError: more than 16, more than 2 KiB in all, a key that is not an id, or a value that is not plain text.
    """
    if labels is None:
        return ()
    if not isinstance(labels, Mapping) or len(labels) > LABELS_MAX:
        raise ArgumentError("labels", labels, f"they must be a mapping of at most {LABELS_MAX} keys")
    pairs = sorted((named_id("label key", key), label_value(f"label {key}", value)) for key, value in labels.items())
    if sum(len(key.encode()) + len(value.encode()) for key, value in pairs) > LABELS_BYTES_MAX:
        raise ArgumentError("labels", labels, f"they must be at most {LABELS_BYTES_MAX:,} bytes in all")
    return tuple(pairs)


def label_value(what: str, value: object) -> str:
    """Check what a label says.

    Raises:
        ArgumentError: not a `str`, too long, or not plain text.
    """
    if type(value) is not str or len(value) > LABELS_BYTES_MAX:
        raise ArgumentError(what, value, f"it must be a str of at most {LABELS_BYTES_MAX:,} bytes")
    if not is_plain(value):
        raise ArgumentError(what, value, "it must not have control characters, direction marks or line breaks")
    return value


def amounts_of(amount: object, meter: object) -> dict[str | None, object]:
    """Read what a spend asks for: an amount of one meter (`None`: the plan's first), or a mapping of meters to amounts.

    Raises:
        AmountError: a value that is no amount of anything, or a meter beside a mapping.
        UnknownNameError: a meter that is not even a word.
    """
    if not isinstance(amount, Mapping):
        if meter is not None and type(meter) is not str:
            raise UnknownNameError("meter", meter)
        amount_like("amount", amount)
        return {meter: amount}
    if meter is not None:
        raise AmountError(f"amount is a mapping, meter {shown(meter)} must be left out", value=amount)
    for name, asked in amount.items():
        if type(name) is not str:  # `None` too: the plan's first meter could be there twice
            raise UnknownNameError("meter", name)
        amount_like(f"amount of {shown(name)}", asked)
    return dict(amount)


def one_way(amounts: Mapping[Any, object], amount: object, *, partial: bool, overdraw: bool) -> None:
    """Check that what is asked of a use can be done at once.

    Raises:
        AmountError: `partial` of several meters, or beside `overdraw`.
    """
    if partial and (overdraw or len(amounts) != 1):
        raise AmountError("partial takes one meter, and not overdraw as well", value=amount)


def amount_like(what: str, amount: object) -> None:
    """Refuse what is no amount of anything, before the wallet is looked at; which unit it is of is known later.

    Raises:
        AmountError: neither an `int` nor a `Decimal`, exactly.
    """
    if type(amount) is not int and type(amount) is not Decimal:
        raise AmountError(
            f"{what} is {shown(amount)} of type {type(amount).__name__}, it must be an int or a Decimal", value=amount
        )


def mapping_of(what: str, value: object) -> dict[str, Any]:
    """Check and copy a mapping of names to figures; `None` is an empty one.

    Raises:
        ArgumentError: not a mapping.
        UnknownNameError: a key that is not even a word.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ArgumentError(what, value, "it must be a mapping of names to figures")
    for name in value:
        if type(name) is not str:
            raise UnknownNameError(what, name)
    return dict(value)


def sequence_of(what: str, value: object) -> tuple[Any, ...]:
    """Check and copy a list of things. A bare string is refused: it would become its letters.

    Raises:
        ArgumentError: a string, a mapping, or nothing that can be walked through.
    """
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise ArgumentError(what, value, "they must be a list")
    return tuple(value)


def amount_word(amount: object) -> str | None:
    """Say an amount for a ref to remember: equal amounts say the same, `Decimal("2.5")` as `Decimal("2.50")`."""
    if not isinstance(amount, Decimal) or not amount.is_finite():
        return None if amount is None else shown(amount)
    sign, digits, exponent = amount.as_tuple()
    end = len(digits)
    while end and not digits[end - 1]:  # counted, not cut: each cut would copy all that is left
        end -= 1
    if end > WORD_DIGITS_MAX:
        return shown(amount)
    places = int(exponent) + len(digits) - end
    plain = Decimal((sign, digits[:end], places)) if end else Decimal(0)
    return f"{plain:f}" if abs(places) <= WORD_PLACES_MAX else str(plain)


def amounts_word(amounts: Mapping[str | None, object]) -> tuple[tuple[str, str | None], ...]:
    """Say what is asked for, in whatever order it was said."""
    return tuple(sorted(("" if name is None else name, amount_word(amount)) for name, amount in amounts.items()))


def deadline(what: str, value: Any) -> datetime | timedelta:
    """Read a moment, or how long after the verb's own.

    Raises:
        ClockError: neither, or a time that is not after it, or too long.
    """
    if type(value) is timedelta:
        if not timedelta() < value <= LONGEST:
            raise ClockError(
                f"{what} is {value}, it must be after the moment, by at most {LONGEST.days} days", at=value
            )
        return value
    return instant(value, what)


def count_of(what: str, value: object) -> int:
    """Check a plain number: a count, a priority.

    Raises:
        AmountError: not an `int`, negative, or 2**31 and more.
    """
    if type(value) is not int or not 0 <= value < COUNT_MAX:
        raise AmountError(f"{what} is {shown(value)}, it must be an int from 0 to {COUNT_MAX - 1:,}", value=value)
    return value


def name_of(what: str, value: object) -> str:
    """Check that a name of a part is a word at all; whether there is such a part is known later.

    Raises:
        UnknownNameError: not a `str`, exactly: it could not be compared or kept safely.
    """
    if type(value) is not str:
        raise UnknownNameError(what, value)
    return value


def bucket_id(bucket: object) -> str:
    """Read a bucket, or its id."""
    return named_id("bucket", bucket.id if isinstance(bucket, Bucket) else bucket)


def request_id(request: object) -> str:
    """Read a request, or its id."""
    return named_id("request", request.id if isinstance(request, Charge | Bill | RenewalDue) else request)
