"""The page in a real browser: bars as long as the wallet says, nothing runs that a person wrote, and buying works."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from types import SimpleNamespace as Stub
from typing import Any, cast
from urllib.parse import quote

import pytest

from tests.host.browser import browser

WIDTH = 400
HOSTILE = [
    "<script>window.pwned = 1</script>",
    "</p><script>window.pwned = 1</script>",
    "<img src=x onerror='window.pwned = 1'>",
    '<svg onload="window.pwned = 1">',
    '"><svg/onload=window.pwned=1>',
    "' onmouseover='window.pwned = 1",
    '" autofocus onfocus="window.pwned = 1',
    "<iframe srcdoc='<script>parent.pwned = 1</script>'>",
    "<a href='javascript:window.pwned=1'>x</a>",
    "</title><script>window.pwned = 1</script>",
    "</style><script>window.pwned = 1</script>",
    "<style>* { display: none }</style>",
    "<meta http-equiv=refresh content='0;url=javascript:window.pwned=1'>",
    "<base href='http://elsewhere.example/'>",
    "<form action='http://elsewhere.example/'><button>Buy</button></form>",
    "<!--",
    "<plaintext>",
    "&lt;script&gt;&#60;b&#62;&amp;",
    "\u003cscript\u003ewindow.pwned = 1\u003c/script\u003e",
    "{{7*7}} ${7*7} <%= 7*7 %>",
]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One browser for all tests of this file."""
    with browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


class Page:
    """What somebody sees of the service."""

    def __init__(self, chromium: Any, rig: Any) -> None:
        self.chromium = chromium
        self.rig = rig
        chromium.delete_all_cookies()

    def sign_in(self, name: str) -> Page:
        """By the form, as a person would."""
        self.chromium.get(self.rig.url)
        self.one('input[name="key"]').send_keys(self.rig.keys[name])
        self.click("button", then="#gauge")
        return self

    def click(self, selector: str, *, then: str) -> None:
        """Click, and wait for the page that it leads to."""
        from tests.host.rig import eventually

        self.one(selector).click()
        eventually(lambda: self.all(then), 30)

    def all(self, selector: str) -> list[Any]:
        found: list[Any] = self.chromium.find_elements("css selector", selector)
        return found

    def one(self, selector: str) -> Any:
        [found] = self.all(selector)
        return found

    def run(self, script: str) -> Any:
        return self.chromium.execute_script(script)

    def bars(self, section: str) -> list[tuple[int, int]]:
        """Of each bar how wide `used` and `held` are drawn, in pixels of the screen."""
        script = """
            return [...document.querySelectorAll(`${arguments[0]} svg`)].map(svg => ['used', 'held'].map(
                name => Math.round(svg.querySelector('.' + name).getBoundingClientRect().width)))
        """
        return [tuple(each) for each in self.chromium.execute_script(script, section)]


@pytest.fixture
def page(chromium: Any, rig: Any) -> Page:
    return Page(chromium, rig)


def test_the_bars_are_as_long_as_the_wallet_says(page: Page, rig: Any) -> None:
    """Of the period, of each bucket and of the budget; what is held stands beside what is used."""
    rig.act(lambda wallet: wallet.grant(40_000, at=rig.now, ref="gift:1"))
    rig.act(lambda wallet: wallet.spend(15_000, at=rig.now))
    rig.act(lambda wallet: wallet.hold(6_000, at=rig.now, ref="h", until=rig.now.replace(hour=10)))
    rig.by("owner").put("/budget", json={"tokens": 8_000})
    page.sign_in("member")
    view, gauge = rig.view(), rig.view().gauge()
    assert (gauge.used, gauge.size) == (21_000, 60_000)
    assert page.bars("#gauge") == [(15_000 * WIDTH // 60_000, 6_000 * WIDTH // 60_000)]
    expected = {each.kind: (each.used - each.held, each.used, each.opening) for each in view.buckets()}
    assert expected == {"quota": (15_000, 20_000, 20_000), "promo": (0, 1_000, 40_000)}
    pixels = [(used * WIDTH // size, (all_ - used) * WIDTH // size) for used, all_, size in expected.values()]
    assert page.bars("#buckets") == pixels
    assert page.bars("#limits") == [(0, 0)]
    assert page.one("#gauge b").text == "[21,000/60,000]"
    assert [each.text for each in page.all("#buckets .n")] == ["0", "39,000"]


def test_a_bar_ends_where_it_is_full(page: Page, rig: Any) -> None:
    """However much is used beyond; and what is owed is said."""
    rig.act(lambda wallet: wallet.spend(90_000, at=rig.now, overdraw=True))
    page.sign_in("member")
    assert page.bars("#gauge") == [(WIDTH, 0)]
    assert page.one("#debt").text == "70,000 tokens are owed."
    assert [each.text for each in page.all('[role="status"]')] == ["low"]


def test_the_page_is_styled_and_runs_nothing(page: Page, rig: Any) -> None:
    """The style is let in by its nonce, and no script is, whoever wrote it."""
    page.sign_in("owner")
    assert page.run("return getComputedStyle(document.querySelector('.used')).fill") == "rgb(59, 111, 212)"
    page.run("const s = document.createElement('script'); s.textContent = 'window.pwned = 1'; document.body.append(s)")
    assert page.run("return window.pwned") is None
    answer = rig.anyone.get("/")
    policy = answer.headers["content-security-policy"]
    assert {"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert policy != rig.anyone.get("/").headers["content-security-policy"]


def harmless(page: Page, rig: Any, text: str) -> None:
    """A user calls themselves so: the page shows it letter by letter, and is otherwise the same page."""
    rig.sql("UPDATE users SET name = ? WHERE wallet = 'rival'", text)
    shape = "return [...document.querySelectorAll('*')].map(each => each.tagName + [...each.attributes].length).join()"
    page.chromium.get(rig.url)
    assert f"Signed in as {text}, owner." in page.run("return document.body.textContent")
    assert page.run("return window.pwned") is None
    made = page.run(shape)
    rig.sql("UPDATE users SET name = 'Ann' WHERE wallet = 'rival'")
    page.chromium.get(rig.url)
    assert made == page.run(shape)


def test_what_a_person_wrote_is_text(page: Page, rig: Any) -> None:
    page.sign_in("rival")
    for text in HOSTILE:
        harmless(page, rig, text)


def test_the_control_without_escaping_is_found(page: Page, rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """And without the policy beside it, it would run."""
    monkeypatch.setattr("examples.fastapi_app.page.escape", lambda text: text)
    page.sign_in("rival")
    for text in HOSTILE[:3]:
        with pytest.raises(AssertionError):
            harmless(page, rig, text)
    rig.sql("UPDATE users SET name = ? WHERE wallet = 'rival'", HOSTILE[0])
    page.chromium.get(rig.url)
    assert page.run("return window.pwned") is None
    monkeypatch.setattr("examples.fastapi_app.pages.HTMLResponse", without_headers())
    page.chromium.get(rig.url)
    assert page.run("return window.pwned") == 1


def without_headers() -> Any:
    from fastapi.responses import HTMLResponse

    return lambda text, **_: HTMLResponse(text)


class Shape(HTMLParser):
    """What a page is made of: its tags and attributes; and apart from them what it says."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.made: list[tuple[str, list[str]]] = []
        self.said: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.made.append((tag, [name for name, _ in attrs]))
        self.said += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def everywhere(rig: Any, text: str) -> str:
    """A page on which every name, kind, ref, alert, price, plan and request is called so."""
    from examples.fastapi_app.accounts import User
    from examples.fastapi_app.page import checkout_page, wallet_page
    from examples.fastapi_app.plans import Upgrade

    view = rig.view()
    shown = Stub(
        gauge=view.gauge,
        next_reset=view.next_reset,
        plan=Stub(name=text),
        alerts=lambda: (text,),
        frozen=False,
        held=view.held,
        buckets=lambda: (Stub(expires=None, opening=1, held=0, kind=text, used=0, left=1),),
        limits=lambda _: (),
        debt=view.debt,
        pending=lambda: (Called(text),),
    )
    moved = Stub(at=rig.now, what=text, ref=text, amount=1, balance=1)
    user: Any = User("0", text, text, "owner")
    page = wallet_page(user, cast("Any", shown), cast("Any", [moved]), {text: Upgrade(f"{text} {text}")}, "n")
    return page + checkout_page(text, text, "n")


@pytest.mark.parametrize("text", HOSTILE)
def test_every_text_on_the_page_is_escaped(rig: Any, text: str) -> None:
    """Not only what the browser was shown: the page is made of the same parts, whatever anything is called."""
    hostile, plain = Shape(everywhere(rig, text)), Shape(everywhere(rig, "plain"))
    assert hostile.made == plain.made
    assert [each.replace("plain", text) for each in plain.said] == hostile.said
    assert "".join(hostile.said).count(text) >= 15


class Called:
    """A request that is called so."""

    def __init__(self, text: str) -> None:
        self.id = text

    def __str__(self) -> str:
        return self.id


def test_an_owner_buys_through_the_page(page: Page, rig: Any) -> None:
    """From the button by the checkout back to a page with one bar more."""
    page.sign_in("owner")
    assert [each.get_attribute("data-kind") for each in page.all(".bucket")] == ["quota"]
    assert [each.text for each in page.all("#sold button")] == [
        "Buy 1,000,000 tokens for 5.00 USD",
        "Buy 5,000,000 tokens for 25.00 USD",
        "Buy plan pro",
    ]
    page.click("#sold form:first-of-type button", then="#pay")
    assert page.one("#pay").text == "Pay 5.00 USD"
    page.click("#pay", then=".bucket[data-kind=top_up]")
    assert [each.get_attribute("data-kind") for each in page.all(".bucket")] == ["quota", "top_up"]
    assert rig.view().balance() == 1_020_000


def test_an_owner_pays_a_renewal_through_the_page(page: Page, rig: Any) -> None:
    rig.bought("price_pro")
    rig.payments.declines.add("acme")
    rig.later(days=31)
    rig.worker.turn()
    page.sign_in("owner")
    assert "renew plan pro" in page.one("#pending li").text
    page.click("#pending button", then="#pay")
    page.click("#pay", then="#gauge")
    assert page.all("#pending") == []
    assert rig.view().by_kind() == {"quota": 1_000_000}


@pytest.mark.parametrize("verb", ["freeze", "pause", "close"])
def test_a_wallet_that_lets_nothing_through_has_its_page(rig: Any, verb: str) -> None:
    """Whatever stands against spending or buying, the owner sees it."""
    rig.act(lambda wallet: getattr(wallet, verb)(at=rig.now))
    answer = rig.by("owner").get("/")
    assert answer.status_code == 401 or "This period" in answer.text
    answer = rig.anyone.get("/", headers={"Cookie": f"session={rig.keys['owner']}"})
    assert (answer.status_code, "Signed in as owner" in answer.text) == (200, True)


def test_a_member_is_offered_nothing_to_buy(page: Page, rig: Any) -> None:
    page.sign_in("member")
    assert [form.get_attribute("action") for form in page.all("form")] == [f"{rig.url}/sign-out"]
    page.run("""
        document.body.innerHTML += '<form method="post" action="/buy-now"><input name="price" value="price_pro">'
            + '<button id="try">x</button></form>'
    """)
    page.click("#try", then="body:not(:has(#gauge))")
    assert "this is for owner" in page.one("body").text
    assert rig.sql("SELECT * FROM orders") == []


def test_somebody_elses_page_cannot_buy_here(page: Page, rig: Any) -> None:
    """The cookie is not sent along with a form of another site."""
    page.sign_in("owner")
    [cookie] = page.chromium.get_cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    form = f"<form method=post action='{rig.url}/buy-now'><input name=price value=price_pro><button>x</button></form>"
    page.chromium.get(f"data:text/html,{quote(form)}")
    page.click("button", then="body:not(:has(button))")
    assert "who are you?" in page.one("body").text
    assert rig.sql("SELECT * FROM orders") == []


def test_who_signs_out_is_nobody(page: Page, rig: Any) -> None:
    """The browser has no key any more; and nobody's page signs somebody else out."""
    page.sign_in("member").click('form[action="/sign-out"] button', then='input[name="key"]')
    assert page.chromium.get_cookies() == []
    answer = rig.anyone.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 303), ("none", 303)]
)
def test_nobody_is_signed_in_as_somebody_else(rig: Any, site: str, status: int) -> None:
    """A page of somebody else's could have a customer buy for its own wallet."""
    answer = rig.anyone.post("/sign-in", data={"key": rig.keys["rival"]}, headers={"Sec-Fetch-Site": site})
    assert (answer.status_code, "set-cookie" in answer.headers) == (status, status == 303)


def test_a_key_that_is_nobodys_signs_nobody_in(rig: Any) -> None:
    for body in (b"", b"key=", b"key=nonsense", b"other=1", b"\xff\xfe", b"key=" + b"x" * 5_000):
        answer = rig.anyone.post("/sign-in", content=body)
        assert answer.status_code in {400, 401, 413}
        assert "set-cookie" not in answer.headers


def test_the_cookie_goes_over_https_alone_where_there_is_https(tmp_path: Any, rig: Any) -> None:
    from dataclasses import replace

    assert "Secure" not in rig.anyone.post("/sign-in", data={"key": rig.keys["owner"]}).headers["set-cookie"]
    rig.app.state.host = replace(rig.host, url="https://tokens.example")
    assert "Secure" in rig.anyone.post("/sign-in", data={"key": rig.keys["owner"]}).headers["set-cookie"]
