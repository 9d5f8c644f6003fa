"""From the checkout to the tokens, and back where the money goes back: in any order, once, and only if signed."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

import pytest

from tokenpurse import Wallet, verify

MILLION = 1_000_000


def test_a_pack_is_there_once_its_payment_is_reported(rig: Any) -> None:
    """Not when it is ordered; and with its price and payment."""
    order = rig.checkout()
    assert rig.view().balance() == 20_000
    body, signature = rig.payments.pay(order)
    assert rig.send(body, signature).status_code == 200
    [bucket] = [each for each in rig.view().buckets() if each.kind == "top_up"]
    [(payment, settled)] = rig.sql("SELECT id, settled FROM payments")
    assert (bucket.left, str(bucket.paid), bucket.payment, settled) == (MILLION, "5.00 USD", payment, "booked")
    rig.sound()


def test_a_report_that_comes_again_changes_nothing(rig: Any) -> None:
    """The same, a copy under another event's id, and another kind of report of the same payment."""
    order = rig.checkout()
    body, signature = rig.payments.pay(order)
    event = json.loads(body)
    copy = json.dumps(event | {"id": "evt_copy"}).encode()
    intent = {
        "id": event["data"]["object"]["payment_intent"],
        "metadata": {"order": order},
        "amount_received": 500,
        "currency": "usd",
    }
    rig.send(body, signature)
    version = rig.view().balance(), rig.sql("SELECT version FROM wallets WHERE id = 'acme'")
    for _ in range(3):
        assert rig.send(body, signature).status_code == 200
        assert rig.send(copy, rig.payments.sign(copy)).status_code == 200
        assert rig.told("payment_intent.succeeded", intent).status_code == 200
    assert version == (MILLION + 20_000, rig.sql("SELECT version FROM wallets WHERE id = 'acme'"))


def test_many_copies_at_once_are_one(rig: Any) -> None:
    """Providers do send two at the same moment."""
    from concurrent.futures import ThreadPoolExecutor

    report = rig.payments.pay(rig.checkout())
    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(lambda _: rig.send(*report).status_code, range(24)))
    assert statuses == [200] * 24
    assert rig.view().balance() == MILLION + 20_000
    rig.sound()


# -- who reports -----------------------------------------------------------------------------------------------------


def forgeries(rig: Any) -> dict[str, tuple[bytes, str | None]]:
    """Reports that somebody else could send."""
    body, right = rig.payments.pay(rig.checkout())
    mac = right.partition("v1=")[2]
    dear = body.replace(b'"amount_total": 500', b'"amount_total": 501')
    assert dear != body
    other = type(rig.payments)(rig.url, "whsec_other")
    empty = type(rig.payments)(rig.url, "")
    now = int(time.time())
    return {
        "no signature": (body, None),
        "an empty one": (body, ""),
        "no digest": (body, f"t={now}"),
        "another digest": (body, f"t={now},v1={'0' * 64}"),
        "another secret's": (body, other.sign(body)),
        "an empty secret's": (body, empty.sign(body)),
        "of another body": (dear, right),
        "of another moment": (body, f"t={now + 1},v1={mac}"),
        "another scheme": (body, f"t={now},v0={mac}"),
        "too old": (body, rig.payments.sign(body, now - 301)),
        "no moment": (body, f"t=soon,v1={mac}"),
        "no text": (b"\xff\xfe", rig.payments.sign(b"\xff\xfe")),
        "no JSON": (b"{", rig.payments.sign(b"{")),
    }


def refused(rig: Any, name: str) -> None:
    """A report that nobody believes: the answer says no, and nothing is known of it."""
    assert rig.send(*forgeries(rig)[name]).status_code == 400, name
    assert (rig.view().balance(), rig.sql("SELECT * FROM payments")) == (20_000, [])


def test_what_the_provider_has_not_signed_is_not_believed(rig: Any) -> None:
    """Whatever is wrong with the signature."""
    for name in forgeries(rig):
        refused(rig, name)


def test_without_a_secret_nothing_is_believed(rig: Any) -> None:
    """An empty secret is one that everybody has: it fails closed, right signature or not."""
    rig.payments.secret = ""
    body, signature = rig.payments.pay(rig.checkout())
    assert rig.send(body, signature).status_code == 400
    assert rig.view().balance() == 20_000


def test_without_a_secret_the_signature_is_not_even_looked_at(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not hang on what the package does with an empty one."""
    import stripe

    monkeypatch.setattr(stripe.WebhookSignature, "verify_header", lambda *_: True)
    rig.payments.secret = ""
    assert rig.send(*rig.payments.pay(rig.checkout())).status_code == 400
    assert rig.view().balance() == 20_000


@pytest.mark.parametrize("name", ["another digest", "of another body", "too old"])
def test_the_control_without_the_check_books_a_forgery(rig: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    import stripe

    monkeypatch.setattr(stripe.WebhookSignature, "verify_header", lambda *_: True)
    with pytest.raises(AssertionError):
        refused(rig, name)


# -- what is believed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("amount", "currency"), [(499, "usd"), (501, "usd"), (500, "eur"), (0, "usd")])
def test_another_sum_buys_nothing_and_goes_back(rig: Any, amount: int, currency: str) -> None:
    """The order's price is ours; what was received is compared with it. The money is given back, once."""
    order = rig.checkout()
    body, _ = rig.payments.pay(order)
    session = json.loads(body)["data"]["object"] | {"amount_total": amount, "currency": currency}
    for _ in range(2):
        assert rig.told("checkout.session.completed", session).status_code == 200
        rig.worker.turn()
    assert (rig.view().balance(), rig.payments.returned) == (20_000, [session["payment_intent"]])


def test_what_a_report_says_of_tokens_is_not_read(rig: Any) -> None:
    """Nor of roles, plans or wallets: the order has all that."""
    body, _ = rig.payments.pay(rig.checkout())
    lies = {"metadata": {"tokens": "99", "wallet": "rival", "amount": 10**9}, "amount": 10**9, "wallet": "rival"}
    session = json.loads(body)["data"]["object"] | lies
    rig.told("checkout.session.completed", session)
    assert (rig.view().balance(), rig.view("rival").balance()) == (MILLION + 20_000, 20_000)


def test_a_price_that_is_not_ours_buys_nothing(rig: Any) -> None:
    for price in ("price_tokens_9m", "", "5.00", "tokens"):
        assert rig.by("owner").post("/buy", json={"price": price}).status_code == 404
    assert rig.sql("SELECT * FROM orders") == []


@pytest.mark.parametrize("price", ["price_tokens_1m", "price_pro"])
def test_what_could_not_be_given_is_not_offered_for_money(rig: Any, price: str) -> None:
    """The wallet is asked before the checkout, not only after the money is there."""
    rig.act(lambda wallet: wallet.close(at=rig.now))
    answer = rig.by("owner").post("/buy", json={"price": price})
    assert (answer.status_code, answer.json()["error"]) == (409, "WalletClosed")
    assert rig.sql("SELECT * FROM orders") == []


def test_what_is_not_paid_yet_is_waited_for(rig: Any) -> None:
    """By bank transfer the checkout is over days before the money is there."""
    body, _ = rig.payments.pay(rig.checkout())
    session = json.loads(body)["data"]["object"]
    rig.told("checkout.session.completed", session | {"payment_status": "unpaid"})
    assert rig.view().balance() == 20_000
    rig.told("checkout.session.async_payment_succeeded", session)
    assert rig.view().balance() == MILLION + 20_000


def test_reports_of_others_are_taken_and_forgotten(rig: Any) -> None:
    """Another service on the same account, or kinds that nobody asked for: answered, so that they do not come again."""
    rig.told("invoice.paid", {"id": "in_1"})
    rig.told("payment_intent.succeeded", {"id": "pi_1", "metadata": {}, "amount_received": 5, "currency": "usd"})
    rig.told("charge.refunded", {"payment_intent": None, "amount_refunded": 5})
    answer = rig.told("charge.refunded", {"payment_intent": "pi_other", "amount_refunded": 5})
    assert answer.status_code == 200
    assert rig.send(b"x" * 300_000, "t=1").status_code == 413
    assert rig.view().balance() == 20_000


# -- in any order ----------------------------------------------------------------------------------------------------


def story(payment: str, order: str, ending: str) -> list[tuple[str, dict[str, Any], int]]:
    """A payment, half of which is refunded, and which is disputed; and how that ends."""
    session = {
        "payment_status": "paid",
        "payment_intent": payment,
        "client_reference_id": order,
        "amount_total": 500,
        "currency": "usd",
    }
    refund = {"payment_intent": payment}
    dispute = {"id": f"du:{payment}", "payment_intent": payment, "amount": 250}
    return [
        ("checkout.session.completed", session, 100),
        ("charge.refunded", refund | {"amount_refunded": 100}, 200),
        ("charge.refunded", refund | {"amount_refunded": 250}, 300),
        ("charge.dispute.created", dispute | {"status": "needs_response"}, 400),
        ("charge.dispute.closed", dispute | {"status": ending}, 500),
    ]


@pytest.mark.parametrize(("ending", "left"), [("won", 500_000), ("lost", 0)])
def test_reports_end_the_same_in_any_order(rig: Any, ending: str, left: int) -> None:
    """All 120 of them, each with every report sent twice: what is left is what was neither refunded nor lost."""
    with rig.host.store() as store:
        store.db.execute("PRAGMA synchronous = OFF")  # nobody pulls the plug here
        for number, reports in enumerate(itertools.permutations(range(5))):
            wallet, payment, order = f"w{number}", f"pi_{number}", f"order-{number}"
            store.create(Wallet.open("free", catalogue=rig.host.catalogue, id=wallet, at=rig.now))
            row = (order, wallet, "pack", "tokens", MILLION, 500, "usd", "owner")
            store.db.execute("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            told = story(payment, order, ending)
            for place in (*reports, *reports):
                taken_in(rig, store, *told[place])
            view = store.load(wallet).at(rig.now)
            assert (view.balance(), view.debt()) == (left + 20_000, 0), reports
            verify(store.load(wallet), store.entries(wallet))


def taken_in(rig: Any, store: Any, kind: str, thing: dict[str, Any], created: int) -> None:
    """What the door does after the signature was checked, without going through it 2,400 times."""
    from examples.fastapi_app.reports import read
    from examples.fastapi_app.settling import take_in

    event = {"id": f"evt:{kind}:{created}", "type": kind, "created": created, "data": {"object": thing}}
    report = read(event)
    assert report is not None
    take_in(store, report, rig.host.clock)


@pytest.mark.parametrize("status", ["warning_needs_response", "warning_under_review", "warning_closed", "prevented"])
def test_an_inquiry_takes_nothing(rig: Any, status: str) -> None:
    """No money has gone, and perhaps none will."""
    payment = rig.bought()
    dispute = {"id": "du_1", "payment_intent": payment, "amount": 500, "status": status}
    rig.told("charge.dispute.created", dispute)
    assert rig.view().balance() == MILLION + 20_000
    rig.told("charge.dispute.updated", dispute | {"status": "needs_response"})
    assert rig.view().balance() == (MILLION + 20_000 if status in {"warning_closed", "prevented"} else 20_000)


def test_what_was_used_of_money_that_goes_back_is_owed(rig: Any) -> None:
    """And owed no more once the dispute is won."""
    payment = rig.bought()
    rig.act(lambda wallet: wallet.spend(520_000, at=rig.now))
    dispute = {"id": "du_1", "payment_intent": payment, "amount": 500}
    rig.told("charge.dispute.created", dispute | {"status": "needs_response"})
    assert (rig.view().balance(), rig.view().debt()) == (0, 500_000)
    rig.told("charge.dispute.closed", dispute | {"status": "won"})
    assert (rig.view().balance(), rig.view().debt()) == (500_000, 0)
    rig.sound()


@pytest.mark.parametrize(("refunded", "disputed"), [(500, 500), (300, 300), (500, 1)])
def test_a_refund_and_a_dispute_of_the_same_money_count_once(rig: Any, refunded: int, disputed: int) -> None:
    """Never more than was paid goes."""
    payment = rig.bought()
    rig.told("charge.refunded", {"payment_intent": payment, "amount_refunded": refunded})
    dispute = {"id": "du_1", "payment_intent": payment, "amount": disputed, "status": "lost"}
    assert rig.told("charge.dispute.closed", dispute).status_code == 200
    assert (rig.view().balance(), rig.view().debt()) == (20_000, 0)


def test_a_refund_that_failed_is_money_again(rig: Any) -> None:
    """The sum goes down, and the newest report is right; the older one that comes again is not."""
    payment = rig.bought()
    full, none = ({"payment_intent": payment, "amount_refunded": amount} for amount in (500, 0))
    for thing, created, left in ((full, 10, 0), (none, 20, MILLION), (full, 10, MILLION), (full, 30, 0)):
        rig.told("charge.refunded", thing, created=created)
        assert rig.view().balance() == left + 20_000


def test_a_pack_that_comes_when_the_wallet_is_closed_goes_back(rig: Any) -> None:
    """Money that nothing can be given for is given back."""
    report = rig.payments.pay(rig.checkout())
    rig.act(lambda wallet: wallet.close(at=rig.now))
    assert rig.send(*report).status_code == 200
    rig.worker.turn()
    rig.worker.turn()
    assert len(rig.payments.returned) == 1


def test_money_that_cannot_be_given_back_now_is_given_back_later(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    report = rig.payments.pay(rig.checkout())
    rig.act(lambda wallet: wallet.close(at=rig.now))
    rig.send(*report)
    with monkeypatch.context() as patch:
        patch.setattr(rig.payments, "give_back", lambda _: 1 / 0)
        rig.worker.turn()
    assert rig.payments.returned == []
    rig.worker.turn()
    assert len(rig.payments.returned) == 1


def test_money_that_goes_back_of_a_closed_wallet_is_for_a_person(rig: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is left to take: it is said, answered, and not asked for again."""
    payment = rig.bought()
    rig.act(lambda wallet: wallet.close(at=rig.now))
    for _ in range(2):
        assert rig.told("charge.refunded", {"payment_intent": payment, "amount_refunded": 500}).status_code == 200
    [said] = [each.getMessage() for each in caplog.records if payment in each.getMessage()]
    assert said.startswith(f"500 of payment {payment} went back, and a person has to see to it: wallet acme was closed")
    rig.sound()


# -- a plan ----------------------------------------------------------------------------------------------------------


def test_a_plan_is_bought_like_a_pack(rig: Any) -> None:
    rig.bought("price_pro")
    assert (rig.view().plan.name, rig.view().by_kind()) == ("pro", {"quota": MILLION})
    assert rig.by("owner").post("/buy", json={"price": "price_pro"}).status_code == 409
    rig.sound()


def test_a_plan_that_ended_for_a_refund_that_failed_is_for_a_person(rig: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The wallet cannot know which of its quota it would still have; nobody is told so by a dispute that ends."""
    payment = rig.bought("price_pro")
    for amount, created in ((2_000, 10), (0, 20), (0, 20)):
        rig.told("charge.refunded", {"payment_intent": payment, "amount_refunded": amount}, created=created)
    assert rig.view().plan.name == "free"
    said = [each.getMessage() for each in caplog.records if payment in each.getMessage()]
    assert said == [f"payment {payment} is ours again, its plan has ended: a person has to see to it"]
    rig.sound()


@pytest.mark.parametrize("status", ["won", "lost"])
def test_a_dispute_of_a_plan_is_for_nobody(rig: Any, caplog: pytest.LogCaptureFixture, status: str) -> None:
    """While it was open the plan was frozen, and not over."""
    payment = rig.bought("price_pro")
    dispute = {"id": "du_1", "payment_intent": payment, "amount": 2_000}
    rig.told("charge.dispute.created", dispute | {"status": "needs_response"})
    rig.told("charge.dispute.closed", dispute | {"status": status})
    assert rig.view().plan.name == ("pro" if status == "won" else "free")
    assert [each for each in caplog.records if payment in each.getMessage()] == []


@pytest.mark.parametrize("reports", list(itertools.permutations(range(3))), ids=str)
def test_a_plan_whose_money_is_gone_is_over_in_any_order(rig: Any, reports: tuple[int, ...]) -> None:
    """Also where an older payment of a plan was booked, and stands."""
    rig.bought("price_pro")
    rig.act(lambda wallet: wallet.change_plan("free", at=rig.now, when="now"))
    body, _ = rig.payments.pay(rig.checkout("price_pro"))
    session = json.loads(body)["data"]["object"]
    dispute = {"id": "du_1", "payment_intent": session["payment_intent"], "amount": 2_000}
    story = [
        ("checkout.session.completed", session),
        ("charge.dispute.created", dispute | {"status": "needs_response"}),
        ("charge.dispute.closed", dispute | {"status": "lost"}),
    ]
    for place in (*reports, *reports):
        assert rig.told(*story[place]).status_code == 200
    assert (rig.view().plan.name, rig.view().frozen) == ("free", False)
    rig.sound()


def test_money_of_an_older_period_ends_no_plan(rig: Any) -> None:
    """What has been paid for since goes on."""
    first = rig.bought("price_pro")
    rig.later(days=31)
    rig.worker.turn()
    rig.told("charge.refunded", {"payment_intent": first, "amount_refunded": 2_000})
    assert (rig.view().plan.name, rig.view().by_kind()) == ("pro", {"quota": MILLION})


def test_a_refund_thaws_nothing_that_somebody_froze(rig: Any) -> None:
    """Who froze it for another reason, has it frozen."""
    payment = rig.bought("price_pro")
    rig.act(lambda wallet: wallet.freeze(at=rig.now, by="admin"))
    rig.told("charge.refunded", {"payment_intent": payment, "amount_refunded": 700})
    assert (rig.view().frozen, rig.view().plan.name) == (True, "pro")


def test_a_disputed_plan_stops_and_goes_on_or_ends(rig: Any) -> None:
    """Its payment brought no bucket to take: frozen while it is open, and over once it is lost."""
    payment = rig.bought("price_pro")
    dispute = {"id": "du_1", "payment_intent": payment, "amount": 2_000}
    assert rig.told("charge.dispute.created", dispute | {"status": "needs_response"}).status_code == 200
    assert rig.view().frozen
    assert rig.by("member").post("/chat", json={"prompt": "hi"}).status_code == 409
    rig.told("charge.dispute.closed", dispute | {"status": "won"})
    assert (rig.view().frozen, rig.view().plan.name) == (False, "pro")
    rig.told("charge.dispute.created", dispute | {"id": "du_2", "status": "needs_response"})
    rig.told("charge.dispute.closed", dispute | {"id": "du_2", "status": "lost"})
    assert (rig.view().frozen, rig.view().plan.name, rig.view().by_kind()) == (False, "free", {"quota": 20_000})
    rig.sound()
