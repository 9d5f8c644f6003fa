"""How much auto top-up would ask for: figures in, figures out.

One rule answers for all who want to know: whoever judges a change, whoever looks for the next due moment, whoever asks
how far a run of periods or a spend can go before auto top-up has a say. A lower level never needs less, and what the
maxima hold back at one level they hold back at every lower one: that is what the last two rely on.
"""

from __future__ import annotations

from attrs import frozen

from tokenpurse.entries import AutoTopUpSetting, AutoTopUpWindow
from tokenpurse.plans.terms import AutoTopUpTerms, OfferTerms
from tokenpurse.pricing import affordable, sale_price

__all__ = ["Ask", "Maxima", "ask_for"]


@frozen
class Maxima:
    """What a window lets auto top-up buy, or still buy, the stricter of plan and customer; `None`: no maximum."""

    purchases: int | None = None
    bought: int | None = None
    spent: int | None = None

    def after(self, window: AutoTopUpWindow | None, offer: OfferTerms) -> Maxima:
        """Take off what a window counts; what it counts in another unit or currency is not of this kind."""
        if window is None:
            return self
        bought = window.bought_steps if window.unit == offer.unit else 0
        spent = window.spent.steps if window.spent.unit == offer.rate.unit else 0
        return Maxima(_less(self.purchases, window.purchases), _less(self.bought, bought), _less(self.spent, spent))

    def hold(self, count: int, steps: int, offer: OfferTerms) -> bool:
        """Tell whether they hold back that many purchases, of so much in all."""
        return (
            (self.purchases is not None and count > self.purchases)
            or (self.bought is not None and steps > self.bought)
            or (self.spent is not None and sale_price(offer.rate, steps) > self.spent)
        )

    def most(self, offer: OfferTerms) -> int | None:
        """The largest amount that one purchase may be; `None`: they bound none."""
        bounds = [] if self.bought is None else [self.bought]
        if self.purchases == 0:
            bounds.append(0)
        if self.spent is not None:
            coin = sale_price(offer.coin, 1)
            budget = affordable(offer.rate, 0, self.spent // coin * coin)
            bounds += [] if budget is None else [budget]
        return min(bounds) // offer.step * offer.step if bounds else None


def _less(maximum: int | None, used: int) -> int | None:
    return None if maximum is None else max(0, maximum - used)


@frozen
class Ask:
    """What a level calls for.

    Attributes:
        steps: how much to ask for; 0: nothing, although the level calls for it.
        count: how many purchases of the chosen amount that is.
        held_back: the maxima made it less, or nothing.
    """

    steps: int
    count: int
    held_back: bool


def ask_for(auto: AutoTopUpTerms, setting: AutoTopUpSetting, level: int, maxima: Maxima) -> Ask | None:
    """Work out the request that ends the trigger: the fewest purchases, or what fills to the target.

    What the offer does not sell at once is asked for in parts, each as large as it sells. What the maxima do not let
    through is not asked for in part, unless the part ends the trigger.

    Returns:
        `None` where the level calls for nothing, or the offer does not sell what was chosen.
    """
    short = setting.threshold_steps - level + (0 if auto.strict else 1)
    if short <= 0:
        return None
    if setting.purchase_steps is not None:
        return _fewest(auto.offer, setting.purchase_steps, short, maxima)
    return _filling(auto.offer, max(short, (setting.target_steps or 0) - level), short, maxima)


def _fewest(offer: OfferTerms, purchase: int, short: int, maxima: Maxima) -> Ask | None:
    """So many of the chosen purchase as end the trigger."""
    if not offer.sells(purchase):  # the plan or its offer changed since it was chosen
        return None
    count = -(-short // purchase)
    if maxima.hold(count, count * purchase, offer):
        return Ask(0, 0, held_back=True)
    count = min(count, offer.most // purchase)
    return Ask(count * purchase, count, held_back=False)


def _filling(offer: OfferTerms, gap: int, short: int, maxima: Maxima) -> Ask | None:
    """What fills the gap, rounded up to what the offer sells."""
    if offer.most < offer.minimum:
        return None
    wanted, most = _sold(offer, gap), maxima.most(offer)
    if most is None or wanted <= most:
        return Ask(min(wanted, offer.most), 1, held_back=False)
    if _sold(offer, short) > most:
        return Ask(0, 0, held_back=True)
    return Ask(min(most, offer.most), 1, held_back=True)


def _sold(offer: OfferTerms, steps: int) -> int:
    """The least that an offer sells of at least so much, as if it sold any number at once."""
    return -(-max(steps, offer.minimum) // offer.step) * offer.step
