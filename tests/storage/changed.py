"""A recipe with places of it changed, to see that what a guard keeps is noticed without it."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Final

__all__ = ["RECIPES", "without"]

RECIPES: Final = Path(__file__).parents[2] / "examples" / "storage"


def without(recipe: str, *changes: tuple[str, str]) -> ModuleType:
    """The recipe, with something else in each place that is named; each is there once."""
    path = RECIPES / f"{recipe}.py"
    text = path.read_text(encoding="utf-8")
    for guard, instead in changes:
        assert text.count(guard) == 1, f"{guard!r} is there {text.count(guard)} times"
        text = text.replace(guard, instead)
    if recipe == "django_store":
        from tests.storage.django_place import forget_models

        forget_models()
    module = ModuleType(f"examples.storage.{recipe}")
    exec(compile(text, str(path), "exec"), vars(module))  # noqa: S102  # our own file, changed
    return module
