"""System C, an agent platform: allowances of several consumables, and one balance of prepaid USD credits beyond them.

The names of the notices, who may do what, and when auto top-up fires are those of its help pages; the amounts are the
example's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from examples.systems.credits import GIVEN, PLANS
from tokenpurse import Change, Wallet, recent_movements, replay, verify
from tokenpurse.entries import Entry, Spent
from tokenpurse.errors import NotAllowed, NotEnough, OutOfBounds
from tokenpurse.notices import Charge

START = datetime(2026, 3, 5, tzinfo=UTC)
LATER = START + timedelta(days=1)


def usd(text: str) -> Decimal:
    return Decimal(text)


def opened(credits_usd: str = "10.00", plan: str = "pro") -> Wallet:
    """A wallet with so much bought by hand, and nothing used."""
    wallet = Wallet.open(plan, catalogue=PLANS, id="acme", at=START).wallet
    return wallet.top_up("credits", usd(credits_usd), at=START, payment="pay_1", by="owner").wallet


def spent(wallet: Wallet, amount: str) -> Change:
    """Take from the balance itself, reported in money."""
    return wallet.spend(usd(amount), "USD", at=LATER)


def paid(change: Change) -> dict[str, int | Decimal]:
    entry = change.entries[-1]
    assert isinstance(entry, Spent)
    return {kind: amount for (kind, _), amount in entry.paid_by().items()}


def names(change: Change) -> list[str]:
    return [notice.name for notice in change.notices]


def charges(change: Change) -> list[Decimal | int]:
    return [request.price.amount for request in change.requests if isinstance(request, Charge)]


@pytest.mark.requirement("C1", "C2", "C9")
def test_allowance_first_then_credits_then_nothing() -> None:
    """Each consumable uses its own allowance, what exceeds it is priced into one balance, and never below zero."""
    wallet = opened("10.00")
    entries: list[Entry] = []
    for amount, meter, draws, left in [
        (1_500_000, "llm_tokens", {"quota": 1_000_000, "credit": usd("0.30")}, "9.70"),
        (300, "sms", {"quota": 100, "credit": usd("3.00")}, "6.70"),
        (12_000_000, "llm_tokens", ("7.20", "6.70"), "6.70"),
        (446, "sms", {"credit": usd("6.69")}, "0.01"),
        (1, "sms", ("0.015", "0.01"), "0.01"),
    ]:
        if isinstance(draws, dict):
            change = wallet.spend(amount, meter, at=LATER)
            assert draws == paid(change)
            wallet, entries = change.wallet, [*entries, *change.entries]
        else:
            with pytest.raises(NotEnough) as refused:
                wallet.spend(amount, meter, at=LATER)
            needed, funds = refused.value.needed, refused.value.funds
            assert needed is not None
            assert funds is not None
            assert draws == (str(needed.amount), str(funds.amount))
        assert usd(left) == wallet.at(LATER).balance("USD")
    assert len(entries) == 3


@pytest.mark.requirement("C1")
@pytest.mark.parametrize("meter", GIVEN)
def test_every_consumable_has_its_own_allowance_and_price_per_tier(meter: str) -> None:
    """Using one up leaves the others alone; beyond it, the free tier pays more for the same than pro."""
    costs = []
    for tier, parts in (("free", 10), ("pro", 1)):
        wallet = opened("10.00", tier)
        given = GIVEN[meter] // parts
        change = wallet.spend(given, meter, at=LATER)
        assert paid(change) == {"quota": given}
        others = {other: change.view.by_kind(other)["quota"] for other in GIVEN if other != meter}
        assert others == {other: amount // parts for other, amount in GIVEN.items() if other != meter}
        costs.append(paid(change.wallet.spend(10, meter, at=LATER))["credit"])
    free, pro = costs
    assert free == 2 * pro > 0


MIXED = [*range(1, 1_414), 1_000_000 - sum(range(1, 1_414))]


@pytest.mark.requirement("C2")
@pytest.mark.parametrize(
    "parts",
    [[1_000_000], [500_000, 500_000], [999_999, 1], [1, 999_999], [333_333, 333_333, 333_334], MIXED, MIXED[::-1]],
    ids=["at once", "halves", "one last", "one first", "thirds", "1, 2, 3, ...", "..., 3, 2, 1"],
)
def test_no_way_of_splitting_changes_what_a_million_tokens_cost(parts: Iterable[int]) -> None:
    """0.60 USD per 1,000,000 tokens past the allowance: 10.00 becomes 9.40, in one part or in 1,414."""
    wallet = opened("10.00").spend(1_000_000, "llm_tokens", at=START).wallet
    for part in parts:
        wallet = wallet.spend(part, "llm_tokens", at=LATER).wallet
    assert wallet.at(LATER).balance("USD") == usd("9.40")


@pytest.mark.requirement("C2")
def test_single_tokens_cost_what_they_cost_together() -> None:
    """The first 10,000 tokens past the allowance, one by one: at each step the balance is that of one spend.

    The documented case is 1,000,000 single tokens. All of them take minutes, so they are not run here: the million is
    spent in mixed sizes above, and this sample holds 2,000 whole turns of the price, which repeats every 5 tokens
    (3 steps of a millionth of a dollar).
    """
    start = opened("10.00").spend(1_000_000, "llm_tokens", at=START).wallet
    wallet = start
    for number in range(1, 10_001):
        wallet = wallet.spend(1, "llm_tokens", at=LATER).wallet
        millionths = -(-number * 6 // 10)  # rounded up at the kept places, on the cumulative quantity
        assert wallet.at(LATER).balance("USD") == usd("10.00") - millionths * usd("0.000001")
        if number % 100 < 5:  # a whole turn of the price
            assert wallet.at(LATER).balance("USD") == start.spend(number, "llm_tokens", at=LATER).view.balance("USD")
    assert wallet.at(LATER).balance("USD") == usd("9.994")


@pytest.mark.requirement("C4", "C8")
def test_badge_and_notices_of_a_low_balance() -> None:
    """At the threshold the badge shows and nobody is told; below it the notice goes out; at zero another."""
    wallet = opened("10.01")
    assert wallet.at(LATER).alerts() == ()
    for amount, badge, told in [
        ("0.01", True, []),
        ("0.01", True, ["credit_balance_low"]),
        ("9.99", True, ["credit_balance_depleted"]),
    ]:
        change = spent(wallet, amount)
        assert badge == ("low_balance" in change.view.alerts())
        assert told == names(change)
        wallet = change.wallet


@pytest.mark.requirement("C5")
@pytest.mark.parametrize("tier", ["free", "pro"])
@pytest.mark.parametrize("amount", ["1", "12.34", "99999.99", "100000"])
def test_any_amount_is_bought_and_stays(tier: str, amount: str) -> None:
    """One USD of credit costs one USD, on the free tier too; ten years and an upgrade later it is all there."""
    wallet = Wallet.open(tier, catalogue=PLANS, id="acme", at=START).wallet
    bought = wallet.top_up("credits", usd(amount), at=START, payment="pay_1", by="owner")
    assert bought.view.buckets("USD")[0].paid == wallet.at(START).price_of("credits", usd(amount))
    assert wallet.at(START).price_of("credits", usd(amount)).amount == usd(amount)
    later = bought.wallet.change_plan("pro", at=LATER).wallet.at(START + timedelta(days=3_653))
    assert later.balance("USD") == usd(amount)


@pytest.mark.requirement("C6", "C8")
def test_auto_top_up_from_off_to_its_cool_down() -> None:
    """Off; refused outside its bounds; on: asks once, takes the payment once, asks again, and rests when declined."""
    wallet = opened("12.00")
    assert wallet.at(LATER).auto_top_up is None
    for threshold, purchase, problem in [
        ("60", "50", "threshold of 60.00 USD asked, it must be at most 50.00 USD for a purchase"),
        ("10", "100000.01", "100,000.01 USD asked, offer credits sells at most 100,000.00 at once"),
        ("0", "0.99", "0.99 USD asked, offer credits sells at least 1.00"),
    ]:
        with pytest.raises(OutOfBounds, match=problem):
            wallet.set_auto_top_up(threshold=usd(threshold), purchase=usd(purchase), at=LATER, by="owner")
    enabled = wallet.set_auto_top_up(threshold=usd("10.00"), purchase=usd("50.00"), at=LATER, by="owner")
    assert (names(enabled), charges(enabled)) == ([], [])

    low = spent(enabled.wallet, "3.00")
    assert low.view.balance("USD") == usd("9.00")
    assert (names(low), charges(low)) == (["credit_balance_low"], [usd("50.00")])
    waiting = spent(low.wallet, "1.00")
    assert waiting.view.balance("USD") == usd("8.00")
    assert (names(waiting), charges(waiting)) == ([], [])

    (charge,) = low.requests
    before = waiting.view.lifetime("USD").added
    paid_for = waiting.wallet.confirm(charge, at=LATER, payment="ch_1")
    assert paid_for.view.balance("USD") == usd("58.00")
    assert names(paid_for) == ["credit_auto_recharge_triggered"]
    assert paid_for.view.lifetime("USD").added - before == usd("50.00")
    again = paid_for.wallet.confirm(charge, at=LATER, payment="ch_1")
    assert again.view.balance("USD") == usd("58.00")
    assert (names(again), again.repeated) == ([], True)

    second = spent(paid_for.wallet, "49.00")
    assert second.view.balance("USD") == usd("9.00")
    assert (names(second), charges(second)) == (["credit_balance_low"], [usd("50.00")])
    declined = second.wallet.decline(second.requests[0], at=LATER)
    assert (names(declined), charges(declined)) == (["credit_purchase_failed"], [])
    resting = spent(declined.wallet, "1.00")
    assert (names(resting), charges(resting)) == ([], [])
    rested = resting.wallet.advance(LATER + timedelta(days=1))
    assert charges(rested) == [usd("50.00")]


@pytest.mark.requirement("C6")
@pytest.mark.parametrize(("amount", "asked"), [("2.00", []), ("2.000001", ["50.00"])])
def test_auto_top_up_fires_below_its_threshold_not_at_it(amount: str, asked: list[str]) -> None:
    """12.00 less 2.00 is the threshold of 10.00; a millionth of a dollar less is below it."""
    wallet = opened("12.00")
    wallet = wallet.set_auto_top_up(threshold=usd("10.00"), purchase=usd("50.00"), at=LATER, by="owner").wallet
    assert [usd(price) for price in asked] == charges(spent(wallet, amount))


@pytest.mark.requirement("C6")
@pytest.mark.parametrize("threshold", ["0", "50"])
def test_a_threshold_of_nothing_and_of_the_whole_purchase_are_allowed(threshold: str) -> None:
    """The bounds are inclusive on both sides; at zero it never asks, as nothing is below it."""
    wallet = opened("60.00")
    wallet = wallet.set_auto_top_up(threshold=usd(threshold), purchase=usd("50"), at=LATER, by="admin").wallet
    setting = wallet.at(LATER).auto_top_up
    assert setting is not None
    assert (setting.threshold, setting.by, setting.at) == (usd(threshold), "admin", LATER)
    assert charges(spent(wallet, "60.00")) == ([] if threshold == "0" else [usd("50")])


@pytest.mark.requirement("C8")
def test_the_default_threshold_gives_way_to_the_chosen_one() -> None:
    """While auto top-up is off, low means below 10.00; while it is on, below its threshold."""
    assert names(spent(opened("12.00"), "2.01")) == ["credit_balance_low"]
    chosen = opened("12.00").set_auto_top_up(threshold=usd("5"), purchase=usd("50"), at=START, by="owner")
    high = spent(chosen.wallet, "2.01")
    assert names(high) == []
    assert names(spent(high.wallet, "5.00")) == ["credit_balance_low"]


@pytest.mark.requirement("C3")
def test_balance_and_lifetime_totals() -> None:
    """Added: bought or auto-topped-up; spent: by use."""
    wallet = opened("20.00")
    enabled = wallet.set_auto_top_up(threshold=usd("25"), purchase=usd("50"), at=START, by="owner")
    wallet = enabled.wallet.confirm(enabled.requests[0], at=START, payment="ch_1").wallet
    view = spent(wallet, "7.035").view
    assert view.balance("USD") == usd("62.965")
    assert view.lifetime("USD").added == usd("70.00")
    assert view.lifetime("USD").spent == usd("7.035")
    assert view.lifetime("USD").granted == 0


SHOWN_AS = {"bought": "purchase", "auto_top_up": "auto top-up", "spent": "consumption", "refunded": "refund"}
"""The host's words for what moved a balance."""


@pytest.mark.requirement("C3")
def test_the_most_recent_movements_with_amount_and_running_balance() -> None:
    """Purchase, auto top-up, consumption and refund, the newest first, as many as a page has."""
    change = Wallet.open("pro", catalogue=PLANS, id="acme", at=START)
    entries: list[Entry] = list(change.entries)

    def do(change: Change) -> Wallet:
        entries.extend(change.entries)
        return change.wallet

    wallet = do(change.wallet.top_up("credits", usd("20.00"), at=START, payment="pay_1", by="owner"))
    wallet = do(wallet.set_auto_top_up(threshold=usd("25"), purchase=usd("50"), at=START, by="owner"))
    wallet = do(wallet.confirm("charge:1", at=START, payment="ch_1"))
    wallet = do(spent(wallet, "7.035"))
    used = entries[-1]
    assert isinstance(used, Spent)
    wallet = do(wallet.refund(used, usd("2.00"), at=LATER))
    documented = [
        ("refund", usd("2.00"), usd("64.965")),
        ("consumption", usd("-7.035"), usd("62.965")),
        ("auto top-up", usd("50.00"), usd("70.00")),
        ("purchase", usd("20.00"), usd("20.00")),
    ]

    def page(size: int, wallet: Wallet = wallet) -> list[tuple[str, Decimal | int, Decimal | int]]:
        newest = recent_movements(entries[::-1], wallet, "USD", size=size)
        return [(SHOWN_AS[one.what], one.amount, one.balance) for one in newest]

    assert documented == page(5)
    lifetime = wallet.at(LATER).lifetime("USD")
    assert (lifetime.added, lifetime.spent) == (usd("70.00"), usd("5.035"))
    wallet = do(spent(do(spent(wallet, "4")), "0.965"))
    later = [("consumption", usd("-0.965"), usd("60.00")), ("consumption", usd("-4.00"), usd("60.965"))]
    assert [*later, *documented[:3]] == page(5, wallet)
    assert wallet.at(LATER).balance("USD") == usd("60.00")
    verify(wallet, entries)


@pytest.mark.requirement("C7")
@pytest.mark.parametrize(("by", "allowed"), [("owner", True), ("admin", True), ("member", False), (None, False)])
def test_only_owner_and_admin_buy_and_change_auto_top_up(by: str | None, allowed: bool) -> None:
    """A refused member leaves the very same wallet; the entry of an allowed change says who it was."""
    wallet = opened()
    verbs: list[Callable[[], Change]] = [
        lambda: wallet.top_up("credits", usd("20"), at=LATER, payment="pay_2", by=by),
        lambda: wallet.set_auto_top_up(threshold=usd("5"), purchase=usd("50"), at=LATER, by=by),
        lambda: wallet.set_auto_top_up(enabled=False, at=LATER, by=by),
    ]
    for verb in verbs:
        if allowed:
            assert all(entry.by == by for entry in verb().entries)
        else:
            with pytest.raises(NotAllowed) as refused:
                verb()
            assert refused.value.allowed == {"owner", "admin"}


@pytest.mark.requirement("C9")
@pytest.mark.parametrize(
    ("tier", "remedies"),
    [
        ("free", ["wait until 2026-04-05T00:00:00Z", "top up by offer credits", "upgrade to pro"]),
        ("pro", ["wait until 2026-04-05T00:00:00Z", "top up by offer credits"]),
    ],
)
@pytest.mark.parametrize("meter", ["llm_tokens", "email"])
def test_with_allowance_and_credits_gone_use_is_refused(tier: str, remedies: list[str], meter: str) -> None:
    """Each tier is told of the next billing cycle, the purchase and any upgrade; each of them helps."""
    wallet = Wallet.open(tier, catalogue=PLANS, id="acme", at=START).wallet
    given = wallet.at(LATER).available(meter)
    assert given is not None
    wallet = wallet.spend(given, meter, at=LATER).wallet
    with pytest.raises(NotEnough) as refused:
        wallet.spend(1, meter, at=LATER)
    assert remedies == [str(remedy) for remedy in refused.value.remedies]
    assert wallet.at(START + timedelta(days=31)).can_spend(1, meter)
    assert wallet.top_up("credits", usd("1"), at=LATER, payment="pay_2", by="owner").view.can_spend(1, meter)
    if tier == "free":
        assert wallet.change_plan("pro", at=LATER).view.can_spend(1, meter)


@pytest.mark.requirement("C9")
@pytest.mark.parametrize(("sms", "remedies"), [(6_666_766, ["top up by offer credits"]), (6_666_767, [])])
def test_buying_is_offered_only_if_one_purchase_is_enough(sms: int, remedies: list[str]) -> None:
    """100 sms are given and 0.015 USD each is paid beyond: 100,000 USD, the most of one purchase, pay for 6,666,666."""
    wallet = Wallet.open("pro", catalogue=PLANS, id="acme", at=START).wallet
    with pytest.raises(NotEnough) as refused:
        wallet.spend(sms, "sms", at=LATER)
    assert remedies == [str(remedy) for remedy in refused.value.remedies]


@pytest.mark.requirement("C8")
def test_the_whole_ledger_rebuilds_the_wallet() -> None:
    """Notices, requests and outcomes are all in the entries."""
    change = Wallet.open("pro", catalogue=PLANS, id="acme", at=START)
    entries = list(change.entries)
    for verb in (
        lambda wallet: wallet.top_up("credits", usd("12"), at=START, payment="pay_1", by="owner"),
        lambda wallet: wallet.set_auto_top_up(threshold=usd("10"), purchase=usd("50"), at=START, by="owner"),
        lambda wallet: spent(wallet, "11"),
        lambda wallet: wallet.decline("charge:1", at=LATER),
        lambda wallet: wallet.advance(LATER + timedelta(days=40)),
        lambda wallet: wallet.confirm("charge:2", at=LATER + timedelta(days=40), payment="ch_2"),
    ):
        change = verb(change.wallet)
        entries += change.entries
    assert replay(entries) == change.wallet
    assert change.view.balance("USD") == usd("51")
