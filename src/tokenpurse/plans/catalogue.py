"""A host's plans with the revisions in use. Immutable: a new price list is a new catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import field, frozen

from tokenpurse.errors import PlanError, UnknownNameError, shown
from tokenpurse.plans.plan import Plan
from tokenpurse.plans.reading import check_kinds_made, check_payers_made, kinds_made, payers_made
from tokenpurse.plans.spelling import stem
from tokenpurse.plans.walking import check_unpaid, check_walks
from tokenpurse.units import Unit

__all__ = ["Catalogue"]


def _plans(plans: Iterable[Plan]) -> tuple[Plan, ...]:
    given: object = plans
    if isinstance(given, str | Plan) or not isinstance(given, Iterable):
        raise PlanError("Catalogue", "plans", plans, "it must be a list of Plan")
    found = tuple(plans)
    for plan in found:
        if not isinstance(plan, Plan):
            raise PlanError("Catalogue", "plans", plan, "it must be a list of Plan")
    return found


@frozen
class Catalogue:
    """Plans by name and revision.

    Attributes:
        plans: all of them, in any order; a name may come in several revisions.

    Raises:
        PlanError: the same name and revision twice; a plan that leads to one that is not here, upgrades to one of a
            lower rank, or cancels to one that is for once; a kind to keep that no plan grants, or any kind that no
            plan makes (for a `Limit`: of its unit) and none names in its `kinds`; a unit that two of them define or
            spell in two ways; newest revisions that lead to each other in a circle where nobody pays their renewals,
            or between which a customer could walk at once and be given what one of them grants again and again.
    """

    plans: tuple[Plan, ...] = field(converter=_plans)
    _by_key: dict[tuple[str, int], Plan] = field(init=False, repr=False, eq=False)
    _newest: dict[str, Plan] = field(init=False, repr=False, eq=False)
    _units: dict[str, Unit] = field(init=False, repr=False, eq=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        by_key: dict[tuple[str, int], Plan] = {}
        newest: dict[str, Plan] = {}
        for plan in sorted(self.plans, key=lambda plan: plan.revision):
            if (plan.name, plan.revision) in by_key:
                raise PlanError(f"Plan {plan.name!r}", "revision", plan.revision, "it is in the catalogue already")
            by_key[plan.name, plan.revision] = newest[plan.name] = plan
        for plan in self.plans:
            for name, value in (("upgrades_to", tuple(plan.upgrades_to)), ("cancels_to", (plan.cancels_to,))):
                for target in value:
                    if target is not None and target not in newest:
                        raise PlanError(
                            f"Plan {plan.name!r}", name, target, "it is not in the catalogue; put both in one Catalogue"
                        )
            if plan.cancels_to is not None and newest[plan.cancels_to].once:
                right = "it is for once, and cancelling may come again; name a plan that is not"
                raise PlanError(f"Plan {plan.name!r}", "cancels_to", plan.cancels_to, right)
        self._check_units()
        self._check_leads(newest)
        made = set().union(*(kinds_made(plan, plan.terms) for plan in self.plans))
        for plan in newest.values():
            check_kinds_made(plan, made)
        payers = set().union(*(payers_made(plan, plan.terms) for plan in self.plans))
        for plan in newest.values():
            check_payers_made(plan, payers)
        check_unpaid(newest)
        check_walks(newest.values())
        object.__setattr__(self, "_by_key", by_key)
        object.__setattr__(self, "_newest", newest)

    def _check_units(self) -> None:
        """Refuse one name for two units, and two names for one: a change of plan would not know what it has."""
        declared = {unit.name for plan in self.plans for unit in plan.units}
        stems: dict[str, str] = {}
        for plan in self.plans:
            for unit in plan.terms.every_unit():
                if self._units.setdefault(unit.name, unit) != unit:
                    right = f"another plan of the catalogue defines {unit.name} with other places"
                    raise PlanError(f"Plan {plan.name!r}", "units", unit.name, right)
                other = stems.setdefault(stem(unit.name), unit.name)
                if other != unit.name and not {unit.name, other} <= declared:
                    right = f"another plan of the catalogue says {other}; if they are two units, name both in units="
                    raise PlanError(f"Plan {plan.name!r}", "units", unit.name, right)

    def _check_leads(self, newest: Mapping[str, Plan]) -> None:
        """Refuse newest plans that lead down for an upgrade, or keep a kind that no plan grants."""
        granted = {allowance.kind for plan in self.plans for allowance in plan.allowances}
        for plan in newest.values():
            for target in plan.upgrades_to:
                if newest[target].rank < plan.rank:
                    right = f"its rank is {newest[target].rank}, below this plan's {plan.rank}: it is a downgrade"
                    raise PlanError(f"Plan {plan.name!r}", "upgrades_to", target, right)
            for switch in plan.terms.switches.values():
                for kind in sorted(switch.keep - granted):
                    right = "no plan of the catalogue grants it, and a switch keeps the rest of allowances"
                    raise PlanError(f"Plan {plan.name!r}", f"on_{switch.way}.keep", kind, right)

    def check_units(self, held: Iterable[Unit]) -> None:
        """Go on only where the units that a wallet holds are the catalogue's own.

        Raises:
            PlanError: one is defined in another way here.
        """
        for unit in held:
            if self._units.get(unit.name, unit) != unit:
                right = f"the wallet holds {unit.name} with other places"
                raise PlanError("Catalogue", "units", unit.name, right)

    def newest(self, name: str) -> Plan:
        """Find a plan's newest revision.

        Raises:
            UnknownNameError: no plan of that name.
        """
        if type(name) is not str or name not in self._newest:
            raise UnknownNameError("plan", name, tuple(sorted(self._newest)))
        return self._newest[name]

    def get(self, name: str, revision: int) -> Plan:
        """Find one revision of a plan.

        Raises:
            UnknownNameError: no such revision, or no plan of that name.
        """
        plan = self.newest(name)
        if type(revision) is not int or (name, revision) not in self._by_key:
            known = tuple(f"{name} revision {one.revision}" for one in self.plans if one.name == plan.name)
            raise UnknownNameError("plan", f"{name} revision {shown(revision)}", known)
        return self._by_key[name, revision]

    def upgrades_of(self, plan: Plan) -> tuple[Plan, ...]:
        """List the plans that a plan may be upgraded to, in their newest revisions, lowest rank first."""
        return tuple(sorted(map(self.newest, plan.upgrades_to), key=lambda found: (found.rank, found.name)))

    def __iter__(self) -> Iterator[Plan]:
        return iter(self.plans)
