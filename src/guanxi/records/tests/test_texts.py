"""Words inside long texts, mails and documents are found by whoever may see them, and by nobody else."""

import io
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from docx import Document as NewDocument
from odfdo import Document as NewOdf
from odfdo import Paragraph
from openpyxl import Workbook
from pptx import Presentation
from pypdf import PdfWriter

from guanxi.core.files import delete_file, restore_file, store_file
from guanxi.core.models import StoredFile
from guanxi.identity.actor import Actor
from guanxi.identity.models import Role
from guanxi.identity.queries import actor_of_user
from guanxi.records import registry
from guanxi.records.changes import create_record, delete_record, restore_record, update_record
from guanxi.records.models import Document, TextEntry
from guanxi.records.privacy.services import ask_erasure
from guanxi.records.search import Hit, search
from guanxi.records.tests.test_views import sign_in
from guanxi.records.texts import documents
from guanxi.records.texts.documents import read_document, read_file, read_missed
from guanxi.records.texts.words import query, words

LONG = "The meeting went on and on. " * 20


def found(actor: Actor, text: str) -> list[Hit]:
    return search(actor, text, texts=True)


def a_file(actor: Actor, record: Any, name: str, content: bytes, object_name: str = "account") -> StoredFile:
    return store_file(name=name, content=content, object=object_name, record_id=record.id, member_id=actor.member_id)


def saved(document: Any) -> bytes:
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def pdf(text: str, password: str = "") -> bytes:
    """A page with a line of text."""
    stream = f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET".encode()
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream), b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]  # fmt: skip
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer <</Root 1 0 R/Size 6>>\nstartxref\n%d\n%%%%EOF" % len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + table + end
    if not password:
        return out
    writer = PdfWriter(clone_from=io.BytesIO(out))
    writer.encrypt(password, algorithm="RC4-128")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def docx(text: str) -> bytes:
    document = NewDocument()
    document.add_paragraph(text)
    return saved(document)


def xlsx(text: str) -> bytes:
    book = Workbook()
    book["Sheet"]["A1"] = text
    return saved(book)


def pptx(text: str) -> bytes:
    deck = Presentation()
    deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = text
    return saved(deck)


def odt(text: str) -> bytes:
    document = NewOdf("text")
    document.body.append(Paragraph(text))
    return saved(document)


@pytest.fixture
def account(actor: Actor) -> Any:
    return create_record(actor, "account", {"name": "Rheinwerk"})


def test_words_beyond_the_first_of_a_note_are_found_at_once(actor: Actor, account: Any) -> None:
    note = create_record(
        actor, "note", {"body": f"{LONG} 张三丰 asked for a Zentrifugalpumpe, urgently.", "account": account.id}
    )
    for text in ("zentrifugal", "Zentrifugalpumpe asked", "张三丰", "三丰"):
        [hit] = found(actor, text)
        assert (hit.id, hit.field, text.split()[0].casefold() in hit.text.casefold()) == (note.id, "body", True)
    assert found(actor, "zentrifuge") == found(actor, "丰三") == []
    assert search(actor, "Zentrifugalpumpe") == []
    update_record(actor, "note", note.id, {"body": f"{LONG} nothing more"})
    assert found(actor, "zentrifugal") == []
    update_record(actor, "note", note.id, {"body": "short"})
    assert not TextEntry.objects.filter(tenant_id=actor.tenant_id, record_id=note.id).exists()
    update_record(actor, "note", note.id, {"body": f"{LONG} Kreiselpumpe"})
    delete_record(actor, "note", note.id)
    assert found(actor, "kreiselpumpe") == []
    restore_record(actor, "note", note.id)
    assert [hit.id for hit in found(actor, "kreiselpumpe")] == [note.id]


def test_a_note_is_found_as_a_note_and_not_by_its_line_on_the_timeline(actor: Actor, account: Any) -> None:
    note = create_record(actor, "note", {"body": f"{LONG} Kreiselpumpe", "object": "account", "record_id": account.id})
    assert [(hit.object, hit.id) for hit in found(actor, "kreiselpumpe")] == [("note", note.id)]
    blind = replace(actor, is_admin=False, grants={"*": {"*": "all"}, "note": {"*": "none"}})
    assert found(blind, "kreiselpumpe") == []


def test_mails_are_found_whole(actor: Actor, account: Any) -> None:
    mail = create_record(
        actor, "interaction", {"channel": "mail", "direction": "in", "subject": "", "body": "Please quote twelve gaskets", "account": account.id}
    )  # fmt: skip
    assert [(hit.object, hit.id, hit.field) for hit in found(actor, "gaskets twelve")] == [
        ("interaction", mail.id, "body")
    ]


def test_only_who_may_see_finds(actor: Actor, rep_actor: Actor, outsider_actor: Actor, tenant: Any) -> None:
    own = create_record(rep_actor, "lead", {"name": "Lead", "notes": f"{LONG} Zahnradpumpe"})
    assert [hit.id for hit in found(rep_actor, "zahnradpumpe")] == [own.id]
    assert found(outsider_actor, "zahnradpumpe") == []
    update_record(actor, "lead", own.id, {"owner": outsider_actor.member_id, "team": outsider_actor.team_id})
    assert [hit.id for hit in found(outsider_actor, "zahnradpumpe")] == [own.id]
    assert found(rep_actor, "zahnradpumpe") == []
    role = Role.objects.get(key="sales")
    for access in ("hidden", "masked"):
        role.field_access = {"lead": {"notes": access}}
        role.save(update_fields=["field_access"])
        assert outsider_actor.user_id is not None
        blind = actor_of_user(tenant.id, outsider_actor.user_id)
        assert blind is not None and found(blind, "zahnradpumpe") == []


READABLE: list[tuple[str, Callable[[str], bytes]]] = [
    ("a.pdf", pdf), ("a.docx", docx), ("a.xlsx", xlsx), ("a.pptx", pptx), ("a.odt", odt), ("a.txt", str.encode), ("b.txt", lambda text: text.encode("utf-16")),
    ("a.html", lambda text: f"<html><head><title>x</title></head><body><script>hidden()</script><p>{text}</p></body></html>".encode()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "make"), READABLE)
def test_every_kind_of_document_is_read(tmp_path: Path, name: str, make: Callable[[str], bytes]) -> None:
    path = tmp_path / name
    path.write_bytes(make("Membrane pump for Rheinwerk"))
    state, text = read_file(path.suffix[1:], path)
    assert (state, "Membrane pump for Rheinwerk" in text, "hidden" in text) == ("read", True, False)


def bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"\0" * 400_000_000)
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "state"),
    [
        ("a.pdf", lambda: pdf("secret", "pass"), "encrypted"), ("a.docx", lambda: b"\xd0\xcf\x11\xe0rest", "encrypted"), ("a.docx", lambda: b"PK broken", "broken"),
        ("a.pdf", lambda: b"%PDF-1.4 nothing", "broken"), ("a.docx", bomb, "broken"), ("a.txt", lambda: b"  \n", "empty"), ("a.exe", lambda: b"MZ", "other"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(tmp_path: Path, name: str, content: Callable[[], bytes], state: str) -> None:
    path = tmp_path / name
    path.write_bytes(content())
    assert read_file(path.suffix[1:] if name != "a.exe" else "", path) == (state, "")


def test_a_reader_that_takes_too_long_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x")
    monkeypatch.setattr(documents, "PATIENCE", 0.01)
    began = time.monotonic()
    assert read_file("txt", path) == ("slow", "")
    assert time.monotonic() - began < 20
    monkeypatch.setattr(documents, "LARGEST", 0)
    assert read_file("txt", path) == ("large", "")


def test_a_document_is_found_with_its_record_and_only_then(actor: Actor, outsider_actor: Actor, account: Any) -> None:
    file = a_file(actor, account, "offer.docx", docx(f"{LONG} Schraubenspindelpumpe, 螺杆泵"))
    assert found(actor, "schraubenspindel") == []
    read_document.function(actor.tenant_id, file.id)
    for text in ("schraubenspindel", "螺杆泵"):
        [hit] = found(actor, text)
        assert (hit.object, hit.id, hit.field) == ("account", account.id, f"file:{file.id}")
    assert found(outsider_actor, "schraubenspindel") == []
    delete_file(file.id)
    assert found(actor, "schraubenspindel") == []
    restore_file(file.id)
    assert len(found(actor, "schraubenspindel")) == 1
    delete_record(actor, "account", account.id)
    assert found(actor, "schraubenspindel") == []
    restore_record(actor, "account", account.id)
    assert len(found(actor, "schraubenspindel")) == 1


def test_a_printed_quote_with_its_sums_is_not_searched(actor: Actor, account: Any) -> None:
    quote = create_record(actor, "quote", {"name": "Pumps", "account": account.id})
    file = store_file(
        name="q.txt", content=b"Total 4711 Kolbenpumpe", object="quote", record_id=quote.id, tags=("printed",)
    )
    read_document.function(actor.tenant_id, file.id)
    assert not Document.objects.filter(file_id=file.id).exists() or found(actor, "kolbenpumpe") != []


def test_files_of_before_are_read_and_a_broken_one_is_noted(actor: Actor, account: Any) -> None:
    a_file(actor, account, "notes.txt", b"Dosierpumpe")
    broken = a_file(actor, account, "broken.pdf", b"%PDF-1.4 nothing")
    a_file(actor, account, "picture.png", b"\x89PNG\r\n\x1a\n0000")
    assert read_missed(actor.tenant_id) == 2
    read_document.function(actor.tenant_id, broken.id)
    assert Document.objects.get(file_id=broken.id).state == "broken"
    assert read_missed(actor.tenant_id) == 1


def test_an_erased_person_is_found_in_no_text(actor: Actor, account: Any) -> None:
    person = create_record(actor, "contact", {"name": "Wei Wang", "account": account.id})
    create_record(actor, "note", {"body": f"{LONG} Wei Wang knows the Tauchpumpe", "account": account.id})
    file = a_file(actor, person, "passport.txt", b"Wei Wang Passnummer", "contact")
    read_document.function(actor.tenant_id, file.id)
    assert len(found(actor, "wei wang")) == 2 and len(found(actor, "passnummer")) == 1
    ask_erasure(actor, "contact", person.id, basis="gdpr")
    assert found(actor, "wei wang") == found(actor, "passnummer") == []
    assert len(found(actor, "tauchpumpe")) == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM records_textentry WHERE body ILIKE '%%wang%%'")
        assert cursor.fetchone() == (0,)


def test_words_and_queries() -> None:
    assert words("Das Café, das 张三丰") == ["张三", "三丰", "丰", "das", "cafe"]
    assert query("Café 张三丰") == "'张三' & '三丰' & 'cafe':*"
    assert query("a 张") == query("ab") == query("") == ""
    assert query("o'brien") == "'brien':*" or "'" in query("o'brien")


def test_every_object_with_long_texts_is_known() -> None:
    kinds = {kind.name for kind in registry.objects() if any(item.kind == "longtext" for item in kind.fields)}
    assert {"note", "interaction", "task", "account", "contact", "lead", "opportunity"} <= kinds


def test_the_files_of_a_record_say_which_cannot_be_searched(actor: Actor, account: Any) -> None:
    a_file(actor, account, "fine.txt", b"Dosierpumpe")
    broken = a_file(actor, account, "broken.pdf", b"%PDF-1.4 nothing")
    read_document.function(actor.tenant_id, broken.id)
    page = sign_in(actor).get(f"/accounts/{account.id}/?tab=files").content.decode()
    assert (page.count("Cannot be read"), page.count("words are not found")) == (1, 1)
