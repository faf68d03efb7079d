"""Names in both orders, and numbers in comparable forms."""

import pytest

from guanxi.customers.reach import email_norm, phone_display, phone_e164
from guanxi.science.names import full_name, sort_form, split_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("华东精密", "hua dong jing mi"),
        ("Müller AG", "muller ag"),
        ("ACME 中国", "acme zhong guo"),
        ("", ""),
        ("  ÉCOLE  Ω ", "ecole ω"),
    ],
)
def test_sort_form(name: str, expected: str) -> None:
    assert sort_form(name) == expected


def test_sort_form_is_cut() -> None:
    assert len(sort_form("精" * 200)) == 400


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("张三丰", ("张", "三丰")),
        ("欧阳锋", ("欧阳", "锋")),
        ("欧阳", ("欧", "阳")),
        ("诸葛 亮", ("诸葛", "亮")),
        ("Julia Brandt", ("Brandt", "Julia")),
        ("Brandt, Julia", ("Brandt", "Julia")),
        ("Anna Maria Keller", ("Keller", "Anna Maria")),
        ("Cher", ("Cher", "")),
    ],
)
def test_split_name(name: str, parts: tuple[str, str]) -> None:
    assert split_name(name) == parts


def test_full_name() -> None:
    assert full_name("张", "三丰") == "张三丰"
    assert full_name("Brandt", "Julia") == "Julia Brandt"
    assert full_name("Brandt", "") == "Brandt"


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("138 0013 8000", "CN", "+8613800138000"),
        ("010-6552 9988", "CN", "+861065529988"),
        ("+49 (711) 2345-678", "CN", "+497112345678"),
        ("0711 2345678", "DE", "+497112345678"),
        ("call me", "CN", ""),
        ("12", "CN", ""),
        ("", "CN", ""),
    ],
)
def test_phone_e164(text: str, region: str, expected: str) -> None:
    assert phone_e164(text, region) == expected


def test_phone_display() -> None:
    assert phone_display("+8613800138000", "CN") == "138 0013 8000"
    assert phone_display("+497112345678", "CN") == "+49 711 2345678"
    assert phone_display("ext. 12", "CN") == "ext. 12"


def test_email_norm() -> None:
    assert email_norm(" Julia.Brandt@Example.COM ") == "julia.brandt@example.com"
