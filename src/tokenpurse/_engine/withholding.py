"""What stays paid of a price whose use was given back, because other use of the period would not be paid without it."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from tokenpurse.buckets import Draw
from tokenpurse.entries import Use

__all__ = ["rest_of", "with_rest"]


def rest_of(use: Use, place: tuple[int, int], back: Callable[[tuple[int, int]], int]) -> Use:
    """Cut a use down to what did not come back of it, the last that was used being gone.

    Args:
        use: as it was paid.
        place: of it, and of what it was paid in the next deeper ones.
        back: how much of a place came back.
    """
    steps = rest = use.steps - back(place)
    draws = []
    for draw in use.draws:
        if part := min(rest, draw.steps):
            rest -= part
            draws.append(evolve(draw, steps=part, left_steps=0))
    priced = None
    if rest and use.priced is not None:
        quantity = min(rest, use.priced.quantity)
        rest -= quantity
        paid = rest_of(use.priced.paid, (place[0], place[1] + 1), back)
        priced = evolve(use.priced, quantity=quantity, paid=paid)
    postpaid = use.postpaid
    if postpaid is not None:
        part = min(rest, postpaid.asked)
        postpaid = evolve(postpaid, quantity=postpaid.rate.charged(part)).asking(part) if part else None
        rest -= part
    debt = evolve(use.debt, steps=rest, after_steps=0) if rest and use.debt is not None else None
    return Use(unit=use.unit, steps=steps, draws=tuple(draws), priced=priced, postpaid=postpaid, debt=debt)


def with_rest(kept: tuple[Use, ...], more: Use) -> tuple[Use, ...]:
    """Keep one more; what buckets paid is one use, so that there are no more parts than buckets."""
    if not kept or not _is_drawn(more) or not _is_drawn(kept[-1]):
        return (*kept, more)
    last = kept[-1]
    draws: dict[str, Draw] = {draw.bucket: draw for draw in last.draws}
    for draw in more.draws:
        so_far = draws.pop(draw.bucket, None)
        draws[draw.bucket] = draw if so_far is None else evolve(draw, steps=so_far.steps + draw.steps)
    return (*kept[:-1], evolve(last, steps=last.steps + more.steps, draws=tuple(draws.values())))


def _is_drawn(use: Use) -> bool:
    return len(use.draws) > 0 and sum(draw.steps for draw in use.draws) == use.steps
