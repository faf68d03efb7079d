"""Comparable forms: across scripts, legal forms, ways of writing dates and phones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.science.linkage import normal
from guanxi.science.linkage.headers import role_of
from guanxi.science.linkage.normal import Form


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("张三", ("三", "张")),
        ("张 三", ("三", "张")),
        ("欧阳锋先生", ("锋", "欧阳")),
        ("Zhang San", ("san", "zhang")),
        ("Zhang Sanfeng", ("sanfeng", "zhang")),
        ("ZHANG, san", ("san", "zhang")),
        ("Dr. Julia Brandt", ("julia", "brandt")),
        ("Brandt, Julia", ("julia", "brandt")),
        ("Mr.", ("", "")),
        ("", ("", "")),
    ],
)
def test_full_names(name: str, parts: tuple[str, str]) -> None:
    assert normal.split_name(name) == parts


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("华东精密有限公司", Form("华东精密", "huadongjingmi")),
        ("华东精密（上海）股份有限公司", Form("华东精密", "huadongjingmi")),
        ("Hua Dong Jing Mi Co., Ltd.", Form("huadongjingmi", "huadongjingmi")),
        ("Hartmann Automation GmbH & Co. KG", Form("hartmannautomation", "hartmannautomation")),
        ("HARTMANN AUTOMATION", Form("hartmannautomation", "hartmannautomation")),
        ("The Acme Corporation", Form("acme", "acme")),
        ("Vries B.V.", Form("vries", "vries")),
        ("Bygg A/S", Form("bygg", "bygg")),
        ("Limited", Form("limited", "limited")),
        ("Müller ＡＧ", Form("muller", "muller")),
        ("", Form("", "")),
    ],
)
def test_companies(name: str, form: Form) -> None:
    assert normal.company(name) == form


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("1990-03-02", "19900302"),
        ("19900302", "19900302"),
        ("1990年3月2日", "19900302"),
        ("2.3.1990", "19900302"),
        ("1990-25-03", "19900325"),
        ("1990-02-31", ""),
        ("1990", ""),
        ("", ""),
    ],
)
def test_dates(text: str, digits: str) -> None:
    assert normal.birth_date(text).key == digits


def test_dates_with_the_month_first() -> None:
    assert normal.birth_date("3/2/1990", day_first=False).key == "19900302"
    assert normal.birth_date("3/2/1990", day_first=True).key == "19900203"


def test_phones_without_prefixes() -> None:
    numbers = ["+86 138 0013 8000", "13800138000", "008613800138000", "(138) 0013-8000"]
    assert {normal.phone(number).key for number in numbers} == {"800138000"}
    assert normal.phone("+49 30 1234567").key == normal.phone("030/1234567").key == "301234567"
    assert normal.phone("12") == Form("", "")


def test_cities_streets_sites_and_mails() -> None:
    assert normal.word("上海市") == Form("上海", "shanghai")
    assert normal.word("St. Gallen").key == normal.word("st gallen").key == "stgallen"
    assert normal.street("12 High Street").key == normal.street("12, high st.").key == "12highst"
    assert normal.website("https://www.Acme.example/about").key == "acme.example"
    assert normal.email(" <Ada@Acme.example> ").key == "ada@acme.example"


def test_surnames_are_read_as_names() -> None:
    assert normal.family_name("单") == Form("单", "shan")
    assert normal.family_name("Müller") == Form("muller", "muller")


@given(st.text(max_size=40))
def test_forms_are_stable(text: str) -> None:
    """What was made comparable once is not changed by doing it again."""
    assert normal.plain(normal.plain(text)) == normal.plain(text)
    assert normal.word(normal.word(text).text) == normal.word(text)


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("first_name", "given"), ("Surname", "family"), ("Last Name", "family"), ("姓名", "name"), ("dob", "birth_date"), ("出生日期", "birth_date"),
        ("城市", "city"), ("E-Mail", "email"), ("手机", "phone"), ("公司名称", "company"), ("名称", "name"), ("cluster", ""), ("unique_id", ""), ("", ""),
    ],
)  # fmt: skip
def test_headers(header: str, role: str) -> None:
    assert role_of(header) == role


def test_a_name_in_a_list_of_companies_is_the_companys() -> None:
    assert role_of("name", companies=True) == role_of("名称", companies=True) == "company"
    assert role_of("city", companies=True) == "city"
