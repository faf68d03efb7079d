"""Normalised text and character n-grams for finding a part of a name in any script.

Chinese runs give single characters and pairs (trigrams find nothing for two Chinese characters); Latin words and
digits give trigrams, and prefixes for the first two letters. Chinese text also gives its pinyin, in full and as initials.
"""

import re
import unicodedata
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

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
def pinyin(text: str) -> tuple[str, str]:
    """Full pinyin without tones and blanks, and initials: 华东精密 → (huadongjingmi, hdjm)."""
    han = "".join(_HAN.findall(text))
    if not han:
        return "", ""
    syllables = lazy_pinyin(han, style=Style.NORMAL)
    return "".join(syllables), "".join(syllable[0] for syllable in syllables)


def syllables(han: str) -> list[str]:
    """Chinese characters as they are said, with tones: 华东 → [huá, dōng]."""
    return [str(syllable) for syllable in lazy_pinyin(han, style=Style.TONE)]


def search_text(text: str, *, phonetic: bool = True) -> str:
    """What a query is compared with: the normalised text, then pinyin in full and initials, a line each."""
    norm = normalise(text)
    lines = [norm, *(line for line in pinyin(norm) if line)] if phonetic else [norm]
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
