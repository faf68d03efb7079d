"""Names of people and companies: Chinese and Western order, and a form by which lists sort."""

import re
import unicodedata

from pypinyin import Style, lazy_pinyin

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_COMPOUND_SURNAMES = frozenset(
    [
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "长孙",
        "宇文",
        "司徒",
        "司空",
        "夏侯",
        "端木",
        "南宫",
        "西门",
        "独孤",
        "轩辕",
        "呼延",
        "闻人",
        "申屠",
        "太史",
        "淳于",
    ]
)


def is_chinese(text: str) -> bool:
    """True when the text holds a Han character."""
    return bool(_HAN.search(text))


def name_sort(name: str) -> str:
    """The form by which a name sorts beside Latin names: pinyin for Han characters, no accents, lower case.

    "华东精密" → "hua dong jing mi"; "Müller AG" → "muller ag". At most 400 characters.
    """
    spaced = _HAN.sub(lambda found: f" {lazy_pinyin(found.group(), style=Style.NORMAL)[0]} ", name)
    bare = "".join(mark for mark in unicodedata.normalize("NFKD", spaced) if not unicodedata.combining(mark))
    return " ".join(bare.casefold().split())[:400]


def full_name(family: str, given: str) -> str:
    """A person's name in its own order: 张三丰, Julia Brandt."""
    family, given = family.strip(), given.strip()
    if is_chinese(family + given):
        return family + given
    return f"{given} {family}".strip()


def split_name(name: str) -> tuple[str, str]:
    """(family, given) of a full name: 欧阳锋 → 欧阳, 锋; "Julia Brandt" and "Brandt, Julia" → Brandt, Julia."""
    name = " ".join(name.split())
    if is_chinese(name):
        if " " in name:
            family, _, given = name.partition(" ")
            return family, given
        size = 2 if name[:2] in _COMPOUND_SURNAMES and len(name) > 2 else 1
        return name[:size], name[size:]
    if "," in name:
        family, _, given = name.partition(",")
        return family.strip(), given.strip()
    given, _, family = name.rpartition(" ")
    return family, given
