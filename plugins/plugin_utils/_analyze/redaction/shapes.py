# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts that differ in numbers alone are redacted alike: how is found out once for all of them, and then the numbers are inserted."""

from __future__ import annotations

import itertools
import re
import typing as t
from collections import Counter

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction import decoding, syntax
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.fields import Kind
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.free_text import FreeText

_SLOT = "\0"
_SLOTS = re.compile("\0+")
_RUN = re.compile("[A-Za-z0-9+/_\0-]{6,}")
_LIMIT = 4 << 20
"""Characters of the shapes that are remembered."""
_LONGEST = 10_000
_TEXTS = 1000
_LONG = 200
"""Characters of the shortest text that is remembered as it is: most are stack traces, which occur again and again."""
_NUMBERS = 20
"""A text with more numbers is remembered as it is."""
_TRIED = 1000

Redact = t.Callable[[FreeText, str], str]


class Recipe(t.NamedTuple):
    """How the texts of a shape are redacted."""

    parts: t.Sequence[str | int] | None
    """Texts, and between them indices of numbers: of one that is replaced by its token, the complement of the index.
    None are texts in which nothing is replaced.
    """
    counts: Counter[str]
    runs: t.Sequence[str] | None
    """What is encoded in base64 in these texts, if the numbers may be part of it."""


class Shapes:
    """Redacts texts with a function, and remembers how, for the shapes that occur more than once."""

    def __init__(self, text: FreeText, redact: Redact) -> None:
        self._text, self._redact = text, redact
        self._trial = text.with_table(None)
        self._recipes: dict[str, Recipe | None] = {}
        self._texts: dict[str, Recipe] = {}
        self._once: set[str] = set()
        self._size = 0

    def redact(self, text: str) -> str:
        """Return a redacted text."""
        # In what decoding changes, a number may become part of something else.
        is_changed = decoding.is_encoded(text) and decoding.decoded(text) != text
        if is_changed or len(text) > _LONGEST or _SLOT in text:
            return self._redact(self._text, text)
        recipe = self._texts.get(text) if len(text) > _LONG else None
        if recipe is not None:
            return self._followed(recipe, text, ())
        parts = syntax.SEPARATE.split(text)
        numbers = []
        for index in range(1, len(parts), 2) if len(parts) < 2 * _NUMBERS else ():
            if not self._text.is_known_number(parts[index]):
                numbers.append(parts[index])
                parts[index] = _SLOT * len(parts[index])
        shape = "".join(parts)
        recipe = self._recipes.get(shape)
        if recipe is None:
            recipe = self._recipe_of(shape, numbers)
        if recipe is None or (recipe.runs is not None and recipe.runs != _runs(text)):
            return self._redact(self._text, text)
        result = self._followed(recipe, text, numbers)
        if len(text) > _LONG:
            if len(self._texts) > _TEXTS:
                self._texts.clear()
            self._texts[text] = recipe._replace(parts=None if result == text else (result,))
        return result

    def _followed(self, recipe: Recipe, text: str, numbers: t.Sequence[str]) -> str:
        if recipe.counts:
            self._text.counts.update(recipe.counts)
        return text if recipe.parts is None else _filled(recipe.parts, numbers, self._text)

    def _recipe_of(self, shape: str, numbers: t.Sequence[str]) -> Recipe | None:
        """Return how the texts of a shape are redacted; None if it is too early to tell, or not the same for all of them."""
        if shape in self._recipes:
            return None
        if self._size > _LIMIT:
            self._recipes.clear()
            self._once.clear()
            self._size = 0
        if shape not in self._once:
            self._once.add(shape)
            self._size += len(shape)
            return None
        self._once.remove(shape)
        recipe = self._recipes[shape] = self._tried(shape, list(map(len, numbers)))
        return recipe

    def _tried(self, shape: str, lengths: t.Sequence[int]) -> Recipe | None:
        """Redact two texts of a shape, with numbers that are not in it; None if the results differ in more than these numbers."""
        numbers = self._unused(shape, [*lengths, *lengths])
        if len(numbers) < 2 * len(lengths):
            return None
        chosen = numbers[: len(lengths)], numbers[len(lengths) :]
        literals = _SLOTS.split(shape)
        texts = ["".join(_alternating(literals, each)) for each in chosen]
        counts = self._trial.counts = Counter()
        first = self._redact(self._trial, texts[0])
        self._trial.counts = Counter()
        parts = self._parts(first, chosen[0])
        runs = _runs(texts[0]) if _may_be_base64(shape) else None
        is_alike = _filled(parts, chosen[1], self._trial) == self._redact(self._trial, texts[1])
        if not is_alike or (runs is not None and runs != _runs(texts[1])):
            return None
        return Recipe(None if first == texts[0] else parts, counts, runs)

    def _unused(self, shape: str, lengths: t.Sequence[int]) -> list[str]:
        """Return different numbers of these lengths that are not in a text and not known, as far as there are any."""
        candidates = {length: self._candidates(shape, length) for length in lengths}
        found = (next(candidates[length], None) for length in lengths)
        return [each for each in found if each]

    def _candidates(self, shape: str, length: int) -> t.Iterator[str]:
        for number in itertools.islice(range(10**length - 1, 10 ** (length - 1) - 1, -1), _TRIED):
            if str(number) not in shape and not self._text.is_known_number(str(number)):
                yield str(number)

    def _parts(self, result: str, numbers: t.Sequence[str]) -> list[str | int]:
        """Return a redacted text without the numbers and their tokens."""
        tokens = {self._trial.token(Kind.ID, number): ~index for index, number in enumerate(numbers)}
        indices: dict[str, int] = {number: index for index, number in enumerate(numbers)}
        found = re.split(f"({'|'.join(map(re.escape, tokens))})", result) if tokens else [result]
        pieces = [piece for each in found for piece in ([each] if each in tokens else syntax.SEPARATE.split(each))]
        return [indices.get(piece, tokens.get(piece, piece)) for piece in pieces]


def _filled(parts: t.Sequence[str | int], numbers: t.Sequence[str], text: FreeText) -> str:
    if not numbers:
        return "".join(t.cast("t.Sequence[str]", parts))
    return "".join(
        [
            part if isinstance(part, str) else numbers[part] if part >= 0 else text.token(Kind.ID, numbers[~part])
            for part in parts
        ]
    )


def _alternating(literals: t.Sequence[str], numbers: t.Sequence[str]) -> t.Iterator[str]:
    for literal, number in zip(literals, [*numbers, ""], strict=True):
        yield literal
        yield number


def _may_be_base64(shape: str) -> bool:
    """Return whether numbers of a shape may be a part of something that is encoded in base64."""
    runs = [run for run in _RUN.findall(shape) if _SLOT in run]
    return any(run[0] not in decoding.NO_TEXT or _SLOT * 6 in run for run in runs)


def _runs(text: str) -> list[str]:
    return [content for dummy, dummy, content in decoding.base64_runs(text)]
