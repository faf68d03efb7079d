"""Layouts: where the fields of an object stand on its page, in its form and in a quick entry, for a role or for everybody."""

from typing import Any

import orjson
import pytest

from guanxi.core.errors import Invalid, NotAllowed
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.changes import create_record
from guanxi.records.forms import form_sections
from guanxi.records.layouts.reading import arrangement_of
from guanxi.records.layouts.services import reset_layout, save_layout, stored
from guanxi.records.models import Layout
from guanxi.records.own_fields import create_field, remove_field
from guanxi.records.tests.test_views import HTMX, sign_in

TABS = [
    {"label_en": "Main", "label_zh": "主要", "sections": [{"label_en": "Who", "label_zh": "谁", "fields": ["name", "city"]}]},
    {"label_en": "More", "label_zh": "", "sections": [{"label_en": "Size", "label_zh": "", "fields": ["employees", "owner"]}]},
    {"label_en": "", "label_zh": "", "shown": False, "sections": [{"label_en": "", "label_zh": "", "fields": ["website"]}]},
]  # fmt: skip


def names(actor: Actor, **values: Any) -> list[tuple[str, list[str]]]:
    sections = form_sections(actor, registry.get("account"), **values)
    return [(section.label, [made.name for made in section.inputs]) for section in sections]


def test_form_and_page_follow_the_layout(actor: Actor, rep_actor: Actor) -> None:
    assert arrangement_of(actor, registry.get("account")) is None
    save_layout(actor, "account", "", {"tabs": TABS, "quick": ["city"]})
    assert names(actor) == [("Main · Who", ["name", "city"]), ("More · Size", ["employees", "owner"])]
    made = create_record(actor, "account", {"name": "Hartmann", "city": "Graz", "employees": 5, "website": "a.example"})
    client = sign_in(actor)
    first, second = (client.get(f"/accounts/{made.id}/{tab}").content.decode() for tab in ("", "?tab=facts-1"))
    assert ("cell/city" in first, "cell/employees" in first, "cell/website" in first) == (True, False, False)
    assert ("cell/city" in second, "cell/employees" in second) == (False, True)
    assert ("?tab=facts-1" in first, "More" in first) == (True, True)
    dialog = client.get("/accounts/new", **HTMX).content.decode()
    assert ('name="city"' in dialog, 'name="name"' in dialog, 'name="employees"' in dialog) == (True, True, False)
    assert 'name="employees"' in client.get("/accounts/new").content.decode()


def test_a_role_has_its_own_and_resetting_goes_back(actor: Actor, rep_actor: Actor) -> None:
    everybody = save_layout(actor, "account", "", {"tabs": TABS})
    own = save_layout(actor, "account", "sales", {"tabs": [{"sections": [{"fields": ["name"]}]}]})
    assert names(rep_actor) == [("", ["name"])]
    assert names(actor)[0][1] == ["name", "city"]
    reset_layout(actor, own.id)
    assert names(rep_actor)[0][1] == ["name", "city"]
    reset_layout(actor, everybody.id)
    assert arrangement_of(rep_actor, registry.get("account")) is None
    assert not Layout.objects.exists()


def test_new_fields_stand_at_the_end_and_removed_ones_leave(actor: Actor) -> None:
    save_layout(actor, "account", "", {"tabs": TABS})
    row = create_field(actor, {"object": "account", "kind": "text", "label_en": "Grade A", "name": "own_grade"})
    assert names(actor)[1] == ("Main · Further fields", ["own_grade"])
    first: Any = TABS[0]
    placed = [{**first, "sections": [{"fields": ["name", "own_grade"]}]}]
    save_layout(actor, "account", "", {"tabs": placed})
    assert names(actor) == [("", ["name", "own_grade"])]
    remove_field(actor, row.id)
    assert names(actor) == [("", ["name"])]


def test_what_must_be_filled_in_stands_in_the_form_in_any_case(actor: Actor) -> None:
    save_layout(actor, "account", "", {"tabs": [{"sections": [{"label_en": "A", "fields": ["city"]}]}]})
    assert names(actor) == [("A", ["name", "city"])]
    client = sign_in(actor)
    assert client.post("/accounts/new", {"_fields": "name,city", "name": "", "city": ""}).status_code == 422


def test_the_standard_can_be_stored_as_it_is(actor: Actor) -> None:
    assert [(tab["label_en"], tab["label_zh"]) for tab in stored(registry.get("account"))] == [("Overview", "总览")]
    for kind in registry.objects():
        if kind.creatable:
            save_layout(actor, kind.name, "", {"tabs": stored(kind)})
            assert arrangement_of(actor, kind) is not None


@pytest.mark.parametrize(
    ("tabs", "field"),
    [
        ([], "tabs"), ("x", "tabs"), ([{"sections": "x"}], "tabs"), ([{"sections": [{"fields": ["nothing"]}]}], "tabs"),
        ([{"sections": [{"fields": ["city", "city"]}]}], "tabs"), ([{"sections": [{"fields": ["city"]}, {"fields": ["city"]}]}], "tabs"),
        ([{"shown": False, "sections": []}], "tabs"), ([{"sections": []}, {"shown": False, "sections": [{"fields": ["name"]}]}], "tabs"),
        ([{"label_en": "x" * 121, "sections": []}], "tabs"),
    ],
)  # fmt: skip
def test_what_makes_no_layout_is_refused(actor: Actor, tabs: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        save_layout(actor, "account", "", {"tabs": tabs})
    assert list(refused.value.errors) == [field]
    assert not Layout.objects.exists()


def test_only_administrators_make_layouts(rep_actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        save_layout(rep_actor, "account", "", {"tabs": TABS})
    assert sign_in(rep_actor).get("/settings/layouts/").status_code == 403


def test_the_editor_saves_and_resets(actor: Actor) -> None:
    client = sign_in(actor)
    page = client.get("/settings/layouts/?object=opportunity&role=sales").content.decode()
    assert 'data-field-name="close_date"' in page
    assert client.get("/settings/layouts/?object=nothing").status_code == 404
    assert client.get("/settings/layouts/?role=nothing").status_code == 404
    form = {"object": "account", "role": "sales", "layout": orjson.dumps({"tabs": TABS, "quick": ["name"]}).decode()}
    for wrong in ("", "x", "[]", '{"tabs": [1]}', '{"tabs": 1, "quick": 1}'):
        assert client.post("/settings/layouts/", form | {"layout": wrong}).status_code == 422
    assert client.post("/settings/layouts/", form).status_code == 302
    row = Layout.objects.get()
    assert (row.tabs, row.quick, row.role.key if row.role else "") == (TABS, ["name"], "sales")
    assert client.post("/settings/layouts/", form | {"version": "7"}).status_code == 412
    assert client.post(f"/settings/layouts/{row.id}/reset").status_code == 302
    assert not Layout.objects.exists()


def test_layouts_over_the_api(actor: Actor) -> None:
    client = sign_in(actor)
    made = client.post(
        "/api/v1/layouts",
        {"object": "account", "role": "sales", "tabs": TABS, "quick": ["name"]},
        content_type="application/json",
    )
    assert made.status_code == 201, made.content
    url = f"/api/v1/layouts/{made.json()['id']}"
    assert client.get(url).json()["tabs"] == TABS
    assert client.patch(url, {"quick": []}, content_type="application/json").json()["quick"] == []
    refused = client.post("/api/v1/layouts", {"object": "account", "role": "nothing"}, content_type="application/json")
    assert refused.status_code == 422
    assert client.delete(url).status_code == 204
    assert not Layout.objects.exists()
