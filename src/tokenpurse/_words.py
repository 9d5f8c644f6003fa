"""Words for messages: values of unknown origin and long lists, short enough and never an error of their own."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

__all__ = ["is_plain", "lasting", "listed", "shortened", "shown"]

_SHOWN_MAX = 60
_LISTED_MAX = 160
_SHORTENED_TO = 400
# Python refuses to print an int of more than 4,300 digits, and a host may have lifted that guard: ours is below both.
_DIGITS_MAX = 40
_SPANS = (
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
    ("second", timedelta(seconds=1)),
    ("microsecond", timedelta(microseconds=1)),
)


def shown(value: object) -> str:
    """Show a value of unknown origin in a message: at most 60 characters, one line, and never an error of its own."""
    try:
        if isinstance(value, int) and value.bit_length() > _DIGITS_MAX * 3:
            return f"an integer of {value.bit_length():,} bits"
        if isinstance(value, Decimal):
            value = value if len(value.as_tuple().digits) <= _DIGITS_MAX else "a decimal of many digits"
        elif isinstance(value, (str, bytes, list, tuple)):
            value = value[: _SHOWN_MAX + 1]  # a million of them would be written out to show the first few
        text = ascii(value)
    except Exception:  # noqa: BLE001  # a hostile __repr__ must not replace the error that is being built
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 3] + "..."


def shortened(text: str) -> str:
    """Cut the middle out of what a message says of names that a document has: they may be long, and in any script."""
    text = text.encode("ascii", "backslashreplace").decode()
    half = _SHORTENED_TO // 2
    return text if len(text) <= _SHORTENED_TO else f"{text[:half]}...{text[-half:]}"


def lasting(span: timedelta) -> str:
    """Say how long something is, in the largest unit of which it is a whole number."""
    word, one = next(pair for pair in _SPANS if not span % pair[1])
    return f"{span // one:,} {word}{'' if span == one else 's'}"


def is_plain(text: str) -> bool:
    """Tell whether a text can be shown in a line: no control characters, direction marks or line breaks."""
    if text.isascii():
        return text.isprintable()
    # Cc controls, Cf direction marks and other invisible formats, Cs lone surrogates, Zl and Zp line breaks.
    return not any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for letter in text)


def listed(names: Iterable[object]) -> str:
    """List words in a message: as many as fit into about 160 characters, then dots."""
    text = ""
    for name in names:
        if len(text) > _LISTED_MAX:
            return f"{text}, ..."
        text += f"{', ' if text else ''}{name}"
    return text
