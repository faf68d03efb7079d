"""The port by which rooms give their facts to the warehouse: one SELECT each, nothing of the warehouse itself.

    EXTRACTS.register("sales", lambda: (Extract("transactions", by="day", columns={...}, rows="SELECT …"),))

The SELECT runs inside the tenant's transaction, so that row-level security holds. It gives the columns by name, and `print`: a number that
is another one as soon as the database row behind the line has changed (`row_print`). The warehouse sums these numbers by partition and reads
again what does not agree: late corrections, deleted and erased rows need no mark that somebody could forget to set.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from guanxi.core.ports import Port

TYPES = ("text", "number", "whole", "day", "moment", "flag")


@dataclass(frozen=True)
class Extract:
    """One fact of the warehouse.

    columns   name → type: text (also keys), number (double; money in the company's currency), whole, day (in the company's time zone), moment (UTC), flag
    by        the column that decides about the partition: a day gives one for each month, a key one for each of some buckets
    rows      the SELECT; it may use %(tenant)s, %(currency)s (the company's), %(zone)s
    """

    name: str
    columns: Mapping[str, str]
    by: str
    rows: str


class OfferExtracts(Protocol):
    """Tells the facts of a room."""

    def __call__(self) -> Iterable[Extract]:
        """Constants: no query."""


def row_print(*aliases: str) -> str:
    """SQL: a number of the versions of the rows that a line is made of; `aliases` name tables with an `id`."""
    each = (f"coalesce(uuid_hash_extended({name}.id, {name}.xmin::text::bigint), 0)" for name in aliases)
    return f"({' # '.join(each)})"


def in_company(amount: str, currency: str, day: str) -> str:
    """SQL: ten-thousandths of an amount in `currency` as units of the company's currency at the rate of the day; null where none is known."""
    rate = f"(SELECT x.rate FROM core_exchangerate x WHERE x.currency = {currency} AND x.day <= {day} ORDER BY x.day DESC LIMIT 1)"
    known = f"CASE WHEN {currency} = '' OR {currency} = %(currency)s THEN 1.0 ELSE {rate}::double precision END"
    return f"({amount}::double precision / 10000 * {known})"


EXTRACTS: Port[OfferExtracts] = Port("extracts")
