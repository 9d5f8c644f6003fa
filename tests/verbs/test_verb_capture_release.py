"""`capture`, `release` and the lapse: what is used of a hold, and where the rest goes, whatever happened meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.cases import holding, on
from tokenpurse import Balance, Wallet

NOON = on(7, 2, 12)
HOUR = timedelta(hours=1)
TEN_MINUTES = timedelta(minutes=10)


def held(wallet: Wallet, amount: Any = 600, meter: str | None = None, **more: Any) -> Wallet:
    """The wallet with one more hold, `h` until ten minutes past noon unless said otherwise."""
    named: dict[str, Any] = {"at": NOON, "ref": "h", "until": TEN_MINUTES, **more}
    return wallet.hold(amount, meter, **named).wallet


# -- what it shows -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("used", "gauge"), [(0, (0, 5)), (4, (4, 9)), (10, (10, 15))])
def test_the_gauge_shows_what_is_held_of_a_bucket_that_is_over_once(used: int, gauge: tuple[int, int]) -> None:
    """It counts as used while it is held, as much as was captured of it after that, and nothing that came back."""
    wallet = holding(Balance("promo", 10, expires=NOON + HOUR), Balance("top_up", 5))
    wallet = held(wallet, 10, until=24 * HOUR)
    later = NOON + 2 * HOUR

    assert (wallet.at(NOON).gauge().used, wallet.at(NOON).gauge().size) == (10, 15)
    assert (wallet.at(later).gauge().used, wallet.at(later).gauge().size) == (10, 15)
    view = wallet.capture("h", used, at=later).view
    assert (view.gauge().used, view.gauge().size) == gauge
