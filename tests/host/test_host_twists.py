"""What customers, cards and reports do that nobody plans for: nobody pays for nothing, and nothing is kept unpaid."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import attrs
import pytest

from tokenpurse import Catalogue

MILLION = 1_000_000
AUTO = {"threshold": 2 * MILLION, "purchase": MILLION}
DISPUTE = "charge.dispute.updated"


def test_a_plan_that_is_paid_at_two_checkouts_gives_one_payment_back(rig: Any) -> None:
    """Both were open before either was paid, and the second brings nothing."""
    for order in [rig.checkout("price_pro") for _ in range(2)]:
        assert rig.send(*rig.payments.pay(order)).status_code == 200
    rig.worker.turn()
    [(second,)] = rig.sql("SELECT id FROM payments WHERE settled = 'returned'")
    assert rig.payments.returned == [second]
    assert rig.view().by_kind() == {"quota": MILLION}


@pytest.mark.parametrize("price", ["4.00", "6.00"])
def test_a_price_that_changes_between_checkout_and_report_buys_nothing(rig: Any, price: str) -> None:
    """The bucket would remember the new one, and a whole refund of the old one would not take all of it."""
    paid = rig.payments.pay(rig.checkout())
    [free, pro] = (rig.host.catalogue.newest(name) for name in ("free", "pro"))
    offers = [attrs.evolve(free.offers[0], price=Decimal(price))]
    changed = Catalogue([attrs.evolve(each, offers=offers) for each in (free, pro)])
    object.__setattr__(rig.host, "catalogue", changed)
    assert rig.send(*paid).status_code == 200
    rig.worker.turn()
    assert (rig.view().by_kind(), len(rig.payments.returned)) == ({"quota": 20_000}, 1)


# -- disputes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0), (2, 0, 1), (1, 2, 0), (0, 2, 1)], ids=str)
def test_an_inquiry_that_is_reported_late_does_not_end_the_dispute_that_it_became(
    rig: Any, order: tuple[int, ...]
) -> None:
    """The newest is right, whatever comes last, and however often: also of how much it is about."""
    payment = rig.bought()
    thing = {"id": "du_1", "payment_intent": payment}
    reports = [
        rig.payments.report(DISPUTE, thing | {"amount": 100, "status": "warning_needs_response"}, created=10),
        rig.payments.report(DISPUTE, thing | {"amount": 250, "status": "needs_response"}, created=20),
        rig.payments.report(DISPUTE, thing | {"amount": 500, "status": "under_review"}, created=30),
    ]
    for number in (*order, *order):
        assert rig.send(*reports[number]).status_code == 200
    assert rig.view().by_kind() == {"quota": 20_000}
    rig.sound()


# -- nobody is charged for what is over --------------------------------------------------------------------------------


def test_a_renewal_that_was_paid_by_hand_is_not_charged_again(rig: Any) -> None:
    rig.bought("price_pro")
    rig.later(days=31)
    rig.act(lambda wallet: wallet.advance(rig.now))
    [renewal] = rig.view().pending()
    address = rig.by("owner").post("/pay", json={"request": renewal.id}).json()["checkout"]
    rig.send(*rig.payments.pay(address.rpartition("/")[2]))
    rig.worker.turn()
    assert (rig.payments.charges, rig.payments.returned) == ({}, [])
    assert rig.sql("SELECT count(*) FROM outbox") == [(0,)]
    assert rig.view().by_kind() == {"quota": MILLION}


def test_a_wallet_that_was_closed_is_not_charged(rig: Any) -> None:
    rig.bought("price_pro")
    rig.by("owner").put("/auto-top-up", json=AUTO)
    rig.act(lambda wallet: wallet.close(at=rig.now))
    rig.worker.turn()
    assert rig.payments.charges == {}
    assert rig.sql("SELECT count(*) FROM outbox") == [(0,)]


def test_a_consent_that_was_withdrawn_before_the_charge_is_respected(rig: Any) -> None:
    """The provider was away; when it is back, the owner has turned auto top-up off."""
    rig.bought("price_pro")
    rig.by("owner").put("/auto-top-up", json=AUTO)
    rig.by("owner").delete("/auto-top-up")
    for _ in range(2):
        rig.worker.turn()
        rig.later(days=2)
    assert (rig.payments.charges, rig.view().pending()) == ({}, ())


def test_a_charge_that_was_asked_for_already_is_looked_up_all_the_same(rig: Any, monkeypatch: Any) -> None:
    """The card may have been charged, and the answer lost: it is booked, whatever the owner has said since."""
    rig.bought("price_pro")
    rig.by("owner").put("/auto-top-up", json=AUTO)
    charge = rig.payments.charge
    with monkeypatch.context() as patch:
        patch.setattr(rig.payments, "charge", lambda *order, **said: charge(*order, **said) and 1 / 0)
        rig.worker.turn()
    rig.by("owner").delete("/auto-top-up")
    rig.worker.turn()
    assert rig.view().by_kind() == {"quota": MILLION, "top_up": MILLION}


def test_auto_top_up_asks_for_no_cents(rig: Any) -> None:
    """Providers take no such sums, and would be asked again and again."""
    rig.bought("price_pro")
    assert rig.by("owner").put("/auto-top-up", json={"threshold": 1, "purchase": 1}).status_code == 409


def test_a_page_is_of_one_moment(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody uses tokens between the reading of the wallet and that of its ledger."""
    from examples.fastapi_app import pages

    read = pages.newest_first

    def a_moment_later(*of: Any) -> Any:
        rig.act(lambda wallet: wallet.spend(7, at=rig.now))
        return read(*of)

    monkeypatch.setattr(pages, "newest_first", a_moment_later)
    answer = rig.by("owner").get("/")
    assert answer.status_code == 200
    assert "19,993" not in answer.text
    assert rig.view().balance() == 19_993


# -- requests that are none ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "signature", ["t={},v1=\u00e9", "v1=\u00e9", "t={},v1=\uff11", "t=1e9,v1=a", "t=" + "9" * 5_000]
)
def test_a_signature_in_odd_letters_is_none(rig: Any, signature: str) -> None:
    body, good = rig.payments.report("invoice.paid", {})
    at = good.partition(",")[0][2:]
    headers = {"Stripe-Signature": signature.replace("{}", at).encode()}
    assert rig.anyone.post("/webhooks/payments", content=body, headers=headers).status_code == 400


@pytest.mark.parametrize("tokens", ["NaN", "Infinity", "1e400", '"\\ud800"', "[" * 20_000, "9" * 5_000, "{}"])
def test_what_cannot_be_said_again_is_refused_and_not_repeated(rig: Any, tokens: str) -> None:
    answer = rig.by("owner").put(
        "/budget", content=f'{{"tokens": {tokens}}}', headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in {400, 422}
    json.loads(answer.text)


def test_a_gift_of_long_ago_is_still_given_once(rig: Any) -> None:
    """When only the ledger remembers it."""
    gift = {"tokens": 500, "ref": "ticket-7"}
    gives = rig.by("admin")
    assert gives.post("/wallets/acme/gifts", json=gift).json() == {"balance": 20_500}
    rig.act(lambda wallet: wallet.spend(20_500, at=rig.now))
    rig.later(days=900)
    assert gives.post("/wallets/acme/gifts", json=gift | {"ref": "ticket-8"}).json() == {"balance": 20_500}
    assert gives.post("/wallets/acme/gifts", json=gift).json() == {"balance": 20_500}
    assert gives.post("/wallets/acme/gifts", json=gift | {"tokens": 501}).status_code == 409
    assert rig.view().by_kind() == {"promo": 500, "quota": 20_000}
