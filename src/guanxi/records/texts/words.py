"""The words under which a long text is found, and the query for them.

Latin words and numbers as they are, beginnings of words too when asked; Chinese by pairs of characters, because no dictionary knows every name.
"""

import re
import unicodedata

HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
WORD = re.compile(r"[^\W\u3400-\u9fff\uf900-\ufaff_]+")
SPACE = re.compile(r"\s+")
# What is longer is indexed up to here: some 200 pages.
LONGEST = 400_000
LONGEST_WORD = 40
MOST_WORDS = 30_000
MOST_ASKED = 12


def folded(text: str) -> str:
    """Lower case, compatibility forms folded, accents dropped."""
    norm = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in norm if not unicodedata.combining(char))


def words(text: str) -> list[str]:
    """The words of a text, each once."""
    found: dict[str, None] = {}
    bare = folded(text[:LONGEST])
    for run in HAN.findall(bare):
        found.update(dict.fromkeys(_pairs(run)))
        found[run[-1]] = None
    for word in WORD.findall(bare):
        if 1 < len(word) <= LONGEST_WORD:
            found[word] = None
        if len(found) >= MOST_WORDS:
            break
    return list(found)[:MOST_WORDS]


def query(text: str) -> str:
    """What PostgreSQL looks up, as a tsquery: all words, Latin ones also as beginnings; "" for too little to look up."""
    bare = folded(text)
    asked = [f"'{pair}'" for run in HAN.findall(bare) if len(run) > 1 for pair in _pairs(run)]
    latin = [word for word in WORD.findall(bare) if len(word) <= LONGEST_WORD]
    if not asked and not any(len(word) > 2 for word in latin):
        return ""
    asked += [f"'{word}':*" for word in latin if len(word) > 1]
    return " & ".join(dict.fromkeys(asked[:MOST_ASKED]))


def needle(text: str) -> str:
    """The part of what was typed by which the place in a text is found: its longest run."""
    runs = sorted([*HAN.findall(text), *WORD.findall(text)], key=len)
    return runs[-1] if runs else ""


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]
