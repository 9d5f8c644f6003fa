"""What happens though nobody asks, and once, wherever the worker dies."""

from __future__ import annotations

import threading
from typing import Any

import pytest

MILLION = 1_000_000
PRO = {"threshold": 100_000, "purchase": MILLION}


class Died(BaseException):
    """The process is gone: nothing after this is done, not even what handles errors."""


@pytest.fixture
def low(rig: Any) -> Any:
    """A wallet whose owner has let it buy, and that has run low: a charge waits in the outbox."""
    rig.bought("price_pro")
    assert rig.by("owner").put("/auto-top-up", json=PRO).json() == {"on": True}
    rig.act(lambda wallet: wallet.spend(950_000, at=rig.now))
    return rig


def test_a_low_balance_buys_by_itself(low: Any) -> None:
    """Charged once at the price that was pinned, booked, and told."""
    low.worker.turn()
    low.worker.turn()
    [(order, report)] = low.payments.charges.items()
    assert (order, report.received) == ("acme/charge:1", 500)
    assert low.view().by_kind() == {"quota": 50_000, "top_up": MILLION}
    assert [notice.name for notice in low.mails] == ["low", "auto_top_up_succeeded"]
    assert low.sql("SELECT count(*) FROM outbox") == [(0,)]
    low.sound()


def test_nobody_else_turns_it_on_and_the_owner_turns_it_off(low: Any) -> None:
    assert low.view().auto_top_up.by == "owner"
    assert low.by("owner").delete("/auto-top-up").json() == {"on": False}
    assert low.view().auto_top_up is None


POINTS = {
    "before the charge": ("examples.fastapi_app.worker.place", 0),
    "after the order was placed": ("examples.fastapi_app.local.LocalPayments.charge", 0),
    "after the charge, before it is known": ("examples.fastapi_app.local.LocalPayments.charge", 1),
    "after it is booked, before the outbox": ("examples.fastapi_app.worker.take_in", 1),
}


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_that_dies_charges_once(low: Any, monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    """Wherever that is: the next one does it again under the same id."""
    dies_and_returns(low, monkeypatch, point)
    assert len(low.payments.charges) == 1
    assert low.view().by_kind() == {"quota": 50_000, "top_up": MILLION}
    assert low.sql("SELECT count(*) FROM outbox") == [(0,)]
    low.sound()


def dies_and_returns(rig: Any, monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    """Let the worker die at a point, for which its process is another one, then let it take a turn."""
    from examples.fastapi_app.worker import Worker

    path, after = POINTS[point]
    with monkeypatch.context() as patch:
        import pkgutil

        real = pkgutil.resolve_name(path)

        def dying(*given: Any, **named: Any) -> Any:
            if after:
                real(*given, **named)
            raise Died

        patch.setattr(path, dying)
        with pytest.raises(Died):
            rig.worker.turn()
    Worker(rig.host, lambda _, notice: rig.mails.append(notice)).turn()


def test_the_control_without_a_stable_id_charges_twice(low: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that is given a new key for each try takes the money for each."""
    import secrets

    from examples.fastapi_app import orders, worker

    def fresh(request: Any, wallet: str, id: str) -> Any:
        return orders.order_for(request, wallet, f"{id}/{secrets.token_hex(4)}")

    monkeypatch.setattr(worker, "order_for", fresh)
    dies_and_returns(low, monkeypatch, "after the charge, before it is known")
    assert len(low.payments.charges) == 2


def test_the_report_and_the_answer_of_one_charge_are_one_payment(low: Any) -> None:
    """Whichever comes first: the provider reports what the worker was answered, too."""
    low.worker.turn()
    [report] = low.payments.charges.values()
    intent = {
        "id": report.payment,
        "metadata": {"order": report.order},
        "amount_received": 500,
        "currency": "usd",
    }
    for _ in range(2):
        assert low.told("payment_intent.succeeded", intent).status_code == 200
    assert low.view().by_kind()["top_up"] == MILLION
    low.sound()


def test_a_charge_under_way_is_booked_when_it_is_reported(low: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer that says neither yes nor no is waited for, and asked for no second time."""
    asked = []
    monkeypatch.setattr(low.payments, "charge", lambda order, _, **__: asked.append(order.id))
    low.worker.turn()
    low.worker.turn()
    assert (asked, [each.id for each in low.view().pending()]) == (["acme/charge:1"], ["charge:1"])
    intent = {"id": "pi_9", "metadata": {"order": asked[0]}, "amount_received": 500, "currency": "usd"}
    low.told("payment_intent.succeeded", intent)
    assert (low.view().by_kind()["top_up"], low.view().pending()) == (MILLION, ())


def test_a_charge_under_way_is_not_paid_by_hand_as_well(low: Any) -> None:
    assert [each.id for each in low.view().pending()] == ["charge:1"]
    assert low.by("owner").post("/pay", json={"request": "charge:1"}).status_code == 404


def test_a_provider_that_does_not_answer_is_asked_again(low: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what else is due is done meanwhile; `again` says that it was asked before."""
    said = []

    def lost(order: Any, customer: str, *, again: bool) -> None:
        said.append((order.id, customer, again))
        raise ConnectionError("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(low.payments, "charge", lost)
        low.worker.turn()
        low.worker.turn()
    assert said == [("acme/charge:1", "cus_acme", False), ("acme/charge:1", "cus_acme", True)]
    assert [notice.name for notice in low.mails] == ["low"]
    low.worker.turn()
    assert low.view().by_kind()["top_up"] == MILLION


def test_a_declined_card_is_tried_again_after_the_cool_down(low: Any) -> None:
    """Not in the next turn: the customer is told, and has a day."""
    low.payments.declines.add("acme")
    low.worker.turn()
    low.worker.turn()
    low.worker.turn()
    assert list(low.payments.charges) == ["acme/charge:1"]
    assert "auto_top_up_failed" in [notice.name for notice in low.mails]
    low.payments.declines.clear()
    low.later(days=1)
    low.worker.turn()
    assert list(low.payments.charges) == ["acme/charge:1", "acme/charge:2"]
    assert low.view().by_kind()["top_up"] == MILLION
    low.sound()


def test_a_declined_charge_that_is_paid_after_all_counts(low: Any) -> None:
    """Late, by the same payment: reports may come in any order here, too."""
    low.payments.declines.add("acme")
    low.worker.turn()
    [report] = low.payments.charges.values()
    failed = {"id": report.payment, "metadata": {"order": report.order}}
    for _ in range(2):
        low.told("payment_intent.payment_failed", failed)
    low.told("payment_intent.succeeded", failed | {"amount_received": 500, "currency": "usd"})
    low.told("payment_intent.payment_failed", failed)
    assert low.view().by_kind()["top_up"] == MILLION
    low.sound()


def test_a_disputed_charge_is_taken_back_and_asks_for_no_other(low: Any) -> None:
    low.worker.turn()
    [report] = low.payments.charges.values()
    dispute = {"id": "du_1", "payment_intent": report.payment, "amount": 500, "status": "needs_response"}
    low.told("charge.dispute.created", dispute)
    low.worker.turn()
    assert low.view().by_kind() == {"quota": 50_000}
    assert (len(low.payments.charges), low.view().auto_top_up.off.why) == (1, "clawed_back")


# -- months ----------------------------------------------------------------------------------------------------------


def test_a_month_ends_though_nobody_asks_and_is_paid_for(rig: Any) -> None:
    """The renewal is collected at the plan's price, and grants."""
    rig.bought("price_pro")
    rig.act(lambda wallet: wallet.spend(400_000, at=rig.now))
    rig.later(days=31)
    rig.worker.turn()
    [(order, report)] = rig.payments.charges.items()
    assert (order, report.received) == ("acme/renewal:20260810T090000.000000Z", 2_000)
    assert (rig.view().by_kind(), rig.view().pending()) == ({"quota": MILLION}, ())
    rig.sound()


def test_a_renewal_that_fails_can_be_paid_by_hand(rig: Any) -> None:
    """In its grace, at a checkout, at the price that was pinned."""
    rig.bought("price_pro")
    rig.payments.declines.add("acme")
    rig.later(days=31)
    rig.worker.turn()
    rig.worker.turn()
    assert "renewal_failed" in [notice.name for notice in rig.mails]
    [pending] = rig.by("owner").get("/balance").json()["pending"]
    assert rig.by("owner").post("/pay", json={"request": "renewal:1"}).status_code == 404
    order = rig.by("owner").post("/pay", json={"request": pending}).json()["checkout"].rpartition("/")[2]
    assert rig.payments.orders[order][0].price == 2_000
    rig.send(*rig.payments.pay(order))
    assert (rig.view().plan.name, rig.view().by_kind(), rig.view().pending()) == ("pro", {"quota": MILLION}, ())
    rig.sound()


def test_a_renewal_that_is_paid_twice_gives_one_back(rig: Any) -> None:
    """Two checkouts were open, and both were paid."""
    rig.bought("price_pro")
    rig.payments.declines.add("acme")
    rig.later(days=31)
    rig.worker.turn()
    [pending] = rig.by("owner").get("/balance").json()["pending"]
    answers = [rig.by("owner").post("/pay", json={"request": pending}).json()["checkout"] for _ in range(2)]
    for each in answers:
        assert rig.send(*rig.payments.pay(each.rpartition("/")[2])).status_code == 200
    rig.worker.turn()
    assert (rig.view().by_kind(), len(rig.payments.returned)) == ({"quota": MILLION}, 1)
    rig.sound()


def test_a_renewal_that_nobody_pays_ends_the_plan(rig: Any) -> None:
    rig.bought("price_pro")
    rig.payments.declines.add("acme")
    rig.later(days=31)
    rig.worker.turn()
    rig.later(days=6)
    rig.worker.turn()
    assert (rig.view().plan.name, rig.view().by_kind()) == ("free", {"quota": 20_000})
    assert {"renewal_failed", "plan_ended"} <= {notice.name for notice in rig.mails}
    rig.sound()


def test_a_wallet_that_cannot_be_read_does_not_stop_the_others(rig: Any) -> None:
    rig.sql("UPDATE wallets SET document = '{}' WHERE id = 'acme'")
    rig.later(days=31)
    rig.worker.turn()
    assert rig.sql("SELECT next_due < '2026-09' FROM wallets WHERE id = 'rival'") == [(0,)]


class Waits:
    """An event that is never waited for, but asked how long somebody would."""

    def __init__(self, turns: int) -> None:
        self.left = turns
        self.asked: list[float] = []

    def wait(self, seconds: float) -> bool:
        self.asked.append(seconds)
        self.left -= 1
        return self.left < 0


def test_a_provider_that_is_down_is_asked_ever_less_often(low: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """And as before once it answers."""
    waits, real = Waits(9), low.payments.charge

    def down(order: Any, customer: str, *, again: bool) -> Any:
        if len(waits.asked) < 9:
            raise ConnectionError("no answer")
        return real(order, customer, again=again)

    monkeypatch.setattr(low.payments, "charge", down)
    low.worker.run(waits, every=1, longest=60)
    assert waits.asked == [1, 2, 4, 8, 16, 32, 60, 60, 60, 1]
    assert low.view().by_kind()["top_up"] == MILLION


def test_the_worker_goes_on_after_a_bad_turn(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """And stops when it is told to."""
    turns: list[int] = []
    stop = threading.Event()

    def turn() -> None:
        turns.append(1)
        if len(turns) == 3:
            stop.set()
        raise ConnectionError("the database is away")

    monkeypatch.setattr(rig.worker, "turn", turn)
    rig.worker.run(stop, every=0)
    assert len(turns) == 3
