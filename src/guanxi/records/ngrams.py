"""Normalised text and character n-grams for finding a part of a name in any script.

Chinese runs give single characters and pairs (trigrams find nothing for two Chinese characters); Latin words and
digits give trigrams, and prefixes for the first two letters. Chinese text also gives its pinyin, in full and as initials.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import zip_longest

from pypinyin import Style, lazy_pinyin
from pypinyin import pinyin as all_pinyin

from guanxi.science.names import readings

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_WORD = re.compile(r"[^\W\u3400-\u9fff\uf900-\ufaff_]+")
_SPACE = re.compile(r"\s+")
MAX_LENGTH = 400


def normalise(text: str) -> str:
    """Lower case, compatibility forms folded, accents dropped, blanks collapsed."""
    folded = unicodedata.normalize("NFKD", text[:MAX_LENGTH]).casefold()
    bare = "".join(char for char in folded if not unicodedata.combining(char))
    return _SPACE.sub(" ", bare).strip()


@lru_cache(maxsize=20_000)
def pinyin(text: str) -> tuple[str, ...]:
    """Pinyin without tones and blanks, in full and as initials, for each usual reading: 华东精密 → (huadongjingmi, hdjm)."""
    spoken: list[str] = []
    for said in readings("".join(_HAN.findall(text))):
        spoken += ["".join(said), "".join(syllable[0] for syllable in said)]
    return tuple(dict.fromkeys(spoken))


def syllables(han: str, initials: str = "") -> list[str]:
    """Chinese characters as they are said, with tones: 华东 → [huá, dōng]; read so that they begin with `initials` if they can."""
    said = [str(syllable) for syllable in lazy_pinyin(han, style=Style.TONE)]
    return [
        next((other for other in all_pinyin(char, style=Style.TONE, heteronym=True)[0] if normalise(other[0]) == letter), one)
        if letter and normalise(one[0]) != letter else one
        for char, one, letter in zip_longest(han, said, initials[: len(said)], fillvalue="")
    ]  # fmt: skip


def search_text(text: str, *, phonetic: bool = True) -> str:
    """What a query is compared with: the normalised text, then pinyin in full and initials, a line each."""
    norm = normalise(text)
    lines = [norm, *pinyin(norm)] if phonetic else [norm]
    digits = re.sub(r"\D", "", norm)
    if len(digits) >= 4 and digits != norm:
        lines.append(digits)
    return "\n".join(lines)


def grams(norm: str) -> set[str]:
    """The n-grams that an entry is indexed under."""
    found: set[str] = set()
    for run in _HAN.findall(norm):
        found.update(run)
        found.update(run[start : start + 2] for start in range(len(run) - 1))
    for word in _WORD.findall(norm):
        found.update((f"^{word[0]}", f"^{word[:2]}"))
        found.update(word[start : start + 3] for start in range(len(word) - 2))
    return found


def query_grams(norm: str) -> set[str]:
    """The n-grams that an entry must have to contain the query; empty when nothing can be looked up."""
    found: set[str] = set()
    for run in _HAN.findall(norm):
        found.update({run} if len(run) == 1 else {run[start : start + 2] for start in range(len(run) - 1)})
    for word in _WORD.findall(norm):
        found.update({f"^{word}"} if len(word) < 3 else {word[start : start + 3] for start in range(len(word) - 2)})
    return found
