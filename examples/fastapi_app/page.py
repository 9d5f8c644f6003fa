"""The page: bars drawn from what the wallet's view says. Whatever comes from a person is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from examples.fastapi_app.accounts import User
from examples.fastapi_app.plans import Pack, Upgrade
from tokenpurse import Movement, View
from tokenpurse.buckets import Bucket
from tokenpurse.errors import PurseError
from tokenpurse.notices import Charge

WIDTH = 400
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-bottom: .3rem } form { display: inline }
table { border-collapse: collapse } td, th { padding: .1rem .8rem .1rem 0; text-align: left; white-space: nowrap }
td.n { text-align: right; font-variant-numeric: tabular-nums } .warn { color: #a00 }
svg { vertical-align: middle } .size { fill: #e3e3e8 } .used { fill: #3b6fd4 } .held { fill: #9dbaf0 }
"""
SIGN_OUT = '<form method="post" action="/sign-out"><button>Sign out</button></form>'


def bar(label: str, used: int, held: int, size: int) -> str:
    """Draw how much of a size is used and held, cut off where it is full. Whole pixels; no size, no bar."""
    full = size or 1
    end, start = (min(WIDTH, part * WIDTH // full) for part in (used, max(0, used - held)))
    parts = [("size", 0, WIDTH), ("used", 0, start), ("held", start, end - start)]
    drawn = "".join(f'<rect class="{name}" x="{x}" y="0" width="{wide}" height="14"/>' for name, x, wide in parts)
    said = f"{label}: {used:,} of {size:,}"
    return f'<svg role="img" width="{WIDTH}" height="14" aria-label="{escape(said)}">{drawn}</svg>'


def wallet_page(
    user: User, view: View, recent: Iterable[Movement], prices: dict[str, Pack | Upgrade], nonce: str
) -> str:
    """Write a user's page. What the user may not do is not offered here, and refused elsewhere if asked for."""
    gauge = view.gauge()
    resets = view.next_reset()
    parts = [
        f"<h1>{escape(user.wallet)}, plan {escape(view.plan.name)}</h1>",
        f"<p>Signed in as {escape(user.name)}, {escape(user.role)}. {SIGN_OUT}</p>",
        *(f'<p class="warn" role="status">{escape(name)}</p>' for name in view.alerts()),
        '<p class="warn" role="status">frozen</p>' if view.frozen else "",
        f'<section id="gauge"><h2>This period</h2>{bar("used", int(gauge.used), int(view.held()), int(gauge.size))}',
        f" <b>{escape(str(gauge))}</b>",
        f"<p>until {resets:%d %B %Y, %H:%M} UTC</p></section>" if resets else "</section>",
        _buckets(view.buckets()),
        _budgets(user, view),
        f'<p id="debt" class="warn">{view.debt():,} tokens are owed.</p>' if view.debt() else "",
        _pending(user, view),
        _sold(user, view, prices),
        _movements(recent),
    ]
    return _document("tokens", nonce, "\n".join(parts))


def sign_in_page(nonce: str) -> str:
    """Ask for the key."""
    field = '<label>Key <input name="key" type="password" autocomplete="current-password" required></label>'
    return _document("sign in", nonce, f'<form method="post" action="/sign-in">{field} <button>Sign in</button></form>')


def checkout_page(order: str, text: str, nonce: str) -> str:
    """Stand in for the provider's checkout."""
    button = f'<form method="post" action="/local/{escape(order)}"><button id="pay">Pay {escape(text)}</button></form>'
    return _document("checkout", nonce, f"<h1>A checkout that takes no money</h1>{button}")


def _buckets(buckets: Iterable[Bucket]) -> str:
    rows = []
    for each in buckets:
        ends = f"{each.expires:%d %b %Y}" if each.expires else "never"
        size, held = int(each.opening), int(each.held)
        drawn = bar(each.kind, int(each.used), held, size)
        kind = escape(each.kind)
        rows.append(
            f'<tr class="bucket" data-kind="{kind}"><td>{kind}</td><td>{drawn}</td>'
            f'<td class="n">{each.left:,}</td><td>{ends}</td></tr>'
        )
    head = "<tr><th></th><th>used</th><th>left</th><th>ends</th></tr>"
    return f'<section id="buckets"><h2>What there is</h2><table>{head}{"".join(rows)}</table></section>'


def _budgets(user: User, view: View) -> str:
    rows = []
    for each in view.limits({"member": user.id}):
        drawn = "" if each.cap is None else bar("budget", int(each.used), 0, int(each.cap))
        rows.append(f'<p class="limit">your use {drawn} <b>{escape(str(each))}</b></p>')
    return f'<section id="limits"><h2>Limits</h2>{"".join(rows)}</section>' if rows else ""


def _pending(user: User, view: View) -> str:
    rows = []
    for each in view.pending():
        way = ""
        if user.role == "owner" and not isinstance(each, Charge):
            way = f' <form method="post" action="/pay-now">{_hidden("request", each.id)}<button>Pay</button></form>'
        rows.append(f"<li>{escape(str(each))}{way}</li>")
    return f'<section id="pending"><h2>To be paid</h2><ul>{"".join(rows)}</ul></section>' if rows else ""


def _sold(user: User, view: View, prices: dict[str, Pack | Upgrade]) -> str:
    if user.role != "owner":
        return ""
    rows = []
    for price, sold in prices.items():
        if isinstance(sold, Pack):
            try:
                text = f"{sold.amount:,} tokens for {view.price_of(sold.offer, sold.amount)}"
            except PurseError:  # not on this plan, not now
                continue
        elif sold.plan == view.plan.name:
            continue
        else:
            text = f"plan {sold.plan}"
        rows.append(
            f'<form method="post" action="/buy-now">{_hidden("price", price)}<button>Buy {escape(text)}</button></form>'
        )
    return f'<section id="sold"><h2>Buy</h2>{" ".join(rows)}</section>'


def _movements(recent: Iterable[Movement]) -> str:
    rows = [
        f"<tr><td>{each.at:%d %b %H:%M}</td><td>{escape(each.what)}</td><td>{escape(each.ref or '')}</td>"
        f'<td class="n">{each.amount:+,}</td><td class="n">{each.balance:,}</td></tr>'
        for each in recent
    ]
    return f'<section id="movements"><h2>Lately</h2><table>{"".join(rows)}</table></section>'


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{escape(value)}">'


def _document(title: str, nonce: str, body: str) -> str:
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style nonce="{nonce}">{STYLE}</style>'
    view = '<meta name="viewport" content="width=device-width">'
    return f'<!doctype html><html lang="en"><head>{head}{view}</head><body>\n{body}\n</body></html>'
