"""Lists in groups with subtotals, with coloured rows, dense or wide: in the address, in the view, over the API, within rights."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from guanxi.core.errors import Invalid
from guanxi.core.rates import delete_rate, set_rate
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.changes import create_record
from guanxi.records.listing import Colour, groupable_fields, list_groups, read_options, row_tones
from guanxi.records.lists import ListQuery, filtered
from guanxi.records.models import SavedView
from guanxi.records.saved_views import save_view
from guanxi.records.tests.test_views import HTMX, sign_in

LEEDS = {"field": "city", "op": "is", "value": "Leeds"}


@pytest.fixture
def client(actor: Actor) -> Client:
    return sign_in(actor)


@pytest.fixture
def towns(actor: Actor) -> dict[str, Any]:
    """Two accounts of Leeds, one of Ulm, one of nowhere."""
    cities = {"A": "Leeds", "B": "Leeds", "C": "Ulm", "D": ""}
    return {name: create_record(actor, "account", {"name": name, "city": city}) for name, city in cities.items()}


def text(client: Client, url: str, **more: Any) -> str:
    answer = client.get(url, **more)
    assert answer.status_code == 200, (url, answer.status_code)
    return answer.content.decode()


def groups_of(actor: Actor, name: str, object_name: str = "account", sums: tuple[str, ...] = ()) -> list[Any]:
    """Groups, after checking that each one's condition finds as many as it says."""
    kind = registry.get(object_name)
    query = ListQuery(object=object_name)
    found, complete = list_groups(actor, kind, query, name, [kind.by_name[one] for one in sums])
    assert complete
    for group in found:
        assert filtered(actor, replace(query, criteria=group.criteria)).count() == group.count, group
    return found


def test_groups_by_text_choice_link_yes_no_and_month(actor: Actor, towns: dict[str, Any]) -> None:
    by_city = groups_of(actor, "city")
    assert [(one.label, one.count) for one in by_city] == [("Leeds", 2), ("Ulm", 1), ("Without: City", 1)]
    assert [one.count for one in groups_of(actor, "kind")] == [4]
    assert [(one.label, one.count) for one in groups_of(actor, "owner")] == [("Ada Admin", 4)]
    for name, day in (("N", date(2026, 12, 31)), ("O", date(2027, 1, 1)), ("P", None)):
        create_record(actor, "opportunity", {"name": name, "close_date": day})
    months = groups_of(actor, "close_date", "opportunity")
    assert [(one.key, one.count) for one in months] == [("2026-12-01", 1), ("2027-01-01", 1), ("", 1)]
    assert sum(one.count for one in groups_of(actor, "created_at")) == 4


def test_subtotals_are_in_the_companys_currency(actor: Actor) -> None:
    set_rate("EUR", timezone.localdate(), Decimal("8"))
    forgotten = set_rate("USD", timezone.localdate(), Decimal("7"))
    for amount, currency in ((100, "CNY"), (10, "EUR"), (7, "USD")):
        create_record(actor, "opportunity", {"name": "Deal", "amount": amount, "currency": currency})
    delete_rate(forgotten.id)
    [group] = groups_of(actor, "owner", "opportunity", ("amount",))
    assert (group.sums, group.unpriced) == ({"amount": Decimal(180)}, 1)


def test_only_what_may_be_read_is_grouped_by(actor: Actor, rep_actor: Actor, towns: dict[str, Any]) -> None:
    assert groups_of(rep_actor, "city") == []
    for access in ("hidden", "masked"):
        limited = replace(actor, is_admin=False, grants={"*": {"*": "all"}}, field_access={"account": {"city": access}})
        assert "city" not in {item.name for item in groupable_fields(limited, registry.get("account"))}
        with pytest.raises(Invalid):
            list_groups(limited, registry.get("account"), ListQuery(object="account"), "city", [])
        with pytest.raises(Invalid):
            row_tones(limited, registry.get("account"), [towns["A"].id], [Colour(LEEDS, "rose")])


def test_the_first_colour_that_fits_counts(actor: Actor, towns: dict[str, Any]) -> None:
    colours = [Colour(LEEDS, "rose"), Colour({"field": "name", "op": "in", "value": ["A", "C"]}, "jade")]
    kind = registry.get("account")
    ids = [one.id for one in towns.values()]
    tones = row_tones(actor, kind, ids, colours)
    assert tones == {str(towns["A"].id): "rose", str(towns["B"].id): "rose", str(towns["C"].id): "jade"}
    assert set(row_tones(actor, kind, ids, [Colour({}, "grey")]).values()) == {"grey"}


@pytest.mark.parametrize(
    "given",
    [
        {"group": "nothing"}, {"group": "tags"}, {"density": "huge"}, {"colours": [{"tone": "rose"}]},
        {"colours": [{"criteria": LEEDS, "tone": "pink"}]}, {"colours": [{"criteria": {"field": "x"}, "tone": "rose"}]},
        {"colours": "rose"}, {"colours": [{"criteria": LEEDS, "tone": "rose"}] * 9},
    ],
)  # fmt: skip
def test_wrong_options_are_refused_and_stored_rubbish_is_left_out(actor: Actor, given: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        save_view(actor, object_name="account", name="Wrong", criteria={}, options=given)
    assert SavedView.objects.count() == 0
    assert read_options([1]) == read_options(None) == read_options({"group": None, "density": 3, "colours": {}})


def test_a_grouped_list_opens_its_first_group_and_the_others_when_asked(
    actor: Actor, client: Client, towns: dict[str, Any]
) -> None:
    page = text(client, "/accounts/?group=city&columns=name,city")
    assert page.count("data-group-toggle") == 3 and page.count("load once") == 1 and 'title="A"' not in page
    part = text(client, "/accounts/?group=city&columns=name,city&part=group&in=" + orjson.dumps(LEEDS).decode(), **HTMX)
    assert "<html" not in part and part.count("<tr data-id") == 2
    assert "There is no field" in text(client, "/accounts/?group=nothing")
    assert client.get("/accounts/?group=city&part=group&in=rubbish").status_code == 400


def test_a_group_of_many_leads_on_to_its_list(
    actor: Actor, client: Client, monkeypatch: pytest.MonkeyPatch, towns: Any
) -> None:
    monkeypatch.setattr("guanxi.records.views.lists.PAGE", 1)
    part = text(client, "/accounts/?group=city&part=group&in=" + orjson.dumps(LEEDS).decode(), **HTMX)
    assert part.count("<tr data-id") == 1 and "All of this group" in part and "group=-" in part


def test_a_view_keeps_how_its_rows_are_drawn(actor: Actor, client: Client, towns: dict[str, Any]) -> None:
    colours = orjson.dumps([{"criteria": LEEDS, "tone": "rose"}]).decode()
    client.post(f"/accounts/views/new?density=compact&colours={colours}", {"name": "Mine", "audience": "private"})
    view = SavedView.objects.get()
    assert view.options == {"group": "", "density": "compact", "colours": [{"criteria": LEEDS, "tone": "rose"}]}
    page = text(client, f"/accounts/?view={view.id}")
    assert page.count('class="toned toned-rose"') == 2 and 'data-density="compact"' in page
    plain = text(client, f"/accounts/?view={view.id}&colours=[]&density=-")
    assert "toned-" not in plain and 'data-density="compact"' not in plain


def test_the_dialogs_lead_to_the_list_as_chosen(actor: Actor, client: Client, towns: dict[str, Any]) -> None:
    dialog = text(client, "/accounts/rows?group=city", **HTMX)
    assert "Group by" in dialog and "Add a colour" in dialog
    chosen = client.get("/accounts/rows/apply?group=city&density=compact&sort=name", **HTMX)
    assert chosen["HX-Redirect"] == "/accounts/?sort=name&group=city&density=compact"
    assert client.get("/accounts/rows/apply?group=&density=&sort=name")["Location"] == "/accounts/?sort=name"
    data = {"filter": orjson.dumps(LEEDS).decode(), "tone": "jade"}
    added = client.post("/accounts/rows/colour?sort=name", data, **HTMX)
    assert "colours=" in added["HX-Redirect"] and "sort=name" in added["HX-Redirect"]
    assert text(client, added["HX-Redirect"]).count("toned-jade") == 2
    assert client.post("/accounts/rows/colour", {"filter": "{", "tone": "jade"}, **HTMX).status_code == 422
    assert client.post("/accounts/rows/colour", {**data, "tone": "pink"}, **HTMX).status_code == 422


def test_a_link_opens_the_same_view_for_a_colleague_within_their_rights(
    actor: Actor, rep_actor: Actor, towns: dict[str, Any]
) -> None:
    create_record(rep_actor, "account", {"name": "Own of Leeds", "city": "Leeds"})
    create_record(rep_actor, "account", {"name": "Own of Ulm", "city": "Ulm"})
    view = save_view(actor, object_name="account", name="Leeds first", criteria=LEEDS, columns=["name", "city"])
    page = text(sign_in(rep_actor), f"/accounts/?view={view.id}")
    assert "Leeds first" in page and "Own of Leeds" in page and "Own of Ulm" not in page and 'title="A"' not in page
    assert "Leeds first" not in text(sign_in(rep_actor), "/accounts/")
    assert text(sign_in(rep_actor), f"/contacts/?view={view.id}")


def test_colours_cost_one_query_and_nothing_where_there_are_none(
    actor: Actor, client: Client, towns: dict[str, Any], django_assert_num_queries: Any
) -> None:
    text(client, "/accounts/")
    with CaptureQueriesContext(connection) as plain:
        text(client, "/accounts/")
    with django_assert_num_queries(len(plain) + 1):
        text(client, "/accounts/?colours=" + orjson.dumps([{"criteria": LEEDS, "tone": "rose"}]).decode())
