"""Names of people and companies in any script: their parts, their core, how they are read and how they sort.

The one place that knows surnames, legal forms and pinyin: search, lists, forms and record linkage use it alike.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import lru_cache
from itertools import islice, product

from pypinyin import Style, lazy_pinyin, pinyin
from pypinyin.constants import PHRASES_DICT
from pypinyin.seg.mmseg import seg


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_NOT_WORD = re.compile(r"[\W_]+")
_BRACKETS = re.compile(r"\(.*?\)|\[.*?\]|【.*?】")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d"})
# Surnames that are read otherwise than the same character in a word.
_SURNAME_SOUNDS = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "区": "ou", "翟": "zhai", "朴": "piao", "盖": "ge", "任": "ren",
    "华": "hua", "乐": "yue", "尉迟": "yuchi", "万俟": "moqi", "长孙": "zhangsun", "覃": "qin", "缪": "miao", "黑": "he", "重": "chong",
}  # fmt: skip
_COMPOUND = _set(
    "欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 长孙 宇文 司徒 司空 夏侯 端木 南宫 西门 独孤 轩辕 呼延 闻人 申屠 太史 淳于 万俟"
)
_PINYIN_SURNAMES = _set(
    "wang li zhang liu chen yang zhao huang zhou wu xu sun hu zhu gao lin he guo ma luo liang song zheng xie han tang feng yu "
    "dong xiao cheng cao yuan deng fu shen zeng peng lu su jiang cai jia ding wei xue ye yan pan du dai xia zhong tian ren "
    "fan fang shi yao tan liao zou xiong jin hao kong bai cui kang mao qiu qin gu hou shao meng long wan duan qian yin ouyang "
    "sima zhuge"
)
# What may be one or more syllables of pinyin: "sanfeng", not "smith".
_SYLLABLES = re.compile(r"(?:(?:[zcs]h?|[bpmfdtnlgkhjqxryw])?(?:[aeiouü]{1,4}|er)(?:ng?)?)+")
_HAN_TITLE = re.compile(r"(?:先生|女士|小姐|经理|博士|教授)$")
_HAN_LEGAL = re.compile(r"(?:股份|集团|控股|有限|责任|合伙|企业|公司|工厂|厂)+$")
_LEGAL = _set(
    "gmbh mbh ag kg kgaa ohg ug ek ev se ltd limited llc llp lp inc incorporated corp corporation co company plc pte pty bv "
    "nv as ab oy oyj aps sa sas sarl srl spa sl slu group holding holdings kk"
)
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}|\b[a-z]/[a-z]\b")
# A reading counts when at least so many words of the dictionary, and this share of those with the character, have it.
_LEAST_WORDS, _LEAST_SHARE = 2, 0.05
MOST_READINGS = 4
_LONGEST_NAME = 40


def plain(text: str) -> str:
    """Lower case, no accents, full-width forms made narrow: "Müller ＡＧ" → "muller ag"."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    if folded.isascii():
        return folded.strip()
    bare = "".join(mark for mark in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(mark))
    return unicodedata.normalize("NFC", bare).strip()


def is_han(text: str) -> bool:
    """Whether the text holds a Chinese character."""
    return HAN.search(text) is not None


def latin(text: str) -> str:
    """Chinese characters spelt in pinyin without tones and spaces: "张三" → "zhangsan"."""
    return HAN.sub(lambda found: "".join(lazy_pinyin(found.group(), style=Style.NORMAL)), text)


def family_sound(family: str) -> str:
    """A Chinese family name as it is read in names: 单 → shan; others spelt as they stand."""
    return _SURNAME_SOUNDS.get(family) or latin(family)


def sort_form(name: str) -> str:
    """The form by which a name sorts beside Latin names: pinyin for Chinese characters, no accents, lower case.

    "华东精密" → "hua dong jing mi"; "Müller AG" → "muller ag". At most 400 characters.
    """
    if name.isascii():
        return " ".join(name.lower().split())[:400]
    spaced = HAN.sub(lambda found: f" {' '.join(map(_spelt, seg.cut(found.group())))} ", name)
    if spaced.isascii():
        return " ".join(spaced.lower().split())[:400]
    bare = "".join(mark for mark in unicodedata.normalize("NFKD", spaced) if not unicodedata.combining(mark))
    return " ".join(bare.casefold().split())[:400]


@lru_cache(maxsize=100_000)
def _spelt(word: str) -> str:
    """One word as it is said. Cutting text into words costs little, spelling a word much, and words come again and again."""
    return " ".join(lazy_pinyin(word, style=Style.NORMAL))


def person_sort_form(family: str, given: str) -> str:
    """The form by which a person sorts, family name first and read as a family name: 单, 晓东 → "shan xiao dong"."""
    return sort_form(f"{_SURNAME_SOUNDS.get(family.strip(), family)} {given}")


def full_name(family: str, given: str) -> str:
    """A person's name in its own order: 张三丰, Julia Brandt."""
    family, given = family.strip(), given.strip()
    if is_han(family + given):
        return family + given
    return f"{given} {family}".strip()


def split_name(name: str) -> tuple[str, str]:
    """(family, given) of a full name, written as it was: 欧阳锋先生 → 欧阳, 锋; "Julia Brandt" and "Brandt, Julia" →
    Brandt, Julia; "Zhang Sanfeng" → Zhang, Sanfeng."""
    name = " ".join(name.replace("，", ",").split())
    if is_han(name):
        return _split_han(" ".join(_HAN_TITLE.sub("", name).replace(",", " ").replace("·", "").split()))
    if "," in name:
        family, _, given = name.partition(",")
        return family.strip(), given.strip()
    words = name.split()
    if len(words) > 1 and _family_first([plain(word) for word in words]):
        return words[0], " ".join(words[1:])
    return (words[-1], " ".join(words[:-1])) if words else ("", "")


def _split_han(name: str) -> tuple[str, str]:
    if " " in name:
        family, _, given = name.partition(" ")
        return family, given
    size = 2 if name[:2] in _COMPOUND and len(name) > 2 else 1
    return name[:size], name[size:]


def _family_first(words: list[str]) -> bool:
    """A name in pinyin with its family name first, as Chinese people write it: zhang sanfeng."""
    spelt = all(_SYLLABLES.fullmatch(word) for word in words[1:])
    return spelt and words[0] in _PINYIN_SURNAMES and words[-1] not in _PINYIN_SURNAMES


def company_core(name: str) -> str:
    """A company's name without legal form, place in brackets, spaces and case: "Hartmann GmbH & Co. KG" → hartmann."""
    bare = _BRACKETS.sub(" ", plain(name))
    bare = _DOTTED.sub(lambda found: re.sub(r"[./]", "", found.group()), bare)
    words = [part for part in _NOT_WORD.split(bare) if part]
    while len(words) > 1 and words[-1] in _LEGAL:
        words.pop()
    if len(words) > 1 and words[0] == "the":
        words.pop(0)
    joined = "".join(words)
    return _HAN_LEGAL.sub("", joined) or joined


def readings(han: str) -> list[tuple[str, ...]]:
    """How Chinese characters may be read, the likeliest way first, a tuple of syllables each; at most `MOST_READINGS`.

    A word of the dictionary is read as it says (银行 → yin hang); any other character in each way that is usual
    (伺服 → ci fu, si fu), and one that begins a name also as a family name (单 → dan, shan). Long texts are read in one way.
    """
    if not han:
        return []
    if len(han) > _LONGEST_NAME:
        return [tuple(lazy_pinyin(han, style=Style.NORMAL))]
    said: list[list[str]] = pinyin(han, style=Style.NORMAL, heteronym=True)
    choices = [
        [each[0], *(one for one in each[1:] if one in _usual(char))] if len(each) > 1 else each
        for char, each in zip(han, said, strict=False)
    ]
    surname = _SURNAME_SOUNDS.get(han[0])
    if surname and surname not in choices[0]:
        choices[0] = [*choices[0], surname]
    return list(islice(product(*choices), MOST_READINGS))


@lru_cache(maxsize=20_000)
def _usual(char: str) -> frozenset[str]:
    counts = _sounds_in_words().get(char, {})
    least = max(_LEAST_WORDS, _LEAST_SHARE * sum(counts.values()))
    return frozenset(sound for sound, count in counts.items() if count >= least)


@lru_cache(maxsize=1)
def _sounds_in_words() -> Mapping[str, Mapping[str, int]]:
    """For each character that is read in several ways, how many words of the dictionary have it in which."""
    toned: dict[str, Counter[str]] = defaultdict(Counter)
    for word, said in PHRASES_DICT.items():
        for char, sounds in zip(word, said, strict=False):
            toned[char][sounds[0]] += 1
    found: dict[str, Counter[str]] = {}
    for char, each in toned.items():
        if len(each) > 1:
            bare: Counter[str] = Counter()
            for sound, count in each.items():
                bare["".join(mark for mark in unicodedata.normalize("NFD", sound) if mark.isascii())] += count
            found[char] = bare
    return found
