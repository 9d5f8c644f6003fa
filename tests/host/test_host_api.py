"""What programs ask of the service, and who may."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tokenpurse import Allowance, Catalogue, Plan

BUY = ("POST", "/buy", {"price": "price_tokens_1m"})
BUDGET = ("PUT", "/budget", {"tokens": 500})
AUTO = ("PUT", "/auto-top-up", {"threshold": 10, "purchase": 1_000_000})
NO_AUTO = ("DELETE", "/auto-top-up", None)
GIFT = ("POST", "/wallets/rival/gifts", {"tokens": 5, "ref": "ticket-1"})
PAY = ("POST", "/pay", {"request": "renewal:20260810T090000.000000Z"})
PAGE_BUY = ("POST", "/buy-now", None)
PAGE_PAY = ("POST", "/pay-now", None)


def test_the_balance_is_what_the_wallet_says(rig: Any) -> None:
    answer = rig.by("member").get("/balance").json()
    assert answer == {
        "plan": "free",
        "available": 20_000,
        "held": 0,
        "debt": 0,
        "used": 0,
        "size": 20_000,
        "resets": "2026-08-10T09:00:00+00:00",
        "pending": [],
    }


@pytest.mark.parametrize("key", [None, "", "Bearer", "Bearer nonsense", "Basic {owner}"])
def test_nobody_is_nobody(rig: Any, key: str | None) -> None:
    """Without a key, or with one that is nobody's, every door is shut, and nothing is said."""
    headers = {} if key is None else {"Authorization": key.format(**rig.keys)}
    reads = [("GET", "/balance", None), ("POST", "/chat", {"prompt": "hi"})]
    for method, path, body in (*reads, BUY, BUDGET, AUTO, NO_AUTO, PAY, GIFT, PAGE_BUY, PAGE_PAY):
        answer = rig.anyone.request(method, path, json=body, headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"detail": "who are you?"})


FOR = [(each, "owner") for each in (BUY, BUDGET, AUTO, NO_AUTO, PAY, PAGE_BUY, PAGE_PAY)] + [(GIFT, "admin")]


@pytest.mark.parametrize(("call", "allowed"), FOR, ids=lambda each: each if isinstance(each, str) else each[1][1:])
def test_the_role_is_checked_where_the_request_arrives(rig: Any, call: tuple[str, str, Any], allowed: str) -> None:
    """Whoever may not is told so, and nothing happens; whoever may gets past the door."""
    method, path, body = call
    before = rig.sql("SELECT id, version FROM wallets"), rig.sql("SELECT count(*) FROM orders")
    for role in {"owner", "member", "admin"} - {allowed}:
        answer = rig.by(role).request(method, path, json=body)
        assert (answer.status_code, answer.json()) == (403, {"detail": f"this is for {allowed}"})
    assert before == (rig.sql("SELECT id, version FROM wallets"), rig.sql("SELECT count(*) FROM orders"))
    assert rig.by(allowed).request(method, path, json=body).status_code != 403


def test_no_request_says_whose_wallet_it_is(rig: Any) -> None:
    """What a customer sends cannot lead to another one's wallet: it comes with the key."""
    rig.by("rival").put("/budget", json={"tokens": 7, "wallet": "acme"}, headers={"X-Wallet": "acme"})
    assert [each.cap for each in rig.view("acme").limits({"member": "0" * 16})] == [None]
    assert [each.cap for each in rig.view("rival").limits({"member": "0" * 16})] == [7]


def test_a_gift_is_given_once(rig: Any) -> None:
    """Its ref is the reason's: sent again it adds nothing, and with another amount it is a conflict."""
    admin = rig.by("admin")
    gift = {"tokens": 500, "ref": "ticket-1"}
    assert [admin.post("/wallets/rival/gifts", json=gift).json() for _ in range(2)] == [{"balance": 20_500}] * 2
    answer = admin.post("/wallets/rival/gifts", json=gift | {"tokens": 600})
    assert (answer.status_code, answer.json()["error"]) == (409, "ConflictError")
    assert admin.post("/wallets/nobody/gifts", json=gift).status_code == 404
    assert rig.view("rival").balance() == 20_500


def test_a_gift_to_a_wallet_whose_plan_is_gone_is_not_told_that_there_is_no_wallet(rig: Any) -> None:
    """It is there, and whoever runs the service has dropped a plan that somebody is on."""
    rig.app.state.host = replace(rig.host, catalogue=Catalogue([Plan("other", allowances=[Allowance(1)])]))
    answer = rig.by("admin").post("/wallets/rival/gifts", json={"tokens": 500, "ref": "ticket-1"})
    assert (answer.status_code, answer.json()["error"]) == (422, "UnknownNameError")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/chat", {"prompt": ""}),
        ("/chat", {"prompt": "x" * 20_001}),
        ("/chat", {"prompt": "hi", "longest": 0}),
        ("/chat", {"prompt": "hi", "longest": -5}),
        ("/chat", {"prompt": "hi", "longest": 10**30}),
        ("/chat", {"prompt": "hi", "longest": "5"}),
        ("/chat", {"prompt": "hi", "longest": True}),
        ("/chat", {"prompt": "hi", "longest": 5.0}),
        ("/chat", {"prompt": ["hi"]}),
        ("/buy", {"price": 5}),
    ],
)
def test_what_is_no_request_is_refused_at_the_door(rig: Any, path: str, body: dict[str, Any]) -> None:
    """Amounts are whole numbers inside their bounds, and nothing that looks like one."""
    assert rig.by("owner").post(path, json=body).status_code == 422
    assert rig.view().balance() == 20_000


@pytest.mark.parametrize("key", ["a b", "../x", "a:b", "a" * 41, ""])
def test_a_key_has_an_alphabet(rig: Any, key: str) -> None:
    """So that what a client chooses cannot meet a key of anything else."""
    answer = rig.by("member").post("/chat", json={"prompt": "hi", "longest": 1}, headers={"Idempotency-Key": key})
    assert answer.status_code == 422


def test_a_refusal_says_what_would_help(rig: Any) -> None:
    """And its status says of what kind it is."""
    answer = rig.by("member").post("/chat", json={"prompt": "hi " * 5_000, "longest": 8_000})
    assert answer.status_code == 200
    rig.act(lambda wallet: wallet.spend(6_500, at=rig.now))
    answer = rig.by("member").post("/chat", json={"prompt": "hi", "longest": 8_000})
    assert answer.status_code == 402
    assert answer.json()["error"] == "NotEnough"
    assert "wait until 2026-08-10T09:00:00Z" in answer.json()["remedies"]
    assert rig.by("owner").put("/auto-top-up", json=AUTO[2]).status_code == 422  # the free plan has none


def test_a_budget_holds_one_member(rig: Any) -> None:
    """And nobody else; who is over it is told of the limit, not of the wallet."""
    rig.let_in("second", "acme", "member")
    assert rig.by("owner").put("/budget", json={"tokens": 100}).json() == {"tokens": 100}
    ask = {"prompt": "hi", "longest": 60}
    statuses = [rig.by(name).post("/chat", json=ask).status_code for name in ("member", "second", "member")]
    assert statuses == [200, 200, 402]
    assert rig.by("member").get("/balance").json()["available"] == 39
