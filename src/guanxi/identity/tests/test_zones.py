"""Where a company of a country keeps its time."""

from zoneinfo import ZoneInfo

import pytest

from guanxi.identity.choices import country_choices
from guanxi.identity.zones import zone_of_country


@pytest.mark.parametrize(
    ("country", "zone"),
    [
        ("CN", "Asia/Shanghai"), ("DE", "Europe/Berlin"), ("US", "America/New_York"), ("GB", "Europe/London"), ("AU", "Australia/Sydney"),
        ("RU", "Europe/Moscow"), ("XX", "Asia/Shanghai"), ("", "Asia/Shanghai"),
    ],
)  # fmt: skip
def test_the_zone_in_which_most_people_live(country: str, zone: str) -> None:
    assert zone_of_country(country) == zone


def test_every_country_one_can_choose_has_a_zone_that_exists() -> None:
    assert [code for code, _name in country_choices() if not ZoneInfo(zone_of_country(code)).key] == []
