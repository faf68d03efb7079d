"""Files that fields of the tenant's own hold: taken over from an upload, shown to who sees the field, dropped and brought back."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from guanxi.core.errors import Invalid, NotFound
from guanxi.core.files import files_of, get_file, may_read, store_file
from guanxi.core.models import StoredFile
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.changes import create_record, delete_record, update_record
from guanxi.records.criteria import compile_predicate, compile_q
from guanxi.records.custom import custom_fields
from guanxi.records.display import Painter
from guanxi.records.held_files import upload
from guanxi.records.history import read_history
from guanxi.records.merging import merge_records
from guanxi.records.models import CustomField, Document
from guanxi.records.operations import undo_batch
from guanxi.records.queries import get_record, visible_records
from guanxi.records.tests.test_own_fields import account, make
from guanxi.records.tests.test_views import sign_in
from guanxi.records.texts.documents import read_document


def sent(actor: Actor, name: str = "contract.txt", content: bytes = b"Signed in Ulm") -> str:
    return str(upload(actor, name=name, content=content).id)


def held(actor: Actor, record: Any, name: str = "papers") -> list[str]:
    return [one["name"] for one in get_record(actor, "account", record.id).custom.get(name, [])]


@pytest.fixture
def field(actor: Actor) -> CustomField:
    return make(actor, "file", "Papers", several=True)


def test_a_record_takes_over_an_upload_and_drops_and_brings_back_what_it_held(actor: Actor, field: CustomField) -> None:
    one, two = sent(actor), sent(actor, "plan.txt", b"Plan")
    record = account(actor, "A", papers=[one])
    file = get_file(UUID(one))
    assert record.custom == {"papers": [{"id": one, "name": "contract.txt", "size": 13}]}
    assert (file.object, file.record_id, field.slot) == ("account", record.id, "")
    # It is shown in its field, not among the files of the record.
    assert files_of("account", record.id) == []
    update_record(actor, "account", record.id, {"papers": [two]})
    assert held(actor, record) == ["plan.txt"]
    with pytest.raises(NotFound):
        get_file(UUID(one))
    changes = read_history(actor, "account", record.id)[0].changes
    before = record.custom["papers"]
    update_record(actor, "account", record.id, {"papers": changes[0][1]})
    assert get_record(actor, "account", record.id).custom["papers"] == before
    assert get_file(UUID(one)).deleted_at is None
    update_record(actor, "account", record.id, {"papers": []})
    assert get_record(actor, "account", record.id).custom == {}


def test_what_is_not_ones_own_upload_is_refused_and_nothing_changes(
    actor: Actor, rep_actor: Actor, field: CustomField
) -> None:
    record, other = account(actor, "A"), account(actor, "B", papers=[sent(actor)])
    foreign = other.custom["papers"][0]["id"]
    stranger = sent(rep_actor)
    plain = str(store_file(name="x.txt", content=b"x", object="account", record_id=record.id).id)
    for value in ([foreign], [stranger], [plain], [str(record.id)], ["nothing"], [{"name": "x"}], 7):
        with pytest.raises(Invalid) as refusal:
            update_record(actor, "account", record.id, {"papers": value})
        assert list(refusal.value.errors) == ["papers"]
    assert get_record(actor, "account", record.id).custom == {}
    assert get_file(UUID(stranger)).object == ""
    assert get_file(UUID(foreign)).record_id == other.id
    single = make(actor, "file", "Photo")
    with pytest.raises(Invalid):
        update_record(actor, "account", record.id, {single.name: [sent(actor), sent(actor)]})


def test_who_does_not_see_the_field_cannot_fetch_what_it_holds(actor: Actor, field: CustomField) -> None:
    key = sent(actor)
    account(actor, "A", papers=[key])
    limited = replace(actor, is_admin=False, grants={"*": {"*": "all"}})
    file = get_file(UUID(key))
    assert may_read(limited, file)
    for access in ("hidden", "masked"):
        assert not may_read(replace(limited, field_access={"account": {"papers": access}}), file)
    assert not may_read(replace(limited, grants={"*": {"*": "none"}}), file)
    read_document(actor.tenant_id, file_id=file.id)
    assert not Document.objects.exists()


def test_filters_ask_whether_there_is_any_and_texts_name_the_files(actor: Actor, field: CustomField) -> None:
    account(actor, "A", papers=[sent(actor), sent(actor, "plan.txt", b"Plan")])
    account(actor, "B")
    for op, names in (("empty", ["B"]), ("not_empty", ["A"])):
        criteria = {"field": "papers", "op": op}
        rows = compile_q(actor, "account", criteria).apply(visible_records(actor, "account"))
        holds = compile_predicate(actor, "account", criteria)
        assert (
            [row.name for row in rows] == [row.name for row in visible_records(actor, "account") if holds(row)] == names
        )
    item = custom_fields("account")["papers"]
    value = visible_records(actor, "account").get(name="A").custom["papers"]
    painter = Painter(actor, registry.get("account"))
    assert painter.text(item, value) == "contract.txt, plan.txt"
    assert f'href="/files/{value[0]["id"]}/"' in painter.show(item, value, {}).whole


def test_a_merge_joins_the_files_and_undo_gives_them_back(actor: Actor, field: CustomField) -> None:
    one, two = (
        account(actor, "One", papers=[sent(actor)]),
        account(actor, "Two", papers=[sent(actor, "plan.txt", b"P")]),
    )
    operation = merge_records(actor, "account", one.id, [two.id])
    assert held(actor, one) == ["contract.txt", "plan.txt"]
    assert {file.record_id for file in StoredFile.objects.filter(deleted_at=None)} == {one.id}
    undo_batch(actor, operation.id)
    assert (held(actor, one), held(actor, two)) == (["contract.txt"], ["plan.txt"])
    assert get_file(UUID(two.custom["papers"][0]["id"])).record_id == two.id
    delete_record(actor, "account", two.id)


def test_forms_upload_keep_and_replace(actor: Actor, field: CustomField) -> None:
    client = sign_in(actor)
    page = client.get("/accounts/new").content.decode()
    assert 'type="file" name="upload-papers" multiple' in page and 'enctype="multipart/form-data"' in page
    names = {"_fields": "name,kind,papers", "kind": "business"}
    bad = client.post("/accounts/new", {**names, "name": "", "upload-papers": SimpleUploadedFile("a.txt", b"A")})
    assert bad.status_code == 422 and "Keep a.txt" in bad.content.decode()
    kept = StoredFile.objects.get(name="a.txt")
    client.post("/accounts/new", {**names, "name": "A", "papers": str(kept.id)})
    record = visible_records(actor, "account").get(name="A")
    assert held(actor, record) == ["a.txt"]
    cell = client.get(f"/accounts/{record.id}/cell/papers").content.decode()
    assert "Keep a.txt" in cell and 'hx-encoding="multipart/form-data"' in cell
    posted = {"_fields": "papers", "papers": str(kept.id), "version": 1}
    more = client.post(
        f"/accounts/{record.id}/cell/papers", {**posted, "upload-papers": SimpleUploadedFile("b.txt", b"B")}
    )
    assert more.status_code == 200 and held(actor, record) == ["a.txt", "b.txt"]
    evil = client.post(
        f"/accounts/{record.id}/edit", {**posted, "version": 2, "upload-papers": SimpleUploadedFile("e.txt", b"")}
    )
    assert evil.status_code == 422 and held(actor, record) == ["a.txt", "b.txt"]
    client.post(f"/accounts/{record.id}/edit", {"_fields": "papers", "version": 2})
    assert held(actor, record) == []
    shown = client.get(f"/accounts/{record.id}/?tab=history").content.decode()
    assert "a.txt, b.txt" in shown
    assert client.get("/settings/fields/new?object=account&kind=file").status_code == 200
    create_record(actor, "account", {"name": "Last"})
