"""Comparable forms of names, companies, addresses, phones and dates, in Latin letters whatever script they came in."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from pypinyin import Style, lazy_pinyin


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
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
_TITLES = frozenset(["mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau", "sir", "dame"])
_HAN_TITLE = re.compile(r"(?:先生|女士|小姐|经理|博士|教授)$")
_HAN_LEGAL = re.compile(r"(?:股份|集团|控股|有限|责任|合伙|企业|公司|工厂|厂)+$")
_LEGAL = _set(
    "gmbh mbh ag kg kgaa ohg ug ek ev se ltd limited llc llp lp inc incorporated corp corporation co company plc pte pty bv "
    "nv as ab oy oyj aps sa sas sarl srl spa sl slu group holding holdings kk"
)
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}|\b[a-z]/[a-z]\b")
_STREET_WORDS = {
    "street": "st",
    "road": "rd",
    "avenue": "ave",
    "strasse": "str",
    "drive": "dr",
    "lane": "ln",
    "place": "pl",
}
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True)
class Form:
    """A value made comparable: `text` decides equality within a script, `key` (Latin letters) across scripts."""

    text: str
    key: str


def plain(text: str) -> str:
    """Lower case, no accents, full-width forms made narrow: "Müller ＡＧ" → "muller ag"."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    if folded.isascii():
        return folded.strip()
    bare = "".join(mark for mark in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(mark))
    return unicodedata.normalize("NFC", bare).strip()


def is_han(text: str) -> bool:
    """Whether the text holds a Chinese character."""
    return _HAN.search(text) is not None


def latin(text: str) -> str:
    """Chinese characters spelt in pinyin without tones and spaces: "张三" → "zhangsan"."""
    return _HAN.sub(lambda found: "".join(lazy_pinyin(found.group(), style=Style.NORMAL)), text)


def word(text: str) -> Form:
    """One word without spaces and marks, such as a city: "St. Gallen" → stgallen, "上海市" → 上海, shanghai."""
    bare = _NOT_WORD.sub("", plain(text))
    if not is_han(bare):
        return Form(bare, bare)
    bare = bare[:-1] if len(bare) > 2 and bare.endswith("市") else bare
    return Form(bare, latin(bare))


def family_name(text: str) -> Form:
    """A family name; Chinese ones as they are read in names: 单 → shan."""
    form = word(text)
    return Form(form.text, _SURNAME_SOUNDS.get(form.text, form.key))


def split_name(text: str) -> tuple[str, str]:
    """(given, family) of a person's full name: 张三 → 三, 张; "ZHANG, san" → san, zhang; "Zhang Sanfeng" → sanfeng, zhang."""
    name = " ".join(plain(text).replace("，", ",").split())
    if is_han(name):
        joined = _HAN_TITLE.sub("", name.replace(" ", "").replace(",", "").replace("·", ""))
        size = 2 if joined[:2] in _COMPOUND and len(joined) > 2 else 1
        return joined[size:], joined[:size]
    if "," in name:
        family, _, given = name.partition(",")
        return given.strip(), family.strip()
    words = [part for part in name.split() if part.strip(".") not in _TITLES]
    if not words:
        return "", ""
    if len(words) > 1 and words[0] in _PINYIN_SURNAMES and words[-1] not in _PINYIN_SURNAMES:
        return " ".join(words[1:]), words[0]
    return " ".join(words[:-1]), words[-1]


def company(text: str) -> Form:
    """A company's name without its legal form: "Hartmann Automation GmbH & Co. KG" → hartmannautomation."""
    bare = _BRACKETS.sub(" ", plain(text))
    bare = _DOTTED.sub(lambda found: re.sub(r"[./]", "", found.group()), bare)
    words = [part for part in _NOT_WORD.split(bare) if part]
    while len(words) > 1 and words[-1] in _LEGAL:
        words.pop()
    if len(words) > 1 and words[0] == "the":
        words.pop(0)
    joined = "".join(words)
    joined = _HAN_LEGAL.sub("", joined) or joined
    return Form(joined, latin(joined))


def email(text: str) -> Form:
    """An address in lower case, without what mail programs put around it."""
    bare = plain(text).removeprefix("mailto:").strip(" <>;,")
    return Form(bare, bare)


def phone(text: str) -> Form:
    """The last nine digits of a number, which a country's or a trunk prefix does not change; short numbers whole."""
    digits = "".join(_DIGITS.findall(plain(text)))[-9:]
    return Form(digits, digits) if len(digits) >= 5 else Form("", "")


def number(text: str) -> Form:
    """Letters and digits of a number such as a tax number or a postcode."""
    bare = _NOT_WORD.sub("", plain(text))
    return Form(bare, bare)


def street(text: str) -> Form:
    """A street and house number in Latin letters, common words shortened."""
    spaced = _NOT_WORD.sub(" ", latin(plain(text))).split()
    bare = "".join(_STREET_WORDS.get(part, part) for part in spaced)
    return Form(bare, bare)


def website(text: str) -> Form:
    """The host of a web address without "www."."""
    host = re.sub(r"^[a-z]+://", "", plain(text)).split("/")[0].removeprefix("www.")
    return Form(host, host)


def birth_date(text: str, *, day_first: bool = True) -> Form:
    """Eight digits YYYYMMDD of a date in any usual writing; "" for what is none.

    1990-03-02, 19900302, 1990年3月2日, 2.3.1990, and 2/3/1990 or 3/2/1990 as `day_first` says.
    """
    parts = _DIGITS.findall(plain(text))
    if len(parts) == 1 and len(parts[0]) == 8:
        parts = [parts[0][:4], parts[0][4:6], parts[0][6:]]
    if len(parts) < 3:
        return Form("", "")
    first, second, third = parts[:3]
    if len(first) != 4 and len(third) == 4:
        first, second, third = (third, second, first) if day_first else (third, first, second)
    try:
        digits = date(int(first), int(second), int(third)).strftime("%Y%m%d")
    except ValueError:
        try:
            digits = date(int(first), int(third), int(second)).strftime("%Y%m%d")
        except ValueError:
            return Form("", "")
    return Form(digits, digits) if len(digits) == 8 else Form("", "")
