"""The time zone that a company of a country begins with."""

from functools import cache
from importlib.resources import files

ELSEWHERE = "Asia/Shanghai"
# Where the table's first zone of a country is not that of most people in it.
_MOST_PEOPLE = {
    "AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CA": "America/Toronto", "ID": "Asia/Jakarta", "KZ": "Asia/Almaty",
    "MX": "America/Mexico_City", "RU": "Europe/Moscow", "UA": "Europe/Kyiv",
}  # fmt: skip


def zone_of_country(country: str) -> str:
    """The IANA zone in which most people of the country live (ISO 3166 code); ELSEWHERE for an unknown one."""
    return _MOST_PEOPLE.get(country) or _zones().get(country, ELSEWHERE)


@cache
def _zones() -> dict[str, str]:
    """The first zone of each country in the table that comes with the time zones."""
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]
    return {country: zone for country, _place, zone, *_note in reversed(rows)}
