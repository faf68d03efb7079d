import os
import threading
from hashlib import sha256
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import default_storage
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from guanxi.core import files
from guanxi.core.errors import Invalid, NotFound
from guanxi.core.files import (
    FILE_ACCESS,
    attach_file,
    clean_name,
    delete_file,
    files_of,
    get_file,
    open_file,
    purge_deleted,
    restore_file,
    store_file,
    sweep_orphans,
)
from guanxi.core.filetypes import refuse_type
from guanxi.core.ids import new_id
from guanxi.core.models import AccessEntry, StoredFile
from guanxi.core.tenancy import tenant_tx
from guanxi.core.views import serve_file

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
EXE = b"MZ\x90\x00\x03\x00\x00\x00"

pytestmark = pytest.mark.usefixtures("storage_folder")


def person(member_id: UUID | None, *, is_admin: bool = False) -> SimpleNamespace:
    return SimpleNamespace(member_id=member_id, is_admin=is_admin, token_scopes=None, origin="10.0.0.1")


def test_a_file_is_kept_under_its_tenant_and_read_back(tenant_id: UUID) -> None:
    record_id, member_id = new_id(), new_id()
    with tenant_tx(tenant_id):
        file = store_file(
            name="合同 草案.pdf", content=PDF, object="contract", record_id=record_id, member_id=member_id
        )
        assert [entry.id for entry in files_of("contract", record_id)] == [file.id]
        with open_file(file.id) as stream:
            assert stream.read() == PDF
    assert (file.name, file.content_type, file.size) == ("合同 草案.pdf", "application/pdf", len(PDF))
    assert file.sha256 == sha256(PDF).hexdigest()
    assert file.storage_key == f"{tenant_id}/{timezone.now():%Y}/{file.id}"


def test_a_stream_is_measured_while_it_is_read(tenant_id: UUID, settings: Any) -> None:
    settings.FILE_MAX_SIZE = 1024 * 1024
    with tenant_tx(tenant_id):
        assert store_file(name="big.txt", content=BytesIO(b"x" * 1024 * 1024)).size == 1024 * 1024
        with pytest.raises(Invalid) as refused:
            store_file(name="bigger.txt", content=BytesIO(b"x" * (1024 * 1024 + 1)))
        assert StoredFile.objects.count() == 1
    assert refused.value.errors == {"file": ["The file is larger than 1 MB."]}


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.txt", b"", "The file is empty."),
        ("setup.exe", EXE, "Files of this type are not accepted."),
        ("photo.png", EXE, "Files of this type are not accepted."),
        ("run.sh", b"echo", "Files of this type are not accepted."),
        ("notes.txt", b"#!/bin/sh\n", "Files of this type are not accepted."),
        ("page.txt", b"\xef\xbb\xbf <HTML><script>", "Files of this type are not accepted."),
        ("logo.svg", b"<svg/>", "Files of this type are not accepted."),
        ("logo.dat", b"<?xml version='1.0'?><svg onload='x'/>", "Files of this type are not accepted."),
        ("photo.jpg", PNG, "The content of this file is not what its name says."),
        ("offer.pdf", b"hello", "The content of this file is not what its name says."),
        ("list.csv", PNG, "The content of this file is not what its name says."),
    ],
)
def test_dangerous_and_disguised_files_are_refused(tenant_id: UUID, name: str, content: bytes, problem: str) -> None:
    with tenant_tx(tenant_id):
        with pytest.raises(Invalid) as refused:
            store_file(name=name, content=content)
        assert StoredFile.objects.count() == 0
    assert refused.value.errors == {"file": [problem]}
    assert not default_storage.exists(str(tenant_id))


def test_types_come_from_the_bytes_and_the_name_not_from_the_sender() -> None:
    book = BytesIO()
    with ZipFile(book, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert refuse_type("a.xlsx", book.getvalue()) == sheet
    assert refuse_type("a.png", PNG, "text/html") == "image/png"
    assert refuse_type("unnamed", PNG, "text/html") == "image/png"
    assert refuse_type("list.csv", "MZ-100,名称".encode()) == "text/csv"
    assert refuse_type("data.xyzzy", b"abc", "text/html; charset=utf-8") == "application/octet-stream"


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\报价.pdf", "报价.pdf"),
        ("a\x00b\r\nc.txt", "abc.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("...", "file"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_names_lose_folders_and_tricks(given: str, clean: str) -> None:
    assert clean_name(given) == clean


def test_another_tenant_has_no_such_file(tenant_id: UUID, other_tenant_id: UUID) -> None:
    with tenant_tx(tenant_id):
        file = store_file(name="a.txt", content=b"secret")
    with tenant_tx(other_tenant_id):
        for attempt in (get_file, delete_file):
            with pytest.raises(NotFound):
                attempt(file.id)
    with tenant_tx(tenant_id):
        assert get_file(file.id).deleted_at is None


def test_only_the_uploader_attaches_a_file_and_only_once(tenant_id: UUID) -> None:
    me, record_id = new_id(), new_id()
    with tenant_tx(tenant_id):
        file = store_file(name="a.txt", content=b"x", member_id=me)
        with pytest.raises(NotFound):
            attach_file(file.id, object="account", record_id=record_id, member_id=new_id())
        attach_file(file.id, object="account", record_id=record_id, member_id=me)
        with pytest.raises(NotFound):
            attach_file(file.id, object="account", record_id=new_id(), member_id=me)
        assert get_file(file.id).record_id == record_id


def test_deleted_files_come_back_for_thirty_days_then_their_bytes_go(tenant_id: UUID) -> None:
    with tenant_tx(tenant_id):
        file = store_file(name="a.txt", content=b"x")
        delete_file(file.id)
        with pytest.raises(NotFound):
            get_file(file.id)
        assert purge_deleted() == 0
        assert restore_file(file.id).deleted_at is None
        delete_file(file.id)
        StoredFile.objects.update(deleted_at=timezone.now() - files.KEEP_DELETED)
        assert purge_deleted() == 1
        assert not default_storage.exists(file.storage_key)
        with pytest.raises(NotFound):
            restore_file(file.id)


def age(key: str, hours: float) -> None:
    moment = timezone.now().timestamp() - hours * 3600
    os.utime(default_storage.path(key), (moment, moment))


def test_bytes_of_a_rolled_back_upload_are_swept_after_a_day(tenant_id: UUID, other_tenant_id: UUID) -> None:
    kept: list[StoredFile] = []
    lost: list[str] = []

    def upload() -> None:
        lost.append(store_file(name="lost.pdf", content=PDF).storage_key)
        raise RuntimeError

    for tenant in (tenant_id, other_tenant_id):
        with tenant_tx(tenant):
            kept.append(store_file(name="kept.pdf", content=PDF))
            age(kept[-1].storage_key, 1000)
        with pytest.raises(RuntimeError), tenant_tx(tenant):
            upload()
    age(lost[0], 23.5)
    age(lost[1], 24.5)
    with tenant_tx(tenant_id):
        assert sweep_orphans() == 0
        age(lost[0], 24.5)
        assert sweep_orphans() == 1
        assert sweep_orphans() == 0
    exist = [default_storage.exists(key) for key in (*lost, *(file.storage_key for file in kept))]
    assert exist == [False, True, True, True]


def test_an_upload_in_progress_is_not_swept(tenant_id: UUID) -> None:
    """The bytes are there, the facts are not yet visible to the sweeper's transaction."""
    done, swept = threading.Event(), []

    def sweep() -> None:
        try:
            with tenant_tx(tenant_id):
                swept.append(sweep_orphans())
        finally:
            connection.close()
            done.set()

    with tenant_tx(tenant_id):
        file = store_file(name="a.pdf", content=PDF)
        threading.Thread(target=sweep).start()
        assert done.wait(30)
    assert swept == [0]
    with tenant_tx(tenant_id), open_file(file.id) as stream:
        assert stream.read() == PDF


def test_a_tenant_without_files_has_nothing_to_sweep(tenant_id: UUID) -> None:
    with tenant_tx(tenant_id):
        assert sweep_orphans() == 0


def fetch(file: StoredFile, actor: object, query: str = "") -> Any:
    request: Any = RequestFactory().get(f"/files/{file.id}/{query}")
    request.actor = actor
    return serve_file(request, file.id)


def test_a_file_is_served_to_those_who_see_its_record(tenant_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    friend, stranger, record_id = person(new_id()), person(new_id()), new_id()
    monkeypatch.setitem(
        FILE_ACCESS._implementations, "lantern", lambda actor, file: actor is friend and file.record_id == record_id
    )
    with tenant_tx(tenant_id):
        picture = store_file(name="a.png", content=PNG, object="lantern", record_id=record_id)
        table = store_file(name="表.csv", content="一,二".encode(), object="lantern", record_id=record_id)
        shown = fetch(picture, friend)
        assert b"".join(shown.streaming_content) == PNG
        assert (shown["Content-Type"], shown["Content-Disposition"]) == ("image/png", 'inline; filename="a.png"')
        assert shown["Content-Security-Policy"].endswith("sandbox")
        assert AccessEntry.objects.count() == 0
        saved = fetch(table, friend)
        assert saved["Content-Disposition"] == "attachment; filename*=utf-8''%E8%A1%A8.csv"
        assert saved["X-Content-Type-Options"] == "nosniff"
        assert fetch(picture, friend, "?download")["Content-Disposition"].startswith("attachment")
        [entry, _] = AccessEntry.objects.order_by("id")
        assert (entry.action, entry.member_id, entry.object, entry.record_id) == (
            "download",
            friend.member_id,
            "lantern",
            record_id,
        )
        for nobody in (stranger, None):
            with pytest.raises(NotFound):
                fetch(picture, nobody)


def test_a_file_of_no_record_is_its_uploaders_and_the_administrators(tenant_id: UUID) -> None:
    me = person(new_id())
    with tenant_tx(tenant_id):
        file = store_file(name="a.pdf", content=PDF, member_id=me.member_id)
        assert fetch(file, me)["X-Frame-Options"] == "SAMEORIGIN"
        assert fetch(file, person(new_id(), is_admin=True)).status_code == 200
        for other in (person(new_id()), person(None)):
            with pytest.raises(NotFound):
                fetch(file, other)


def test_a_file_of_an_object_that_nobody_answers_for_is_shown_to_nobody(
    tenant_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FILE_ACCESS, "_implementations", {})
    with tenant_tx(tenant_id):
        file = store_file(name="a.pdf", content=PDF, object="nothing", record_id=new_id())
        with pytest.raises(NotFound):
            fetch(file, person(new_id()))


def test_files_are_not_in_a_public_folder() -> None:
    assert not str(getattr(default_storage, "location", "")).startswith(str(django_settings.STATIC_ROOT))
