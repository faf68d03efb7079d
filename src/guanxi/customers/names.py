"""Which companies are named alike. Parts, order and sorting of names are those of `science.names`."""

import re

from guanxi.science.names import company_core, is_han

LEAST_HAN, LEAST_LATIN = 2, 4


def same_company(name: str, typed: str) -> bool:
    """Whether `typed` may be the company `name`: the same core, or the beginning of it, long enough to tell anything."""
    core, wanted = company_core(name), company_core(typed)
    least = LEAST_HAN if is_han(wanted) else LEAST_LATIN
    return len(wanted) >= least and (core.startswith(wanted) or (len(core) >= least and wanted.startswith(core)))


def company_stem(name: str) -> str:
    """The beginning of a company's name by which to look for others like it; "" when it is too short to tell anything."""
    core = company_core(name)
    if is_han(core):
        return core[:4] if len(core) >= LEAST_HAN else ""
    words = [word for word in re.split(r"[\W_]+", name) if len(word) >= LEAST_LATIN]
    return words[0] if words else core if len(core) >= LEAST_LATIN else ""
