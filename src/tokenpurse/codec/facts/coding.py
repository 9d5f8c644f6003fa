"""How facts are written and read, found out from the annotations of their classes.

Every field of every class is in its document, whatever its value: what is missing is an error, never a default.
A field that is added needs no line here, as long as its annotation is made of what is known below; one that is not is
a `TypeError` when its class is first met, so none is ever left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from json import dumps
from operator import length_hint
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, cast, get_args, get_origin, get_type_hints

import attrs

from tokenpurse._engine.book import IN_ORDER
from tokenpurse.codec.facts import single
from tokenpurse.codec.facts.compiled import Coding, Schema, compiled, compiled_row, object_schema
from tokenpurse.codec.facts.trail import Wrong
from tokenpurse.entries import Remembered
from tokenpurse.errors import listed
from tokenpurse.units import Unit

__all__ = ["FACTS_MAX", "Ready", "coding_of", "one_of"]

FACTS_MAX = 100_000
"""The most items that one list of facts may have."""


class Ready(NamedTuple):
    """What stands in a document for a list whose items were read already.

    Attributes:
        read: the `Coding.load` that they were read by: in the place of any other list this is wrong.
        values: what they are.
    """

    read: Callable[[Any], Any]
    values: tuple[Any, ...]


_SINGLE: Final[Mapping[Any, Coding]] = {
    bool: single.FLAG,
    int: single.WHOLE,
    str: single.TEXT,
    datetime: single.MOMENT,
    timedelta: single.TIME,
    Unit: single.UNIT,
}
_SPECIAL: Final[Mapping[tuple[type, str], Coding]] = {(Remembered, "said"): single.SAID}


_KNOWN: Final[dict[Any, Coding]] = {}


def coding_of(annotation: Any) -> Coding:
    """Find out how values of a type are written.

    Raises:
        TypeError: it is made of something that is not known.
    """
    if annotation not in _KNOWN:
        _KNOWN[annotation] = _found(annotation, get_origin(annotation), get_args(annotation))
    return _KNOWN[annotation]


def _found(annotation: Any, origin: Any, within: tuple[Any, ...]) -> Coding:
    if annotation in _SINGLE:
        return _SINGLE[annotation]
    if origin in {Union, UnionType}:
        return _union(annotation, within)
    if origin is Literal:
        return _words(within)
    if origin is tuple and within[1:] == (...,):
        return _list(coding_of(within[0]))
    if origin is tuple:
        return compiled_row([coding_of(one) for one in within])
    if origin is frozenset and within == (str,):
        return _NAMES
    if origin is Mapping:
        return _by_name(coding_of(within[1])) if within[0] is str else _pairs(*map(coding_of, within))
    if origin is Annotated and within[1:] == (IN_ORDER,):
        return _in_order(*map(coding_of, get_args(within[0])))
    if isinstance(annotation, type) and attrs.has(annotation):
        return _record(annotation)
    raise TypeError(f"there is no way to write {annotation}")


_RECORDS: Final[dict[type[Any], Coding | None]] = {}


def _record(cls: type[Any]) -> Coding:
    """Find out how a class is written; one that holds itself, as use that is paid by use, is looked up as it is met."""
    if cls in _RECORDS:
        return _RECORDS[cls] or _later(cls)
    _RECORDS[cls] = None
    hints = get_type_hints(cls, include_extras=True)
    names = [one.name for one in attrs.fields(cls) if one.init]
    found = compiled(cls, {name: _SPECIAL.get((cls, name)) or coding_of(hints[name]) for name in sorted(names)})
    _RECORDS[cls] = found
    return found


def _later(cls: type[Any]) -> Coding:
    def found() -> Coding:
        return cast("Coding", _RECORDS[cls])

    return Coding(
        lambda value: found().dump(value), lambda document: found().load(document), lambda defs: found().schema(defs)
    )


def _union(annotation: Any, within: tuple[Any, ...]) -> Coding:
    """Join types: one of them or nothing, or one of several classes, which says its name."""
    some = [one for one in within if one is not NoneType]
    if len(some) > 1 and not all(isinstance(one, type) and attrs.has(one) for one in some):
        raise TypeError(f"what is written of {annotation} could not be told apart")
    found = coding_of(some[0]) if len(some) == 1 else one_of("type", some)
    return found if len(some) == len(within) else _optional(found)


# -- what is made of other values ----------------------------------------------------------------------------------


def _optional(of: Coding) -> Coding:
    def dump(value: Any) -> Any:
        return None if value is None else of.dump(value)

    def load(document: Any) -> Any:
        return None if document is None else of.load(document)

    def schema(defs: dict[str, Schema]) -> Schema:
        return {"anyOf": [of.schema(defs), {"type": "null"}]}

    return Coding(dump, load, schema, optional=of)


def _words(choice: tuple[str, ...]) -> Coding:
    def load(document: Any) -> str:
        if type(document) is str and document in choice:
            return document
        raise Wrong(document, f"one of {listed(choice)}")

    return Coding(_same, load, lambda _: {"enum": list(choice)})


def _list(of: Coding) -> Coding:
    dump_one, load_one = of.dump, of.load

    def dump(values: Iterable[Any]) -> list[Any]:
        return [dump_one(value) for value in values]

    def load(document: Any) -> tuple[Any, ...]:
        if type(document) is Ready and document.read is load_one:
            return document.values
        if type(document) is not list or len(document) > FACTS_MAX:
            raise Wrong(document, f"a list of at most {FACTS_MAX:,}")
        rest = iter(document)
        try:
            return tuple([load_one(one) for one in rest])
        except Wrong as wrong:
            raise wrong.at(len(document) - length_hint(rest) - 1) from None

    def schema(defs: dict[str, Schema]) -> Schema:
        return {"type": "array", "items": of.schema(defs), "maxItems": FACTS_MAX}

    return Coding(dump, load, schema, empty=tuple)


def _in_order(key: Coding, value: Coding) -> Coding:
    """A mapping whose order says something: a list of keys, each with its value, in that order."""
    rows = _list(compiled_row([key, value]))

    def dump(found: Mapping[Any, Any]) -> list[Any]:
        return cast("list[Any]", rows.dump(found.items()))

    def load(document: Any) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for index, (one, each) in enumerate(rows.load(document)):
            if one in found:
                raise Wrong(document[index][0], "there once").at(0).at(index)
            found[one] = each
        return found

    return Coding(dump, load, rows.schema, empty=dict)


def _pairs(key: Coding, value: Coding) -> Coding:
    """A mapping whose keys are no names, and whose order says nothing: a list of keys, each with its value, sorted."""
    rows = _in_order(key, value)

    def dump(found: Mapping[Any, Any]) -> list[Any]:
        return sorted(rows.dump(found), key=_sorting)

    def load(document: Any) -> dict[Any, Any]:
        found = cast("dict[Any, Any]", rows.load(document))
        if len(found) > 1 and sorted(document, key=_sorting) != document:
            raise Wrong(document, "sorted by its keys")
        return found

    return Coding(dump, load, rows.schema, empty=dict)


def _sorting(row: list[Any]) -> tuple[int, str]:
    """Sort numbers as such, and whatever else a key is as its text is sorted."""
    return (row[0], "") if type(row[0]) is int else (0, dumps(row[0], sort_keys=True))


def _by_name(value: Coding) -> Coding:
    """A mapping of names, whose order says nothing: an object."""
    dump_one, load_one, load_name = value.dump, value.load, single.TEXT.load

    def dump(found: Mapping[str, Any]) -> dict[str, Any]:
        return {name: dump_one(found[name]) for name in sorted(found)}

    def load(document: Any) -> dict[str, Any]:
        if type(document) is not dict or len(document) > FACTS_MAX:
            raise Wrong(document, f"an object of at most {FACTS_MAX:,}")
        found: dict[str, Any] = {}
        name: Any = None
        try:
            for name, one in document.items():
                found[load_name(name)] = load_one(one)
        except Wrong as wrong:
            raise wrong.at(name) from None
        return found

    def schema(defs: dict[str, Schema]) -> Schema:
        return {"type": "object", "additionalProperties": value.schema(defs), "maxProperties": FACTS_MAX}

    return Coding(dump, load, schema, empty=dict, as_object=True)


def _same(value: Any) -> Any:
    return value


def _names() -> Coding:
    names = _list(single.TEXT)

    def load(document: Any) -> frozenset[str]:
        found = cast("tuple[str, ...]", names.load(document))
        if list(found) != sorted(set(found)):
            raise Wrong(document, "names in the order of the alphabet, none of them twice")
        return frozenset(found)

    return Coding(sorted, load, lambda defs: {**names.schema(defs), "uniqueItems": True}, empty=frozenset)


_NAMES: Final = _names()


def one_of(tag: str, classes: Iterable[type[Any]]) -> Coding:
    """One of several classes, of which the document says the name under a key of its own.

    Raises:
        TypeError: a class has a field of that name.
    """
    known = {cls.__name__: cls for cls in classes}
    if any(tag in attrs.fields_dict(cls) for cls in known.values()):
        raise TypeError(f"a class that says {tag} could not say its name there")
    written = {cls: (name, coding_of(cls).dump) for name, cls in known.items()}
    read = {name: coding_of(cls).load for name, cls in known.items()}

    def dump(value: Any) -> dict[str, Any]:
        name, dump_one = written[type(value)]
        return {tag: name, **dump_one(value)}

    def load(document: Any) -> Any:
        if type(document) is not dict:
            raise Wrong(document, f"an object with its {tag}")
        name = document.get(tag)
        if type(name) is not str or name not in read:
            raise Wrong(name, f"one of {listed(read)}").at(tag)
        own = document.copy()
        del own[tag]
        return read[name](own)

    def schema(defs: dict[str, Schema]) -> Schema:
        return {"oneOf": [_tagged(tag, cls, defs) for cls in known.values()]}

    return Coding(dump, load, schema)


def _tagged(tag: str, cls: type[Any], defs: dict[str, Schema]) -> Schema:
    """Describe one of several classes: its name, and its own fields."""
    name = f"{cls.__name__}_by_{tag}"
    if name not in defs:
        fields = cast("Mapping[str, Coding]", coding_of(cls).fields)
        defs[name] = {}
        own = {one: coding.schema(defs) for one, coding in fields.items()}
        defs[name] = object_schema({tag: {"const": cls.__name__}, **own})
    return {"$ref": f"#/$defs/{name}"}
