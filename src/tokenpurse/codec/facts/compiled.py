"""A class of facts as an object: two functions for each, made as text and compiled once, as attrs does it.

One dict is built and one is read, field by field, and nothing is looked up on the way: that is what makes a wallet
nearly as quick to read as its JSON. Where something goes wrong, the line that was being run says at which field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from inspect import getattr_static
from operator import itemgetter
from types import MemberDescriptorType, TracebackType
from typing import Any, NoReturn, TypeAlias, cast

import attrs
from attrs import frozen

from tokenpurse.codec.facts.trail import Wrong
from tokenpurse.errors import PurseError, listed
from tokenpurse.units import STEPS_MAX

__all__ = ["KNOWN_MAX", "MADE_MAX", "Coding", "Schema", "compiled", "compiled_row", "object_schema"]

Schema: TypeAlias = dict[str, Any]

KNOWN_MAX = 64
"""The most characters of a text that is remembered."""
MADE_MAX = 1_024
"""Of how many values of a class that looks at itself as it is made it is remembered that they were right."""


@frozen(eq=False)
class Coding:
    """How one sort of value is written and read.

    Attributes:
        dump: writes a value that is right.
        load: reads a document, or raises `Wrong`.
        schema: describes it; what has a name of its own is put into what is given.
        plain: the class of what is written as it is, if a look at the document tells that it is right; else `None`.
        optional: what it is where it is not `None`; else `None`.
        empty: for values that are often empty, the class of an empty one; it is written as an empty list, or, of names
            with their values, object. Else `None`.
        as_object: whether an empty one is an object.
        fields: of a class, how each of its fields is written; else `None`.
        known: for values of which many are alike, what remembers those that a text was read as; else `None`.
    """

    dump: Callable[[Any], Any]
    load: Callable[[Any], Any]
    schema: Callable[[dict[str, Schema]], Schema]
    plain: type | None = None
    optional: Coding | None = None
    empty: type[Any] | None = None
    as_object: bool = False
    fields: Mapping[str, Coding] | None = None
    known: Callable[[str], Any] | None = None


def compiled(cls: type[Any], fields: Mapping[str, Coding]) -> Coding:
    """Make the coding of a class, whose fields are all in its document, in the order that is given.

    What it finds wrong with itself as it is made is refused, and so is what it does not call sound.
    """
    twin, usual = _twin(cls, fields), _usual(cls, fields)
    text, places = _read(fields, usual, direct=twin is not None, sound=hasattr(cls, "is_sound"))

    def refuse(document: Any, wrong: Wrong | None = None) -> NoReturn:
        raise _at_fault(wrong, places) or _ill_formed(cls, fields, document)

    names: dict[str, Any] = {"cls": cls, "made": lru_cache(MADE_MAX)(cls), "twin": twin, "new": cls.__new__}
    names |= {"values_of": _values_of(*fields), "usual": cls() if usual else None, "zero": 0}
    names |= {"refuse": refuse, "Wrong": Wrong, "PurseError": PurseError}
    for name, coding in fields.items():
        names |= _functions(name, coding)
    _run(text + _written(fields), cls.__name__, names)

    def schema(defs: dict[str, Schema]) -> Schema:
        if cls.__name__ not in defs:
            defs[cls.__name__] = {}  # what holds itself finds it there
            defs[cls.__name__] = object_schema({name: coding.schema(defs) for name, coding in fields.items()})
        return {"$ref": f"#/$defs/{cls.__name__}"}

    return Coding(names["dump"], names["load"], schema, fields=fields)


def compiled_row(of: Sequence[Coding]) -> Coding:
    """Make the coding of a tuple of so many values, each with a meaning of its own."""
    fields = {f"n{index}": coding for index, coding in enumerate(of)}
    right = f"a list of {len(of)}"
    listed = ", ".join(f"f_{name}" for name in fields)
    dumped = ", ".join(_dumped(name, coding, f"f_{name}") for name, coding in fields.items())
    top = (
        f"def load(d):\n    if type(d) is not list or len(d) != {len(of)}:\n        refuse(d)\n"
        f"    {listed}, = d\n    try:\n"
    )
    checked, places = _lines(top, [(index, _checked(name, of[index])) for index, name in enumerate(fields)])
    text = (
        f"{checked}    except Wrong as wrong:\n        refuse(d, wrong)\n    return ({listed},)\n"
        f"def dump(v):\n    {listed}, = v\n    return [{dumped}]\n"
    )

    def refuse(document: Any, wrong: Wrong | None = None) -> NoReturn:
        raise _at_fault(wrong, places) or Wrong(document, right)

    names: dict[str, Any] = {"refuse": refuse, "Wrong": Wrong, "zero": 0}
    for name, coding in fields.items():
        names |= _functions(name, coding)
    _run(text, "a row", names)

    def schema(defs: dict[str, Schema]) -> Schema:
        return {"type": "array", "prefixItems": [one.schema(defs) for one in of], "items": False, "minItems": len(of)}

    return Coding(names["dump"], names["load"], schema)


def _functions(name: str, coding: Coding) -> dict[str, Any]:
    """What the text of a function calls for one field."""
    of = coding.optional or coding
    return {f"dump_{name}": of.dump, f"load_{name}": of.load, f"empty_{name}": of.empty, f"known_{name}": of.known}


def _run(text: str, of: str, names: dict[str, Any]) -> None:
    exec(compile(text, f"<{of} as JSON>", "exec"), names)  # noqa: S102  # no text but ours: names of fields, and of these functions


def object_schema(properties: Mapping[str, Schema]) -> Schema:
    """Describe an object that has all of its fields, and no other."""
    fields = {"properties": {**properties}, "required": [*properties]}
    return {"type": "object", **fields, "additionalProperties": False}


# -- writing -------------------------------------------------------------------------------------------------------


def _written(fields: Mapping[str, Coding]) -> str:
    items = "".join(f"        {name!r}: {_dumped(name, coding, f'v.{name}')},\n" for name, coding in fields.items())
    return f"def dump(v):\n    return {{\n{items}    }}\n"


def _dumped(name: str, coding: Coding, value: str) -> str:
    """The expression that writes one value."""
    of = coding.optional or coding
    if of.plain is int:
        none = f"None if (x := {value}) is None else " if coding.optional else ""
        return f"{none}x if {-STEPS_MAX} <= {'x' if none else f'(x := {value})'} <= {STEPS_MAX} else dump_{name}(x)"
    if of.plain is not None:
        return value
    if coding.optional:
        return f"None if (x := {value}) is None else dump_{name}(x)"
    if of.empty is not None:
        return f"dump_{name}(x) if (x := {value}) else {_EMPTY[of.as_object]}"
    return f"dump_{name}({value})"


# -- reading -------------------------------------------------------------------------------------------------------

_RIGHT = {
    bool: "{0} is False or {0} is True",
    int: f"{{0}} is zero or type({{0}}) is int and {-STEPS_MAX} <= {{0}} <= {STEPS_MAX}",
    str: "type({0}) is str and {0}.isascii() and {0}.isprintable() and len({0}) <= 128",
}
"""What tells at a look that a document is right; where it does not, the slow way says."""


_EMPTY = ("[]", "{}")
"""What is written of a value that has nothing in it: of a list, and of names with their values."""

_Places: TypeAlias = Mapping[int, str | int]
"""By the line of a function, the field that is read there."""


_values_of: Callable[..., Callable[[Any], Any]] = itemgetter
_SOUND = "    if not v.is_sound:\n        raise Wrong(d, f'a {cls.__name__} whose figures can be')\n"


def _read(fields: Mapping[str, Coding], usual: Mapping[str, str], *, direct: bool, sound: bool) -> tuple[str, _Places]:
    found = ", ".join(f"f_{name}" for name in fields)
    top = (
        f"def load(d):\n    if type(d) is not dict or len(d) != {len(fields)}:\n        refuse(d)\n"
        f"    try:\n        {found} = values_of(d)\n    except KeyError:\n        refuse(d)\n"
    )
    if usual:
        as_usual = " and ".join(f"f_{name} is {value}" for name, value in usual.items())
        top += f"    if {as_usual}:\n        return usual\n"
    top += "    try:\n"
    text, places = _lines(top, [(name, _checked(name, coding)) for name, coding in fields.items()])
    made = ", ".join(f"{name}=f_{name}" for name in fields)
    filled = "".join(f"    v.{name} = f_{name}\n" for name in fields)
    return (
        f"{text}    except Wrong as wrong:\n        refuse(d, wrong)\n"
        + (f"    v = new(twin)\n{filled}    v.__class__ = cls\n" if direct else _MADE.format(made))
        + f"{_SOUND if sound else ''}    return v\n"
    ), places


_MADE = """    try:
        v = made({})
    except PurseError as problem:
        raise Wrong(d, "one that can be made: " + str(problem)) from None
"""


def _twin(cls: type[Any], fields: Mapping[str, Coding]) -> type[Any] | None:
    """Make a class whose slots are those of `cls`, and may be filled; `None` where `cls` does more as it is made.

    One of it is made, filled and then said to be of `cls`: what its own `__init__` does, in a quarter of the time.
    """
    all_of_it = [one.name for one in attrs.fields(cls)]
    does_more = any(one.validator or one.converter for one in attrs.fields(cls)) or hasattr(cls, "__attrs_post_init__")
    plain = all(type(getattr_static(cls, name)) is MemberDescriptorType for name in fields)
    if does_more or not plain or sorted(all_of_it) != sorted(fields):
        return None
    filling = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    return type(cls.__name__, (cls,), filling)


_NOTHINGS = (("zero", 0), ("False", False), ("None", None))


def _usual(cls: type[Any], fields: Mapping[str, Coding]) -> Mapping[str, str]:
    """Find what the document of one has that is as it is by itself, if that is 0, `False` and `None`; else nothing."""
    own = attrs.fields_dict(cls)
    said = {name: [word for word, nothing in _NOTHINGS if own[name].default is nothing] for name in fields}
    return {name: word for name, [word] in said.items()} if all(said.values()) and not hasattr(cls, "is_sound") else {}


def _lines(top: str, parts: Iterable[tuple[str | int, str]]) -> tuple[str, _Places]:
    """Put together the text of a function, and say which of its lines are about what."""
    text, places = top, {}
    for place, part in parts:
        first = text.count("\n") + 1
        places.update(dict.fromkeys(range(first, first + part.count("\n")), place))
        text += part
    return text, places


def _checked(name: str, coding: Coding) -> str:
    """The statement that turns what was found for one field into its value."""
    of, x = coding.optional or coding, f"f_{name}"
    there = f"{x} is not None and " if coding.optional else ""
    if of.plain is not None:
        return f"        if {there}not ({_RIGHT[of.plain].format(x)}): {x} = load_{name}({x})\n"
    if of.empty is not None:
        kind = ("list", "dict")[of.as_object]
        nothing = "()" if of.empty is tuple else "{}" if of.empty is dict else f"empty_{name}()"
        return f"        {x} = load_{name}({x}) if {x} or type({x}) is not {kind} else {nothing}\n"
    if of.known is not None:
        known = f"type({x}) is str and len({x}) <= {KNOWN_MAX} and (y := known_{name}({x})) is not None"
        other = f"elif {x} is not None" if there else "else"
        return f"        if {known}: {x} = y\n        {other}: {x} = load_{name}({x})\n"
    if coding.optional:
        return f"        if {x} is not None: {x} = load_{name}({x})\n"
    return f"        {x} = load_{name}({x})\n"


def _at_fault(wrong: Wrong | None, places: _Places) -> Wrong | None:
    """Say one level further out where something is wrong: the line that was being run knows."""
    if wrong is None:
        return None
    line = cast("TracebackType", wrong.__traceback__).tb_lineno  # it was caught where it passed
    return wrong.at(places[line]).with_traceback(None)


def _ill_formed(cls: type[Any], fields: Mapping[str, Coding], document: Any) -> Wrong:
    """Say what is wrong with a document that has not the fields that it should have."""
    if document.__class__ is not dict:
        return Wrong(document, f"an object with the fields of {cls.__name__}")
    for name in document:
        if name not in fields:
            right = f"left out: there is no such field; {cls.__name__} has {listed(fields)}"
            return Wrong(document[name], right).at(name)
    return Wrong(None, "given: every field is").at(next(name for name in fields if name not in document))
