"""The doors for words that come from outside: ids, refs, roles, kinds and labels. What passes can always be stored.

ASCII only where a word is compared: two spellings that look alike must not be two refs. No control characters, lone
surrogates or direction marks where a word is shown: a label must not be able to forge a line of somebody's log.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tokenpurse.errors import AmountError, IdError, shown
from tokenpurse.notices import Bill, Charge

__all__ = [
    "amount_like",
    "amount_word",
    "count_of",
    "kind_of",
    "labels_of",
    "named_id",
    "one_of",
    "optional_id",
    "request_id",
    "yes_or_no",
]

_ID = re.compile(r"[A-Za-z0-9._:@/-]{1,128}")
_KIND = re.compile(r"[a-z][a-z0-9_]{0,31}")
LABELS_MAX = 16
LABELS_BYTES_MAX = 2_048
COUNT_MAX = 2**31


def named_id(what: str, value: object) -> str:
    """Check an id, a ref or a payment.

    Raises:
        IdError: anything but 1 to 128 characters of A-Z a-z 0-9 . _ : @ / -
    """
    if type(value) is not str or not _ID.fullmatch(value):
        raise IdError(what, value, "it must be 1 to 128 characters of A-Z a-z 0-9 . _ : @ / -")
    return value


def optional_id(what: str, value: object) -> str | None:
    """Check an id that may be left out."""
    return None if value is None else named_id(what, value)


def kind_of(value: object) -> str:
    """Check the kind of a bucket that the host names: `promo`, or a word of its own.

    Raises:
        IdError: not a lower-case word, or `rollover`, which only a reset fills.
    """
    if type(value) is not str or not _KIND.fullmatch(value) or value == "rollover":
        raise IdError("kind", value, "it must be a lower-case word other than rollover, such as promo")
    return value


def one_of(what: str, value: object, choices: tuple[str, ...]) -> None:
    """Check one of a few words.

    Raises:
        IdError: none of them.
    """
    if type(value) is not str or value not in choices:
        raise IdError(what, value, f"it must be {' or '.join(choices)}")


def yes_or_no(what: str, value: object) -> None:
    """Check a flag.

    Raises:
        IdError: neither `True` nor `False`.
    """
    if type(value) is not bool:
        raise IdError(what, value, "it must be True or False")


def labels_of(labels: object) -> tuple[tuple[str, str], ...]:
    """Check and copy labels, sorted by key.

    Raises:
        IdError: more than 16, more than 2 KiB in all, a key that is not an id, or a value that is not plain text.
    """
    if labels is None:
        return ()
    if not isinstance(labels, Mapping) or len(labels) > LABELS_MAX:
        raise IdError("labels", labels, f"they must be a mapping of at most {LABELS_MAX} keys")
    pairs = sorted((named_id("label key", key), _text(key, value)) for key, value in labels.items())
    if sum(len(key.encode()) + len(value.encode()) for key, value in pairs) > LABELS_BYTES_MAX:
        raise IdError("labels", labels, f"they must be at most {LABELS_BYTES_MAX:,} bytes in all")
    return tuple(pairs)


def _text(key: object, value: Any) -> str:
    if type(value) is not str or len(value) > LABELS_BYTES_MAX:
        raise IdError(f"label {key}", value, f"it must be a str of at most {LABELS_BYTES_MAX:,} bytes")
    # Cc controls, Cf direction marks and other invisible formats, Cs lone surrogates, Zl and Zp line breaks.
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for letter in value):
        raise IdError(f"label {key}", value, "it must not have control characters, direction marks or line breaks")
    return value


def amount_like(name: object, amount: object) -> None:
    """Refuse what is no amount of anything, before the wallet is looked at; which unit it is of is known later.

    Raises:
        AmountError: neither an `int` nor a `Decimal`, exactly.
    """
    if type(amount) is not int and type(amount) is not Decimal:
        what = "amount" if name is None else f"amount of {shown(name)}"
        raise AmountError(
            f"{what} is {shown(amount)} of type {type(amount).__name__}, it must be an int or a Decimal", value=amount
        )


def amount_word(amount: object) -> str | None:
    """Say an amount for a ref to remember: equal amounts say the same, `Decimal("2.5")` as `Decimal("2.50")`."""
    if isinstance(amount, Decimal) and amount.is_finite():
        sign, figures, exponent = amount.as_tuple()
        digits = "".join(map(str, figures))
        plain = digits.rstrip("0")
        return f"{'-' if sign else ''}{plain}e{int(exponent) + len(digits) - len(plain)}" if plain else "0"
    return None if amount is None else shown(amount)


def count_of(what: str, value: object) -> int:
    """Check a plain number: a count, a priority.

    Raises:
        AmountError: not an `int`, negative, or 2**31 and more.
    """
    if type(value) is not int or not 0 <= value < COUNT_MAX:
        raise AmountError(f"{what} is {shown(value)}, it must be an int from 0 to {COUNT_MAX - 1:,}", value=value)
    return value


def request_id(request: object) -> str:
    """Read a request, or its id."""
    return named_id("request", request.id if isinstance(request, Charge | Bill) else request)
