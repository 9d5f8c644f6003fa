"""A plan worked out: every part with its units, prices and bounds resolved, in steps, ready for the engine.

Each theme's terms are data; how they come out of the parts is the matter of `reading`.
"""

from __future__ import annotations

from tokenpurse.plans.terms.figures import Figure
from tokenpurse.plans.terms.granting import AllowanceTerms, CountTerms, RenewalTerms
from tokenpurse.plans.terms.lives import LifeTerms
from tokenpurse.plans.terms.owing import DebtTerms
from tokenpurse.plans.terms.pricing import PriceTerms
from tokenpurse.plans.terms.rolling import RolloverTerms
from tokenpurse.plans.terms.selling import AutoTopUpTerms, OfferTerms
from tokenpurse.plans.terms.switching import SwitchTerms, TrimTerms
from tokenpurse.plans.terms.watching import AlertTerms, AtZeroTerms, LimitTerms, ReminderTerms
from tokenpurse.plans.terms.whole import Terms

__all__ = [
    "AlertTerms",
    "AllowanceTerms",
    "AtZeroTerms",
    "AutoTopUpTerms",
    "CountTerms",
    "DebtTerms",
    "Figure",
    "LifeTerms",
    "LimitTerms",
    "OfferTerms",
    "PriceTerms",
    "ReminderTerms",
    "RenewalTerms",
    "RolloverTerms",
    "SwitchTerms",
    "Terms",
    "TrimTerms",
]
