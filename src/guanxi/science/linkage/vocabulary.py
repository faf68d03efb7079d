"""The distinct values of a field, each made comparable once: a million rows have far fewer names than rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from guanxi.science.linkage.normal import Form, is_han
from guanxi.science.linkage.strings import Bags, Texts, bags
from guanxi.science.linkage.types import Codes, Flags


@dataclass(frozen=True)
class Vocabulary:
    """Distinct values: their form in Latin letters (`keys`), a number per distinct key (`key_ids`), which are Chinese."""

    keys: Texts
    key_ids: Codes
    han: Flags

    @cached_property
    def bags(self) -> Bags:
        """How often each letter occurs in each key."""
        return bags(self.keys)

    @cached_property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Letters of each key."""
        return np.fromiter((len(key) for key in self.keys), dtype=np.int64, count=len(self.keys))

    @cached_property
    def locals(self) -> Codes:
        """Of e-mail addresses: a number for what stands before the @, or -1 when it is too short to tell anybody by."""
        known: dict[str, int] = {}
        parts = (key.partition("@") for key in self.keys)
        numbers = (known.setdefault(part, len(known)) if at and len(part) >= 4 else -1 for part, at, _domain in parts)
        return np.fromiter(numbers, dtype=np.int32, count=len(self.keys))

    @cached_property
    def key_count(self) -> int:
        """How many distinct keys there are."""
        return int(self.key_ids.max()) + 1 if len(self.key_ids) else 0


@dataclass(frozen=True)
class Raw:
    """A column as it was read: its distinct texts, and for each row the number of its text."""

    texts: list[str]
    codes: Codes


def build(
    columns: Sequence[Raw], forms: Callable[[str], Form] | Sequence[Callable[[str], Form]]
) -> tuple[Vocabulary, list[Codes]]:
    """One vocabulary of several columns (a phone and a mobile, say), and for each column the codes of its rows.

    `forms` makes a value comparable: one function for all columns, or one for each. Values without a key have none.
    """
    each = [forms] * len(columns) if callable(forms) else forms
    places: dict[str, int] = {}
    keys: list[str] = []
    coded = []
    for column, form in zip(columns, each, strict=True):
        translation = np.empty(len(column.texts) + 1, dtype=np.int32)
        for number, text in enumerate(column.texts):
            value = form(text)
            code = places.setdefault(value.text, len(places)) if value.key else -1
            if code == len(keys):
                keys.append(value.key)
            translation[number] = code
        coded.append(translation[column.codes])
    return _vocabulary(places, keys), coded


def _vocabulary(places: dict[str, int], keys: list[str]) -> Vocabulary:
    numbers: dict[str, int] = {}
    key_ids = np.fromiter((numbers.setdefault(key, len(numbers)) for key in keys), dtype=np.int32, count=len(keys))
    han = np.fromiter((is_han(text) for text in places), dtype=np.bool_, count=len(places))
    texts = np.empty(len(keys), dtype=np.object_)
    texts[:] = keys
    return Vocabulary(texts, key_ids, han)
