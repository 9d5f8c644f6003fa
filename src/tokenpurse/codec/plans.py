"""Plans and catalogues as JSON: what `json.dumps` takes, and what `json.loads` gives."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from tokenpurse.codec.named import registered
from tokenpurse.codec.parts import part_of
from tokenpurse.codec.places import Place
from tokenpurse.codec.shapes import dump, load
from tokenpurse.codec.texts import parsed
from tokenpurse.errors import PlanError, shown
from tokenpurse.plans import Catalogue, Plan
from tokenpurse.policies import DrawPolicy

__all__ = ["CATALOGUE_FORMAT", "PLANS_MAX", "PLAN_FORMAT", "dump_catalogue", "dump_plan", "load_catalogue", "load_plan"]

PLAN_FORMAT = "tokenpurse-plan-1"
"""What the document of a plan says that it is."""
CATALOGUE_FORMAT = "tokenpurse-catalogue-1"
"""What the document of a catalogue says that it is."""
PLANS_MAX = 10_000
"""The most plans that the document of a catalogue may have."""

_NONE: Final[Mapping[str, DrawPolicy]] = MappingProxyType({})


def dump_plan(plan: Plan, *, policies: Mapping[str, DrawPolicy] = _NONE) -> dict[str, Any]:
    """Write a plan as a document of str, int, bool, `None`, list and dict, as `json.dumps` takes it.

    Equal plans give equal documents: what is as it would be anyway is left out, and sets are sorted.

    Args:
        plan: the plan.
        policies: what the host calls its own draw policies, and its own keys of an order.

    Raises:
        PlanError: no plan, a policy of the host's own without a name, or a list of more than 1,000.
    """
    return {"format": PLAN_FORMAT, **_dumped(plan, "", policies)}


def load_plan(document: object, *, policies: Mapping[str, DrawPolicy] = _NONE) -> Plan:
    """Read a plan: `load_plan(dump_plan(plan)) == plan`.

    Nothing is guessed: what is not known, of another type, there twice or missing is refused, and so is a float. What
    the plan's own validation finds is refused as well.

    Args:
        document: what `json.loads` gave, or the text itself, in which no key may be there twice.
        policies: the host's own draw policies and orders, by the names that documents have for them.

    Raises:
        PlanError: naming the part by its place in the document, the field, the value, and what would be right.
    """
    return _plan(_opened(document, PLAN_FORMAT, "Plan"), "", registered(policies))


def dump_catalogue(catalogue: Catalogue, *, policies: Mapping[str, DrawPolicy] = _NONE) -> dict[str, Any]:
    """Write all plans of a catalogue, in its order, as one document; see `dump_plan`.

    Raises:
        PlanError: no catalogue, more than 10,000 plans, or where `dump_plan` does.
    """
    if type(catalogue) is not Catalogue or len(catalogue.plans) > PLANS_MAX:
        raise PlanError("Catalogue", "plans", catalogue, f"it must be a Catalogue of at most {PLANS_MAX:,} plans")
    plans = [_dumped(plan, f"plans[{index}], ", policies) for index, plan in enumerate(catalogue.plans)]
    return {"format": CATALOGUE_FORMAT, "plans": plans}


def load_catalogue(document: object, *, policies: Mapping[str, DrawPolicy] = _NONE) -> Catalogue:
    """Read a catalogue: `load_catalogue(dump_catalogue(catalogue)) == catalogue`; see `load_plan`.

    Its plans may say their `format`, as documents of their own do.

    Raises:
        PlanError: also where a `Catalogue` cannot be made of these plans, such as a plan that leads to none of them.
    """
    found = _opened(document, CATALOGUE_FORMAT, "Catalogue")
    place = Place("Catalogue", "plans", registered(policies))
    for name in found:
        if name != "plans":
            raise Place("", "Catalogue").inside(name).wrong(found[name], "there is no such field; it has format, plans")
    plans = found.get("plans")
    if type(plans) is not list or len(plans) > PLANS_MAX:
        raise place.wrong(plans, f"it must be a list of at most {PLANS_MAX:,} plans")
    return Catalogue([_plan(one, f"plans[{index}]", place.policies) for index, one in enumerate(plans)])


def _dumped(plan: Plan, label: str, policies: Mapping[str, DrawPolicy]) -> dict[str, Any]:
    name = f"Plan {shown(plan.name)}" if type(plan) is Plan else "Plan"  # whatever it is, the shape says so
    found: dict[str, Any] = dump(part_of(Plan), plan, Place("", label + name, registered(policies)))
    return found


def _opened(document: object, expected: str, label: str) -> dict[Any, Any]:
    """Give what a document says beside its format, which must be the one that is read here."""
    place = Place("", label)
    found: object = parsed(document, place.wrong) if type(document) is str else document
    if type(found) is not dict:
        raise place.wrong(found, "it must be an object, or the text of one")
    said: dict[Any, Any] = dict(found)
    given = said.pop("format", None)
    if given != expected:
        raise place.inside("format").wrong(given, f"it must be {expected}")
    return said


def _plan(document: object, label: str, policies: Mapping[str, DrawPolicy]) -> Plan:
    """Read one plan, whose name is said of all that is wrong with it."""
    if type(document) is dict and "format" in document:
        document = _opened(document, PLAN_FORMAT, label)
    name = document.get("name") if type(document) is dict else None
    label = ", ".join(filter(None, (label, "Plan" if name is None else f"Plan {shown(name)}")))
    plan: Plan = load(part_of(Plan), document, Place("", label, policies))
    return plan
