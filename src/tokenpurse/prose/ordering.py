"""In which order a customer's buckets pay: among those of one unit, since a meter's own pay before its price's."""

from __future__ import annotations

from collections.abc import Iterator

from tokenpurse.buckets import KINDS
from tokenpurse.policies import DEFAULT, Evenly, Order, SortKey
from tokenpurse.prose.telling import Fact, Teller, in_order, kinds_made
from tokenpurse.prose.words import is_currency

__all__ = ["ordered"]


def ordered(teller: Teller) -> Iterator[Fact]:
    """Say the order of use, where there is a choice."""
    draw = teller.plan.draw
    if draw == DEFAULT:
        said = _by_unit(teller, {unit: in_order(kinds) for unit, kinds in _made(teller).items()})
        if said:
            yield Fact(("draw",), said)
    elif isinstance(draw, Evenly):
        ties = _keys(teller, draw.ties)
        what = f"{_among(teller)}all that you have is used evenly, each part in proportion to its size"
        yield Fact(("draw",), f"{what}; where that leaves a choice, {ties}" if ties else what)
    elif isinstance(draw, Order):
        if said := _keys(teller, draw):
            yield Fact(("draw",), said)
    else:
        name = getattr(draw, "name", "")
        own = teller.words.name(name) if name in teller.words.said else "in an order of our own"
        yield Fact(("draw",), f"{_among(teller)}what you have is used {own}")


def _made(teller: Teller) -> dict[str, set[str]]:
    """Find which kinds of each unit there are."""
    found: dict[str, set[str]] = {}
    for unit, kind in sorted(kinds_made(teller.plan), key=lambda made: (teller.unit(made[0]).is_money, made)):
        found.setdefault(unit, set()).add(kind)
    return found


def _keys(teller: Teller, order: Order) -> str:
    return "; among equals, ".join(said for key in order.keys if (said := _key(teller, key)))


def _key(teller: Teller, key: SortKey) -> str:
    if key.name == "by_kind":
        made = _made(teller)
        given = set(key.kinds) - set(KINDS) | {"promo"} & set(key.kinds)  # the host gives these, of whatever unit
        given -= {kind for kinds in made.values() for kind in kinds}
        named = {unit: in_order({*kinds, *given}, key.kinds) for unit, kinds in made.items()}
        return _by_unit(teller, named or {"": list(key.kinds)})
    if key.name == "by_priority" and (said := _by_unit(teller, _ranked(teller))):
        return said
    shipped = {
        "by_priority": "what we rank first is used first",
        "soonest_expiring": "what expires soonest is used first",
        "oldest_first": "what you have longest is used first",
        "narrowest_scope_first": "what is for some use only is used before what is for all",
        "promo_before_paid": "what you got for nothing is used before what you paid for",
    }
    own = teller.words.said.get(key.name, ("", "as we order it"))[1]
    return _among(teller) + shipped.get(key.name, f"what you have is used {own}")


def _ranked(teller: Teller) -> dict[str, list[str]]:
    """Put the kinds of each unit in the order of their priorities, equals in the default order."""
    found: dict[str, dict[str, int]] = {}
    ranked = [(teller.unit(one.unit).name, one.kind, one.priority) for one in teller.plan.allowances]
    ranked += [(one.unit.name, one.kind, one.priority) for one in teller.plan.terms.offers.values()]
    for unit, kind, priority in ranked:
        kinds = found.setdefault(unit, {})
        kinds[kind] = min(priority, kinds.get(kind, priority))
    return {unit: sorted(in_order(kinds), key=kinds.__getitem__) for unit, kinds in found.items()}


def _by_unit(teller: Teller, kinds: dict[str, list[str]]) -> str:
    """Say which kinds come first, of each unit that has several; all in one where it is the same."""
    chosen = {unit: tuple(map(teller.kind, named)) for unit, named in kinds.items() if len(named) > 1}
    if len(set(chosen.values())) == 1:
        return _first_used(next(iter(chosen.values())))
    return "; ".join(f"of {_name(teller, unit)} {_first_used(named)}" for unit, named in chosen.items())


def _first_used(kinds: tuple[str, ...]) -> str:
    first, *others = kinds
    return ", then ".join([f"you use {first} first", *others])


def _among(teller: Teller) -> str:
    """Say among what an order is, where there are several units: `among the tokens, and among prepaid credit, `."""
    units = [f"among {_name(teller, unit)}" for unit in _made(teller)]
    return f"{', and '.join(units)}, " if len(units) > 1 else ""


def _name(teller: Teller, unit: str) -> str:
    found = teller.unit(unit)
    return teller.purse(found) if is_currency(found) else f"the {teller.many(found)}"
