"""What a proof says: its figures, and what was found wrong."""

from __future__ import annotations

from typing import Any

__all__ = ["Report"]


class Report:
    """The outcome of one proof.

    Attributes:
        what: was tried.
        figures: by their names.
        complaints: nothing is wrong where there are none.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self.figures: dict[str, Any] = {}
        self.complaints: list[str] = []

    def check(self, holds: object, otherwise: str) -> None:
        """Complain unless something holds."""
        if not holds:
            self.complain(otherwise)

    def complain(self, what: str) -> None:
        """Remember what is wrong."""
        self.complaints.append(what)

    def __str__(self) -> str:
        figures = ", ".join(f"{name} {value}" for name, value in self.figures.items())
        verdict = f"FAILED, {len(self.complaints)} complaints" if self.complaints else "ok"
        return "\n".join([f"{self.what}: {verdict}; {figures}", *(f"    {each}" for each in self.complaints[:5])])
