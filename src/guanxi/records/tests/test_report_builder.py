"""The builder's form: ranges, figures of some records only, relations, three groups, lists; what a form says it says again."""

from typing import Any

import orjson
import pytest
from django.test import Client

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.identity.models import User
from guanxi.records.changes import create_record
from guanxi.records.models import Report
from guanxi.records.ports import REPORTS
from guanxi.records.reports.builder import definition_of, form_of
from guanxi.records.reports.definition import read_definition, write_definition
from guanxi.records.reports.saved import library

BIG = '{"all": [{"field": "amount", "op": "gte", "value": "150"}]}'
HTMX: Any = {"headers": {"HX-Request": "true"}}


def built(base: dict[str, Any] | None = None, **data: Any) -> dict[str, Any]:
    lists = {name: value if isinstance(value, list) else [value] for name, value in data.items()}
    return write_definition(read_definition(definition_of("opportunity", lists, base or {})))


def test_the_form_says_ranges_filters_names_and_relations() -> None:
    made = built(
        measure=["count", "count", "sum:amount", ""], measure_filter=["", BIG, "", ""], measure_label=["", "Large", "", ""],
        ratio_of="2", ratio_to="1", ratio_label="Large, part", group=["amount:bands", "account.region", "close_date:fiscal_month"],
        bands=["0; 1,000; 5,000", "", ""], pivot="probability:bands", pivot_bands="20, 50", also=["share"],
    )  # fmt: skip
    assert made == {
        "object": "opportunity",
        "groups": [{"field": "amount", "bands": ["0", "1000", "5000"]}, {"field": "account.region"}, {"field": "close_date", "by": "fiscal_month"}],
        "pivot": {"field": "probability", "bands": ["20", "50"]},
        "measures": [
            {"key": "count", "kind": "count"}, {"key": "count_2", "kind": "count", "label": "Large", "filter": {"all": [{"field": "amount", "op": "gte", "value": "150"}]}},
            {"key": "sum_amount", "kind": "sum", "field": "amount"}, {"key": "ratio", "kind": "ratio", "of": "count_2", "to": "count", "label": "Large, part"},
            {"key": "share", "kind": "share", "of": "count"},
        ],
    }  # fmt: skip


def test_the_form_says_a_list_with_subtotals() -> None:
    made = built(
        measure=["sum:amount", "", ""], also=["running"], group=["type", ""], column=["name", "", "amount", "name"], sort_column="amount", sort_down="1",
        limit="20",
    )  # fmt: skip
    assert made == {
        "object": "opportunity", "groups": [{"field": "type"}], "measures": [{"key": "sum_amount", "kind": "sum", "field": "amount"}],
        "columns": ["name", "amount"], "sort": "-amount", "limit": 20,
    }  # fmt: skip
    assert "measures" not in built(measure=["count"], column=["name"])


@pytest.mark.parametrize("bands", ["", "x", "50, 10", "1;2;1", "1,2,nan"])
def test_ranges_that_are_none_are_refused(bands: str) -> None:
    with pytest.raises(Invalid):
        built(measure=["count"], group=["amount:bands"], bands=[bands])


def written(value: Any) -> str:
    return orjson.dumps(value).decode() if isinstance(value, dict) else "1" if value is True else str(value)


def as_posted(form: dict[str, Any]) -> dict[str, list[str]]:
    """What the browser sends of a form as it was drawn."""
    data: dict[str, list[str]] = {}
    for name, value in form.items():
        if value in (False, None):
            continue
        data[name] = [written(one) for one in value] if isinstance(value, list) else [written(value)]
    return data


def test_every_ready_report_comes_out_of_the_form_as_it_went_in(actor: Actor) -> None:
    """Whoever opens one and saves it keeps all of it: figures, filters, ranges, relations, order."""
    assert list(REPORTS)
    for found in library(actor):
        whole = write_definition(found.read)
        again = write_definition(read_definition(definition_of(found.definition["object"], as_posted(form_of(found.definition)), found.definition)))  # fmt: skip
        for name in ("groups", "pivot", "period", "filter", "limit", "compare", "chart", "targets", "sort"):
            assert again.get(name) == whole.get(name), (found.key, name)
        assert again["measures"][0] == whole["measures"][0], found.key
        key = lambda one: one["key"]  # noqa: E731
        assert sorted(again["measures"], key=key) == sorted(whole["measures"], key=key), found.key


def test_a_list_is_built_previewed_kept_and_opened(actor: Actor) -> None:
    create_record(actor, "opportunity", {"name": "Deal", "amount": 10, "type": "new"})
    client = Client()
    client.force_login(User.objects.get(id=actor.user_id or ""), backend="allauth.account.auth_backends.AuthenticationBackend")  # fmt: skip
    form = {"object": "opportunity", "measure": ["sum:amount"], "group": ["type"], "column": ["name", "amount"], "filter": '{"all": []}', "name": "Deals"}  # fmt: skip
    shown = client.post("/reports/preview", form, **HTMX).content.decode()
    for part in ("Deal", "New business", "Amount ¥10", "Total"):
        assert part in shown, part
    assert client.post("/reports/new", form).status_code == 302
    report = Report.objects.get()
    opened = client.get(f"/reports/{report.id}/edit").content.decode()
    assert '<option value="name" selected>' in opened
    assert client.get(f"/reports/{report.id}/").status_code == 200
    wrong = client.post("/reports/preview", form | {"column": [""], "group": ["amount:bands"], "bands": ["z"]}, **HTMX)
    assert "A number is expected." in wrong.content.decode()
