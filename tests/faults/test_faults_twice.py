"""Doing something twice, F01 to F13, and whose record it is, F22 to F24.

The figures in the names of payments and balances are those of the reports that the docstrings name.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.support.cases import holding, on, opened_on
from tests.support.rich import CALLS, july
from tokenpurse import Alert, Allowance, AutoTopUp, Balance, Catalogue, Offer, Plan, Wallet, replay
from tokenpurse.codec import dump_entry, dump_wallet, load_entry, load_wallet
from tokenpurse.errors import ConflictError, HistoryError, NotEnough, SnapshotError

CREDITS = Offer("credits", price=Decimal(1), per=10, kind="credit")
CASH = Offer("cash", unit="USD", price=Decimal(1))
PACKS = Plan("packs", offers=[CREDITS])
FREE = Plan("free", allowances=[Allowance(500)])


@pytest.mark.parametrize(("before", "spent", "right", "wrong"), [(3, 4, 9, 19), (13, 10, 13, 23), (13, 0, 23, 33)])
def test_f01_a_webhook_that_comes_again_grants_nothing(before: int, spent: int, right: int, wrong: int) -> None:
    """open-saas #688: an invoice of 10, again: 9 became 19, or 13 became 23; both at once: 13, 33."""
    wallet = holding(Balance("credit", before), offers=[CREDITS])
    paid = wallet.top_up("credits", 10, at=on(7, 2), payment="in_1").wallet
    wallet = paid.spend(spent, at=on(7, 2)).wallet

    again = wallet.top_up("credits", 10, at=on(7, 3), payment="in_1")

    assert again.repeated
    assert again.entries == ()
    assert again.wallet is wallet
    assert again.view.balance() == right != wrong


def test_f01_fifty_dollars_are_added_once() -> None:
    """AutoGPT #10672: 160 and a payment of 50 that was reported twice gave 260."""
    wallet = holding(Balance("credit", Decimal(160), "USD"), offers=[CASH])
    for _ in range(2):
        wallet = wallet.top_up("cash", Decimal(50), at=on(7, 2), payment="pi_1").wallet
    assert wallet.at(on(7, 2)).balance("USD") == Decimal(210)


def test_f02_two_ways_to_report_one_payment_are_one_fact() -> None:
    """Suna #6534: a page that confirms and a webhook. Both name the payment, so whoever comes second adds nothing."""
    plan = Plan("p", offers=[CASH], auto_top_up=AutoTopUp("cash"))
    asking = opened_on(plan).set_auto_top_up(threshold=Decimal(10), purchase=Decimal(20), at=on(7, 1))
    (charge,) = asking.requests
    paid = asking.wallet.confirm(charge, at=on(7, 2), payment="pi_1").wallet

    assert paid.confirm(charge, at=on(7, 2), payment="pi_1").repeated
    with pytest.raises(ConflictError):  # the other path took it for a purchase by hand
        paid.top_up("cash", Decimal(20), at=on(7, 2), payment="pi_1")
    assert paid.at(on(7, 2)).balance("USD") == Decimal(20)


def test_f03_one_key_for_two_amounts_is_a_conflict() -> None:
    """gocardless-pro-ruby #39, Formance #921: the second amount seemed to be booked."""
    wallet = holding(offers=[CREDITS]).top_up("credits", 10, at=on(7, 2), payment="in_1").wallet
    wallet = wallet.spend(3, at=on(7, 2), ref="call-1").wallet

    with pytest.raises(ConflictError) as money:
        wallet.top_up("credits", 20, at=on(7, 2), payment="in_1")
    with pytest.raises(ConflictError) as use:
        wallet.spend(4, at=on(7, 2), ref="call-1")

    assert (money.value.first[1:], money.value.now[1:]) == (("credits", "10"), ("credits", "20"))
    assert use.value.ref == "call-1"
    assert wallet.at(on(7, 2)).balance() == 7


def test_f04_a_key_is_one_wallets_own() -> None:
    """OpenMeter #4592: a key was looked for among everybody's. Use cannot take a payment's key either."""
    ann, ben = (opened_on(FREE, id=name) for name in ("ann", "ben"))
    for wallet in (ann, ben):
        assert not wallet.spend(100, at=on(7, 2), ref="call-1").repeated
        granted = wallet.grant(10, at=on(7, 2), ref="call-1").wallet
        assert not granted.spend(100, at=on(7, 2), ref="call-1").repeated


def test_f05_a_payment_is_remembered_as_long_as_what_it_bought() -> None:
    """Autumn #2405, suna #1597: keys were kept a day, then five minutes. Ours: 400 days, or while the bucket lives."""
    wallet = holding(offers=[CREDITS]).top_up("credits", 10, at=on(7, 1), payment="in_1").wallet
    drained = wallet.spend(10, at=on(7, 2)).wallet

    assert wallet.top_up("credits", 10, at=on(7, 1, year=2036), payment="in_1").repeated
    assert drained.top_up("credits", 10, at=on(7, 1) + timedelta(days=399), payment="in_1").repeated


def test_f05_of_use_the_newest_few_are_remembered_and_the_entry_has_the_key() -> None:
    """Sixteen unless set; after that the host's unique index on (wallet, namespace, key) is the wall."""
    wallet = opened_on(FREE)
    for number in range(17):
        wallet = wallet.spend(1, at=on(7, 2), ref=f"call-{number}").wallet

    assert wallet.spend(1, at=on(7, 2), ref="call-1").repeated
    forgotten = wallet.spend(1, at=on(7, 2), ref="call-0")
    assert not forgotten.repeated
    (entry,) = forgotten.entries
    assert entry.ref is not None
    assert (entry.wallet, entry.ref.namespace, entry.ref.key) == ("acme", "usage", "call-0")


def test_f06_key_and_effect_are_one_entry() -> None:
    """Suna #6534: the key was stored, the work crashed, and the retry found nothing to do: money taken, no credits."""
    opened = Wallet.open(PACKS, id="acme", at=on(7, 1))
    paid = opened.wallet.top_up("credits", 10, at=on(7, 2), payment="in_1")
    plans = Catalogue([PACKS])

    assert [entry.ref.key for entry in paid.entries if entry.ref is not None] == ["in_1"]
    crashed = replay(opened.entries, catalogue=plans).top_up("credits", 10, at=on(7, 2), payment="in_1")
    stored = replay((*opened.entries, *paid.entries), catalogue=plans)
    assert (crashed.repeated, crashed.entries) == (False, paid.entries)
    assert stored.top_up("credits", 10, at=on(7, 2), payment="in_1").repeated
    assert stored.at(on(7, 2)).balance() == 10


def test_f07_a_refusal_leaves_no_trace() -> None:
    """TigerBeetle #2335: what was refused once was to stay refused. Ours may be asked again, and then it is booked."""
    wallet = opened_on(FREE)
    with pytest.raises(NotEnough):
        wallet.spend(501, at=on(7, 2), ref="call-1")
    assert wallet.version == 1

    richer = wallet.grant(1, at=on(7, 3)).wallet
    assert richer.spend(501, at=on(7, 3), ref="call-1").moved == {"tokens": 501}


def test_f09_a_second_reset_job_takes_no_use_away() -> None:
    """LiteLLM #36940, #34733: two jobs at midnight, and the slower one cleared what the new period had used."""
    wallet = opened_on(FREE).spend(400, at=on(7, 31)).wallet
    first = wallet.advance(on(8, 1)).wallet
    used = first.spend(40, at=on(8, 1)).wallet

    second = used.advance(on(8, 1))

    assert second.wallet is used
    assert (second.view.usage(), second.view.available()) == (40, 460)


def test_f10_a_reset_at_the_same_moment_is_none() -> None:
    """OpenMeter #4511: the same reset was accepted twice. By hand or by the calendar, one moment opens one period."""
    at_once = opened_on(FREE).spend(1, at=on(7, 9)).wallet.reset(at=on(7, 9)).wallet
    again = at_once.reset(at=on(7, 9))
    after = opened_on(FREE).advance(on(8, 1)).wallet

    assert again.wallet is at_once
    assert after.reset(at=on(8, 1)).entries == ()
    assert after.advance(on(8, 1)).entries == ()


@pytest.mark.parametrize("verb", sorted(set(CALLS) - {"open", "advance", "reset", "close", "change_plan", "spend"}))
def test_f11_no_other_verb_grants_the_period_again(verb: str) -> None:
    """OpenMeter #4252: any event ran the recurrence. Only the moment of a boundary does."""
    call = CALLS[verb]
    wallet = call.wallet()
    period = wallet.at(july(1)).period
    change = call(wallet)

    quota = [bucket.granted for bucket in change.view.buckets("tokens") if bucket.kind == "quota"]
    assert (change.view.period.number, change.view.period.start) == (period.number, period.start)
    assert quota == [1_000]
    assert not [entry for entry in change.entries if type(entry).__name__ == "PeriodOpened"]


@pytest.mark.parametrize("spent", [0, 500])
def test_f12_coming_back_to_the_same_plan_is_no_change(spent: int) -> None:
    """Autumn #2515: past due and active again, and 500 became 1,000."""
    wallet = opened_on(FREE).spend(spent, at=on(7, 2)).wallet

    flapped = wallet.change_plan("free", at=on(7, 3))

    assert flapped.entries == ()
    assert flapped.wallet is wallet
    assert flapped.view.balance() == 500 - spent


def test_f13_what_is_to_be_told_is_data_and_the_same_each_time() -> None:
    """Lago #3261, usage_credits 272a48c: a mail went out, then the transaction was rolled back and tried again."""
    plan = Plan("p", allowances=[Allowance(100)], alerts=[Alert("low", "left", below=50)])
    wallet = opened_on(plan)

    lost, stored = (wallet.spend(60, at=on(7, 2)) for _ in range(2))

    assert [notice.id for notice in lost.notices] == [notice.id for notice in stored.notices]
    assert len(stored.notices) == 1
    assert stored.wallet.spend(1, at=on(7, 2)).notices == ()


# --- whose record it is ---


def test_f22_another_wallets_entry_is_found() -> None:
    """Lago #5233: one tenant filled another's wallet. Each entry says whose it is, and its id does too."""
    ann, ben = (Wallet.open(FREE, id=name, at=on(7, 1)) for name in ("ann", "ben"))
    theirs = ben.wallet.grant(5_000, at=on(7, 2)).entries

    assert [entry.id for entry in theirs] == ["ben#2"]
    with pytest.raises(HistoryError, match="wallet ben") as found:
        replay((*ann.entries, *theirs))
    assert found.value.position == 1


def test_f23_entries_alone_decide_what_comes_next() -> None:
    """OpenMeter #4846: what a snapshot left out was lost. From any prefix the same future follows."""
    plan = Plan("p", allowances=[Allowance(500)], alerts=[Alert("low", "left", below=300)])
    changes = [Wallet.open(plan, id="acme", at=on(7, 1))]
    for moment in (on(7, 3), on(8, 3), on(8, 4), on(11, 9)):
        changes.append(changes[-1].wallet.spend(240, at=moment, ref=f"call-{moment:%m-%d}"))
    entries = tuple(entry for change in changes for entry in change.entries)

    for change in changes:
        kept = replay(entries[: change.wallet.version], catalogue=Catalogue([plan]))
        assert kept == change.wallet
        for ref in ("next", "call-08-04"):
            spends = [each.spend(240, at=on(11, 10), ref=ref) for each in (kept, change.wallet)]
            assert spends[0].entries == spends[1].entries
            assert spends[0].repeated == spends[1].repeated


def test_f22_another_wallets_document_is_refused() -> None:
    """Lago #5026, #5097: whoever swaps what is stored, or asks with somebody else's id, gets nothing."""
    ann, ben = (Wallet.open(FREE, id=name, at=on(7, 1)) for name in ("ann", "ben"))
    with pytest.raises(SnapshotError, match="the wallet that was asked for is 'ann'"):
        load_wallet(dump_wallet(ben.wallet), id="ann")
    with pytest.raises(SnapshotError, match="the wallet that was asked for is 'ann'"):
        load_entry(dump_entry(ben.entry), wallet="ann")
    assert load_wallet(dump_wallet(ann.wallet), id="ann") == ann.wallet


def test_f23_a_snapshot_has_all_that_the_future_needs() -> None:
    """OpenMeter #4846: use was lost across snapshots. A document has each field, or it is refused; none is guessed."""
    wallet = opened_on(FREE).spend(240, at=on(7, 9), ref="call-1").wallet
    document = dump_wallet(wallet)
    loaded = load_wallet(document, id="acme", catalogue=Catalogue([FREE]))
    assert loaded.advance(on(9, 1)).entries == wallet.advance(on(9, 1)).entries
    for name in document["wallet"]:
        less = {one: value for one, value in document["wallet"].items() if one != name}
        with pytest.raises(SnapshotError, match=rf"wallet\.{name} is None, it must be given"):
            load_wallet({**document, "wallet": less}, id="acme")


@pytest.mark.parametrize(
    ("order", "position"),
    [((0, 1, 1, 2), 2), ((0, 2), 1), ((0, 2, 1), 1), ((1, 2), 0), ((0, 1, 3), 2), ((0, 1, 2, 3, 3), 4)],
)
def test_f24_an_entry_that_is_there_twice_or_missing_is_found(order: tuple[int, ...], position: int) -> None:
    """OpenMeter's ledger leaves it to others: here ids follow from wallet and number, and the numbers have no gap."""
    opened = Wallet.open(FREE, id="acme", at=on(7, 1))
    one = opened.wallet.spend(1, at=on(7, 2))
    two = one.wallet.spend(1, at=on(7, 2))
    zone = two.wallet.set_zone("Europe/London", at=on(7, 2))  # no balance would show that it came twice
    entries = (*opened.entries, *one.entries, *two.entries, *zone.entries)

    assert [entry.id for entry in entries] == ["acme#1", "acme#2", "acme#3", "acme#4"]
    assert replay(entries) == zone.wallet
    with pytest.raises(HistoryError) as found:
        replay([entries[index] for index in order])
    assert found.value.position == position
