"""Names of people and companies: Chinese and Western order, and a form by which lists sort."""

import re
import unicodedata

from pypinyin import Style, lazy_pinyin

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
# What a company's name may end in without being another company.
_LEGAL = re.compile(
    r"(?:股份|集团|控股|有限|责任|公司|工厂|厂)+$"
    r"|[\s,.]+(?:gmbh|ag|kg|ohg|ltd|limited|llc|inc|corp|corporation|co|company|plc|pte|pty|bv|nv|as|ab|oy|sa|sas|srl|spa|group|holding)\.?$"
)
LEAST_HAN, LEAST_LATIN = 2, 4
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


def company_core(name: str) -> str:
    """A company's name without legal form, spaces and case: "Hartmann Automation GmbH & Co. KG" → "hartmannautomation"."""
    bare = (
        name.casefold().replace("b.v.", "bv").replace("n.v.", "nv").replace("a/s", "as").replace("&", " ").strip(" .,")
    )
    bare = re.sub(r"[（(].*?[）)]", "", bare)
    while (shorter := _LEGAL.sub("", bare).strip(" .,")) != bare and shorter:
        bare = shorter
    return re.sub(r"[\W_]+", "", bare)


def same_company(name: str, typed: str) -> bool:
    """Whether `typed` may be the company `name`: the same core, or the beginning of it, long enough to tell anything."""
    core, wanted = company_core(name), company_core(typed)
    least = LEAST_HAN if is_chinese(wanted) else LEAST_LATIN
    return len(wanted) >= least and (core.startswith(wanted) or (len(core) >= least and wanted.startswith(core)))


def company_stem(name: str) -> str:
    """The beginning of a company's name by which to look for others like it; "" when it is too short to tell anything."""
    core = company_core(name)
    if is_chinese(core):
        return core[:4] if len(core) >= LEAST_HAN else ""
    words = [word for word in re.split(r"[\W_]+", name) if len(word) >= LEAST_LATIN]
    return words[0] if words else core if len(core) >= LEAST_LATIN else ""


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
