"""What a document has by name and parameters: schedules and draw policies, and a host's own policies by their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from inspect import signature
from typing import Any, Final, cast

from attrs import frozen

from tokenpurse import policies
from tokenpurse.codec.groups import ITEMS_MAX, items
from tokenpurse.codec.places import Place
from tokenpurse.codec.shapes import Schema, Shape, dump, load
from tokenpurse.codec.values import Text, Whole, words
from tokenpurse.errors import PlanError, UnknownNameError, listed, shown
from tokenpurse.periods import WEEKDAYS, Schedule, factories
from tokenpurse.plans import checks
from tokenpurse.policies import NAMED, DrawPolicy, Evenly, Order, SortKey

__all__ = ["Draw", "Every", "registered"]

# --- schedules ---

_FACTORIES: Final[Mapping[str, Callable[..., Schedule]]] = {
    name: getattr(factories, name) for name in factories.__all__
}
_TAKES: Final = {name: frozenset(signature(make).parameters) for name, make in _FACTORIES.items()}
_BARE: Final = tuple(name for name, takes in _TAKES.items() if "n" not in takes)
_SETTINGS: Final[Mapping[str, Shape]] = {"n": Whole, "weekday": words(WEEKDAYS), "zone": Text}


@frozen
class _Every:
    """A schedule: its name, `calendar_month`, or an object with its name and what is said about it beside."""

    def right(self) -> str:
        return "a schedule, such as 'subscription_month' or {'schedule': 'calendar_weeks', 'n': 2}"

    def takes(self, value: object) -> bool:
        return type(value) is Schedule

    def fits(self, document: object) -> bool:
        name = cast("dict[str, object]", document).get("schedule") if type(document) is dict else document
        return type(name) is str and name in (_BARE if document is name else _FACTORIES)

    def dump(self, value: Schedule, place: Place) -> str | dict[str, Any]:
        single = f"{value.form}_{value.step}".removesuffix("s")
        name = value.step if value.step in _FACTORIES else single if value.n == 1 else f"{single}s"
        said: dict[str, Any] = {}
        for key, shape in _SETTINGS.items():
            setting = getattr(value, key)
            if key in _TAKES[name] and setting is not None and setting != WEEKDAYS[0]:
                said[key] = dump(shape, setting, place.inside(key))
        return {"schedule": name, **said} if said else name

    def load(self, document: str | dict[str, Any], place: Place) -> Schedule:
        if isinstance(document, str):
            return _FACTORIES[document]()
        name = document["schedule"]
        said = _settings(document, "schedule", _TAKES[name], place)
        settings = {key: load(_SETTINGS[key], value, place.inside(key)) for key, value in said.items()}
        if "n" in _TAKES[name] and "n" not in settings:
            raise place.inside("n").wrong(None, f"it must be given: how many of {name}")
        try:
            return _FACTORIES[name](**settings)
        except PlanError as error:
            raise place.inside(error.field).wrong(error.value, error.right) from None
        except UnknownNameError as error:
            raise place.inside("zone").wrong(error.name, "it must be a time zone that this machine knows") from None

    def schema(self, defs: dict[str, Schema]) -> Schema:
        settings = {key: shape.schema(defs) for key, shape in _SETTINGS.items()}
        settings["n"]["minimum"] = 1
        forms: list[Schema] = [{"enum": list(_BARE)}]
        for takes in sorted(set(_TAKES.values()), key=sorted):
            names = [name for name in _FACTORIES if _TAKES[name] == takes]
            fields = {"schedule": {"enum": names}, **{key: settings[key] for key in sorted(takes)}}
            required = ["schedule", *({"n"} & takes)]
            forms.append({"type": "object", "properties": fields, "required": required, "additionalProperties": False})
        defs["Schedule"] = {"anyOf": forms}
        return {"$ref": "#/$defs/Schedule"}


def _settings(document: dict[str, Any], mark: str, known: frozenset[str], place: Place) -> dict[str, Any]:
    """Give what an object says beside its mark, if it may say that."""
    said = {key: value for key, value in document.items() if key != mark}
    for key, value in said.items():
        if key not in known:
            right = f"{document[mark]} takes {listed(sorted(known)) or 'nothing'} beside its name"
            raise place.inside(key).wrong(value, right)
    return said


Every: Final = _Every()

# --- draw policies ---

_SHIPPED: Final = frozenset({*NAMED, "by_kind", "evenly", "order_by"})
_KINDS: Final = items(Text)


@frozen
class _Draw:
    """A draw policy: its name, an object with its name and parameters, or a list of orders, each for the ties before.

    A host's own policy, and a host's own key of an order, have the names that the host registered.
    """

    def right(self) -> str:
        return "a draw policy, such as 'evenly', {'policy': 'by_kind', 'kinds': ['rollover']} or a list of orders"

    def takes(self, value: object) -> bool:
        return policies.is_policy(value)

    def fits(self, document: object) -> bool:
        return type(document) in {str, dict, list}

    def dump(self, value: DrawPolicy, place: Place) -> Any:
        written = _written(value, place)
        if written is None:
            right = "give your own policy, or your key of an order, a name to write: policies={'a_name': ...}"
            raise place.wrong(value, right)
        return written

    def load(self, document: Any, place: Place) -> DrawPolicy:
        if document == "evenly":
            return policies.evenly()
        if type(document) is dict and document.get("policy") == "evenly":
            said = _settings(document, "policy", frozenset({"ties"}), place)
            ties = _ordered(said["ties"], place.inside("ties")) if said else policies.DEFAULT
            return _made(lambda: policies.evenly(ties), document, place)
        found: DrawPolicy = _ordered(document, place)
        return found

    def schema(self, defs: dict[str, Schema]) -> Schema:
        kinds = {"policy": {"const": "by_kind"}, "kinds": _KINDS.schema(defs)}
        by_kind = {"type": "object", "properties": kinds, "required": list(kinds), "additionalProperties": False}
        one = {"anyOf": [{"type": "string"}, by_kind]}
        order = {"anyOf": [*one["anyOf"], {"type": "array", "items": one, "minItems": 1, "maxItems": ITEMS_MAX}]}
        ties = {"policy": {"const": "evenly"}, "ties": order}
        evenly = {"type": "object", "properties": ties, "required": ["policy"], "additionalProperties": False}
        defs["Policy"] = {"anyOf": [*order["anyOf"], evenly]}
        return {"$ref": "#/$defs/Policy"}


Draw: Final = _Draw()


def registered(given: object) -> Mapping[str, DrawPolicy]:
    """Check what a host calls its own policies.

    Raises:
        PlanError: it is no mapping, a name is the library's own or cannot be one, or what it names is no policy.
    """
    if not isinstance(given, Mapping):
        raise PlanError("policies", "document", given, "it must be a mapping of names to draw policies")
    for name, policy in given.items():
        if checks.named("policies", "name", name) in _SHIPPED:
            raise PlanError("policies", "name", name, "it is the name of a policy that the library brings")
        if not policies.is_policy(policy):
            raise PlanError("policies", name, policy, "it must be a draw policy: an object with split(rows, amount)")
    return given


def _written(policy: DrawPolicy, place: Place) -> Any:
    """Write a policy: as the library's own where it is made of nothing else, else by a name of the host's."""
    if type(policy) is Evenly:
        ties = _written(policy.ties, place.inside("ties"))
        if ties is not None:
            return "evenly" if ties == "DEFAULT" else {"policy": "evenly", "ties": ties}
    elif type(policy) is Order:
        keys = [_written_key(key, place) for key in policy.keys]
        if None not in keys:
            return keys if len(keys) > 1 else keys[0] if keys else "DEFAULT"
    return _name_of(policy, place)


def _written_key(key: SortKey, place: Place) -> Any:
    order = Order((key,))
    for name, shipped in NAMED.items():
        if shipped == order:
            return name
    if key.kinds and order == policies.by_kind(*key.kinds):
        return {"policy": "by_kind", "kinds": dump(_KINDS, key.kinds, place.inside("kinds"))}
    return _name_of(order, place)


def _name_of(policy: DrawPolicy, place: Place) -> str | None:
    return next((name for name in sorted(place.policies) if place.policies[name] == policy), None)


def _ordered(document: object, place: Place) -> Any:
    """Read an order, or a policy of the host's own."""
    if type(document) is not list:
        return _single(document, place)
    given = cast("list[object]", document)
    if not 1 <= len(given) <= ITEMS_MAX:
        raise place.wrong(document, f"it must be a list of 1 to {ITEMS_MAX:,} orders")
    orders = [_single(item, place.item(index)) for index, item in enumerate(given)]
    for index, order in enumerate(orders):
        if type(order) is not Order:
            raise place.item(index).wrong(given[index], "it must be an order: no other policy leaves ties")
    return _made(lambda: reduce(Order.then, orders), document, place)


def _single(document: object, place: Place) -> Any:
    if type(document) is str:
        for known in (NAMED, place.policies):
            if document in known:
                return known[document]
        own = "" if document in _SHIPPED else f", or is given a policy: policies={{{shown(document)}: ...}}"
        raise place.wrong(document, f"it must be one of {listed(NAMED)}{own}")
    if type(document) is dict and cast("dict[str, object]", document).get("policy") == "by_kind":
        said = _settings(cast("dict[str, Any]", document), "policy", frozenset({"kinds"}), place)
        kinds = load(_KINDS, said.get("kinds"), place.inside("kinds"))
        return _made(lambda: policies.by_kind(*kinds), kinds, place.inside("kinds"))
    raise place.wrong(document, "it must be the name of an order, or {'policy': 'by_kind', 'kinds': [...]}")


def _made(make: Callable[[], DrawPolicy], document: object, place: Place) -> DrawPolicy:
    """Make a policy, and say where in the document it is that it cannot be made."""
    try:
        return make()
    except PlanError as error:
        raise place.wrong(document, error.right) from None
