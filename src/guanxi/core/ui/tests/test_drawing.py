import pytest

from guanxi.core.ui import drawing


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("华东精密机械有限公司", "华"),
        ("宁波海川电机有限公司", "海"),
        ("上海联拓半导体股份有限公司", "联"),
        ("上海", "上"),
        ("王建国", "王"),
        ("Hartmann Automation GmbH", "HA"),
        ("Bauer & Söhne KG", "BS"),
        ("Dr. Petra Keller", "DP"),
        ("ada", "AD"),
        ("", "?"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert drawing.initials(name) == letters


def test_a_seed_has_always_the_same_soft_colour() -> None:
    assert drawing.soft_tone("Hartmann Automation GmbH") == drawing.soft_tone("Hartmann Automation GmbH")
    assert {drawing.soft_tone(number) for number in range(40)} == set(drawing.SOFT_TONES)


def test_spark_points_fill_the_box() -> None:
    assert drawing.spark_points([1, 2, 3]) == "3.0,17.0 30.0,10.0 57.0,3.0"
    assert drawing.spark_points([5]) == "3.0,17.0"
    assert drawing.spark_points([]) == ""


@pytest.mark.parametrize(
    ("value", "whole", "width"), [(1, 4, 25.0), (9, 4, 100.0), (-1, 4, 0.0), (None, 4, 0.0), (1, 0, 0.0)]
)
def test_share_stays_between_nothing_and_all(value: float | None, whole: float, width: float) -> None:
    assert drawing.share(value, whole) == width


def test_the_network_is_the_same_every_time() -> None:
    assert drawing.network() == drawing.network()
    assert drawing.network().count("<circle") > 40


def test_an_icon_is_decoration_unless_it_is_named() -> None:
    assert 'aria-hidden="true"' in drawing.icon("phone")
    assert 'role="img" aria-label="&lt;Call&gt;"' in drawing.icon("phone", label="<Call>")
