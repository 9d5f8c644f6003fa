"""Builds the pages as a site: `python -m sphinx docs site`, with the extra `docs`. GitHub shows them as they are."""

from importlib import metadata

project = "tokenpurse"
release = metadata.version("tokenpurse")
extensions = ["myst_parser"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"tokenpurse {release}"
