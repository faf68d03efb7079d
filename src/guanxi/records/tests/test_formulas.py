"""The language of formulas: reading, types, errors with their place; Python and PostgreSQL agree on everything."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.changes import create_record
from guanxi.records.custom import custom_fields_of_all
from guanxi.records.formulas.checking import Formula, check
from guanxi.records.formulas.compiling import joins, sql_of, stored_sql
from guanxi.records.formulas.evaluating import evaluate, stored
from guanxi.records.formulas.functions import Setting
from guanxi.records.formulas.syntax import FormulaError
from guanxi.records.own_fields import create_field

NOW = Setting("Asia/Shanghai", date(2026, 11, 19))
CHOICES = [{"label_en": "Gold", "value": "gold"}, {"label_en": "Silver", "value": "silver"}]
OWN = (("number", "rate"), ("date", "due"), ("datetime", "seen"), ("bool", "vip"), ("text", "note"))
ROWS: list[dict[str, Any]] = [
    {"name": "Ärger & Söhne", "employees": 7, "annual_revenue": "1234567.8912", "rate": "-2.5", "due": "2024-02-29",
     "seen": "2026-03-29T00:30:00Z", "vip": True, "note": "straße ÉCOLE ſ", "tier": "gold", "tags": ["vip", "north"]},
    {"name": "上海贸易", "employees": 0, "rate": "0.0001", "due": "0001-01-01", "seen": "1901-01-01T15:59:59Z", "note": "ΑΣ Ωμέγα i"},
    {"name": "Zed's \"100 %\" {0}", "annual_revenue": "-0.5", "rate": "99999999999999.9999", "due": "9999-12-31",
     "seen": "9999-12-31T23:00:00Z", "vip": False, "note": "12.50", "tier": "silver"},
    {"name": "  b  ", "employees": 2147483647, "rate": "3", "due": "2025-01-31", "note": "-7", "seen": "0001-01-01T00:00:00Z"},
]  # fmt: skip


def checked(text: str, object_name: str = "account", wanted: str = "") -> Formula:
    return check(registry.get(object_name), text, custom_fields_of_all(), wanted=wanted)


def make_rows(actor: Actor) -> list[Any]:
    for kind, name in OWN:
        create_field(actor, {"object": "account", "kind": kind, "label_en": name, "name": name})
    create_field(actor, {"object": "account", "kind": "choice", "label_en": "Tier", "name": "tier", "choices": CHOICES})
    made: list[Any] = []
    for values in ROWS:
        parent = {"parent": made[-1].id} if made else {}
        made.append(create_record(actor, "account", {**values, **parent}))
    model: Any = registry.get("account").model
    return [model.objects.get(id=row.id) for row in made]


def in_sql(formula: Formula, *, short: bool = False) -> dict[Any, Any]:
    value = sql_of(formula, NOW)
    value = stored_sql(formula.type, value) if short else value
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT t.id, {value} FROM customers_account t{joins([formula])} WHERE %s", [True])
        return dict(cursor.fetchall())


NUMBERS = ("rate", "annual_revenue", "employees", "parent.rate", "parent.employees")
TEXTS = ("name", "note", "tier", "parent.name", "parent.parent.note", "city")
DATES = ("due", "parent.due", "date(seen)", "today()")


SHAPES = {
    "number": (
        "(N + N)", "(N - N)", "(N * N)", "(N / N)", "-N", "round(N, N)", "round(N)", "floor(N)", "ceiling(N)", "abs(N)", "mod(N, N)",
        "min(N, N, N)", "max(N, N)", "if(B, N, N)", "coalesce(N, N)", "number(T)", "number(B)", "length(T)", "(D - D)", "year(D)", "month(D)",
        "day(D)", "weekday(D)", "days_between(D, D)", "months_between(D, D)", "switch(T, T, N, N)",
    ),
    "text": (
        "(T & T)", "concat(T, T, T)", "left(T, N)", "right(T, N)", "mid(T, N, N)", "upper(T)", "lower(T)", "trim(T)", "text(N)", "text(D)",
        "replace(T, T, T)", "if(B, T)", "coalesce(T, T)", "min(T, T)", "max(T, T)", "switch(N, N, T, N, T)",
    ),
    "date": ("add_days(D, N)", "add_months(D, N)", "date(N, N, N)", "if(B, D, D)", "min(D, D)", "(D + N)", "(D - (0 + N))"),
    "bool": (
        *(f"({x} {sign} {x})" for x in "NTD" for sign in ("=", "<>", "<", "<=", ">", ">=")), "(B and B)", "(B or B)", "not B", "(B = B)",
        "contains(T, T)", "starts(T, T)", "one_of(N, N, N)", "blank(T)", "blank(N)", "if(B, B)", "one_of(T, T, T)",
    ),
}  # fmt: skip
LITERALS = ("0", "1", "2.5", "3", "0.3333333333", "99999999999999", "blank", "-4", "10", "29", "2024")
LEAVES = {
    "number": st.sampled_from((*NUMBERS, *LITERALS)),
    "text": st.one_of(
        st.sampled_from(TEXTS),
        st.text("aäßÉſΣσZ上\"' %{}0_", max_size=5).map(lambda text: '"' + text.replace('"', '""') + '"'),
    ),
    "date": st.sampled_from((*DATES, "blank")),
    "bool": st.sampled_from(
        ("vip", "true", "false", "parent.vip", 'tier = "gold"', "blank(seen)", 'has(tags, "vip")', "seen < parent.seen")
    ),
}
TYPES = {"N": "number", "T": "text", "D": "date", "B": "bool"}


@st.composite
def formulas(draw: Any, type: str = "", depth: int = 4) -> str:
    type = type or draw(st.sampled_from(list(SHAPES)))
    if not depth or draw(st.integers(0, 5)) == 0:
        return str(draw(LEAVES[type]))
    shape = draw(st.sampled_from(SHAPES[type]))
    return "".join(draw(formulas(TYPES[sign], depth - 1)) if sign in TYPES else sign for sign in shape)


def same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def test_python_and_the_database_agree(actor: Actor) -> None:
    rows = make_rows(actor)
    own = custom_fields_of_all()

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
    @given(formulas())
    def agree(text: str) -> None:
        try:
            formula = check(registry.get("account"), text, own)
        except FormulaError as problem:
            # Types that only a person would mix: blank alone, a choice that does not exist.
            assert 0 <= problem.start < problem.end
            return
        if formula.type == "blank":
            return
        found, shortened = in_sql(formula), in_sql(formula, short=True)
        for row in rows:
            assert same(evaluate(formula, row, NOW), found[row.id]), (text, row.name)
            assert same(stored(formula, row, NOW), shortened[row.id]), (text, row.name)

    agree()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", Decimal(7)),
        ("-2 * (1 - 3) / 8", Decimal("0.5")),
        ("10 / 3", Decimal("3.3333333333")),
        ("2 / 3", Decimal("0.6666666667")),
        ("-2 / 3", Decimal("-0.6666666667")),
        ("1 / 0", None),
        ("rate + blank", None),
        ("round(2.5)", Decimal(3)),
        ("round(-2.5)", Decimal(-3)),
        ("round(1250, -2)", Decimal(1300)),
        ('"a" & blank & 1.50', None),
        ('"a" & text(1.50)', "a1.5"),
        ('upper("straße")', "STRAßE"),
        ('if(name = "none", 1, 2)', Decimal(2)),
        ("blank = blank", True),
        ("blank < 1", False),
        ("not blank(name) and true", True),
        ("add_months(date(2024, 1, 31), 1)", date(2024, 2, 29)),
        ("date(2025, 2, 29)", None),
        ("date(2025, 12, 1) - date(2025, 11, 30)", Decimal(1)),
        ("today() - 19", date(2026, 10, 31)),
        ("months_between(date(2025, 1, 31), date(2025, 3, 30))", Decimal(1)),
        ('switch(3, 1, "one", 3, "three", "many")', "three"),
        ("date（2026，1，2）", date(2026, 1, 2)),
        ("date(seen) = date(2026, 3, 29)", True),
        ("add_days(due, 99999999)", None),
    ],
)
def test_what_formulas_mean(actor: Actor, text: str, value: Any) -> None:
    row = make_rows(actor)[0]
    if "& 1.50" in text:
        with pytest.raises(FormulaError):
            checked(text)
        return
    formula = checked(text)
    assert evaluate(formula, row, NOW) == value
    assert in_sql(formula)[row.id] == value


@pytest.mark.parametrize(
    ("text", "start", "end", "words"),
    [
        ("", 0, 1, "Write a formula."),
        ("1 +", 3, 4, "Something is missing at the end."),
        ("1 + * 2", 4, 5, "A value is expected here."),
        ("(1 + 2", 0, 1, "This bracket is not closed."),
        ('"abc', 0, 4, "This text has no closing quotation mark."),
        ("1 ? 2", 2, 3, "This sign has no meaning here."),
        ("1 2", 2, 3, "An operator such as + or & is missing before this."),
        ("1 < 2 < 3", 6, 7, "Join comparisons with “and”."),
        ("foo + 1", 0, 3, "Account has no field “foo”."),
        ("1 + parent.foo", 11, 14, "Account has no field “foo”."),
        ("name.city", 0, 4, "“name” does not lead to another record."),
        ("parent + 1", 0, 6, "“parent” has no value to calculate with: name a field of that record, such as parent.name."),
        ("nofun(1)", 0, 5, "There is no function “nofun”."),
        ("round(1, 2, 3)", 0, 5, "round takes at most 2 values."),
        ("upper(1)", 6, 7, "Here text is expected, this is a number."),
        ('1 + "a"', 2, 3, "“+” does not fit these values: a number, text."),
        ('kind = "busines"', 7, 16, "“busines” is not one of the choices: business, individual, household."),
        ("parent.parent.parent.parent.name", 0, 32, "Use at most 3 links in a row."),
    ],
)  # fmt: skip
def test_errors_point_at_the_character(actor: Actor, text: str, start: int, end: int, words: str) -> None:
    with pytest.raises(FormulaError) as problem:
        checked(text)
    assert (problem.value.start, problem.value.end, problem.value.text) == (start, end, words)


def test_the_result_must_fit_the_field(actor: Actor) -> None:
    assert checked("1 + 1", wanted="number").type == "number"
    assert checked("blank", wanted="date").type == "date"
    with pytest.raises(FormulaError) as problem:
        checked("1 + 1", wanted="text")
    assert problem.value.text == "The result is a number, but the field holds text."


@pytest.mark.parametrize("text", ["(" * 60 + "1" + ")" * 60, "-" * 60 + "1", "+".join(["1"] * 400), "1" * 2001])
def test_a_formula_has_its_limits(actor: Actor, text: str) -> None:
    with pytest.raises(FormulaError):
        checked(text)


def test_deep_divisions_stay_short_in_sql(actor: Actor) -> None:
    make_rows(actor)
    formula = checked("/".join(["(1 + rate)"] * 30))
    assert len(sql_of(formula, NOW)) < 6_000
    nested = checked("add_days(" * 30 + "due" + ", 1)" * 30)
    assert len(sql_of(nested, NOW)) < 12_000
    assert in_sql(nested)


def test_a_moment_is_a_day_of_the_companys_zone(actor: Actor) -> None:
    row = make_rows(actor)[0]
    formula = checked("date(seen)")
    west = Setting("America/Los_Angeles", NOW.today)
    assert evaluate(formula, row, NOW) == date(2026, 3, 29)
    assert evaluate(formula, row, west) == date(2026, 3, 28)
    assert datetime.fromisoformat(row.custom["seen"]).tzinfo is not None
