"""Every form of every address with what nobody should send: never a 500, a clear message, nothing written.

The fields of a form are read from its page; the rest of the addresses get the names that any form has. `GUANXI_EXAMPLES=9` sends each value
to each address, the usual run spreads the values over the addresses.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from html import unescape
from typing import Any
from zlib import crc32

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse

from guanxi.records import registry
from tests.addresses.conftest import browser
from tests.addresses.every import Address_, Company, addresses

EACH = int(os.environ.get("GUANXI_EXAMPLES", "1"))
VALUES = {
    "empty": "", "over-long": "x" * 30_000, "wrong type": "not-a-number", "negative": "-1", "emoji": "🦀👩‍👩‍👧‍👦", "right to left": "\u202eשלום مرحبا",
    "NUL": "a\x00b", "huge number": "9" * 400, "no date": "2026-02-31", "structure": '{"field": [], "not": {}}',
}  # fmt: skip
QUERY = ("q", "filter", "sort", "cursor", "view", "columns", "page", "limit", "lang", "date", "start", "end", "next", "field", "ids", "id",
         "object", "record", "month", "week", "stage", "pipeline", "account", "contact", "about", "kind", "value", "status", "name", "member")  # fmt: skip
COMMON = ("name", "version", "id", "ids", "next", "value", "choice_name", "mine_name", "before", "stage", "position", "q", "filter", "all",
          "field", "start", "end", "owner", "file", "lines", "product", "quantity", "discount_percent", "checked", "item", "text", "until")  # fmt: skip
# Not the client's own constant, which would have it encode the body anew for each address.
ENCODED = f"{MULTIPART_CONTENT}; charset=utf-8"
# Writes that are no record's and no setting's leave no trace in these; all others do.
TRACES = """SELECT (SELECT count(*) FROM core_change), (SELECT count(*) FROM core_accessentry), (SELECT count(*) FROM core_outbox_event),
                   (SELECT count(*) FROM messaging_message), (SELECT count(*) FROM core_storedfile)"""


@pytest.fixture
def client(ours: Company) -> Client:
    """The administrator of the company itself: nothing is refused for want of rights."""
    return browser("admin@polaris.example")


# These forms are another one for each object; the other generic screens are the same code for all.
OWN_FORMS = ("records.new", "records.edit", "records.bulk")
SAMPLE = ("account", "opportunity", "task")


def sampled(company: Company) -> list[Address_]:
    """Every address; of generic screens without a form of the object's own, those of a few objects."""
    kinds = [registry.get(name) for name in SAMPLE]
    few = {one.path for one in addresses(company, kinds=kinds)}
    whole = bool(os.environ.get("GUANXI_EXAMPLES"))
    return [one for one in addresses(company) if whole or one.path in few or one.name in OWN_FORMS]


def traces(company: Company) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant', %s, true)", [str(company.actor.tenant_id)])
        cursor.execute(TRACES)
        return cursor.fetchone()


def send(
    client: Client, company: Company, method: str, path: str, values: Any, **further: str
) -> tuple[int, str, bool]:
    """Status, text and whether something was written; all of it is undone."""
    cookies = client.cookies.copy()
    with transaction.atomic():
        before = traces(company)
        answer = getattr(client, method)(path, values, **further)
        body = b"".join(answer) if answer.streaming else answer.content
        written = traces(company) != before
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer.status_code, body.decode(errors="replace"), written


def complaint(method: str, path: str, what: str, answer: tuple[int, str, bool]) -> str | None:
    """What is wrong with an answer to bad input."""
    status, text, written = answer
    if status >= 500:
        return f"{status} {method} {path} ({what})"
    if status >= 400 and written:
        return f"refused with {status}, but written: {method} {path} ({what})"
    if status in (400, 413, 422) and not re.sub(r"<[^>]+>|\s", "", text):
        return f"{status} without a word: {method} {path} ({what})"
    return None


def fields_by_action(client: Client, company: Company, every: list[Address_]) -> dict[str, set[str]]:
    """Path → names of the fields of forms that post to it, as the pages show them."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in dict.fromkeys(one.path for one in every):
        _status, page, _written = send(client, company, "get", path, {})
        for head, body in re.findall(r"<form([^>]*)>(.*?)</form>", page, re.S):
            targets = re.findall(r'(?:action|hx-post)="([^"]*)"', head) or [path]
            names = {unescape(name) for name in re.findall(r'<(?:input|select|textarea)[^>]* name="([^"]+)"', body)}
            for target in targets:
                found[unescape(target).partition("?")[0] or path] |= names - {"csrfmiddlewaretoken"}
    return found


def chosen(path: str) -> Iterator[tuple[str, str]]:
    """Some of the values, others for each path, the same at each run."""
    names = sorted(VALUES)
    first = crc32(re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "", path).encode())
    for number in range(min(EACH, len(names))):
        name = names[(first + number * 5) % len(names)]
        yield name, VALUES[name]


def test_no_form_falls_over_bad_input(ours: Company, client: Client) -> None:
    every = [one for one in sampled(ours) if not one.route.startswith("auth/")]
    fields, complaints, posted = fields_by_action(client, ours, every), [], 0
    for one in every:
        names = fields.get(one.path, set()) | set(COMMON)
        for what, value in chosen(one.path):
            answer = send(client, ours, "post", one.path, dict.fromkeys(names, value))
            complaints.append(complaint("POST", one.path, what, answer))
            posted += 1
    assert [text for text in complaints if text] == []
    assert posted >= len(every) * min(EACH, len(VALUES))
    # The forms were really found: those of records by the names of their fields.
    assert {"name", "email", "phone"} <= fields["/accounts/new"]


@pytest.mark.parametrize("what", sorted(VALUES))
def test_forms_of_settings_and_of_three_objects_take_every_value(ours: Company, client: Client, what: str) -> None:
    kinds = [registry.get(name) for name in ("account", "opportunity", "task")]
    every = [
        one
        for one in addresses(ours, kinds=kinds)
        if one.path.startswith(("/settings/", "/activity/", "/start/", "/customers/", "/calendar/"))
        or one.name
        in ("records.new", "records.edit", "records.cell", "records.merge", "records.bulk", "records.view_new")
    ]
    fields, value = fields_by_action(client, ours, every), VALUES[what]
    assert len(every) > 40
    answers = [
        complaint("POST", one.path, f"{what}, {name or 'all'}", send(client, ours, "post", one.path, values))
        for one in every
        for name, values in single_and_all(fields.get(one.path, set()) | {"name"}, value, one.path)
    ]
    assert [text for text in answers if text] == []


def single_and_all(names: set[str], value: str, path: str) -> Iterator[tuple[str, dict[str, str]]]:
    """All fields at once, and one of them amid sound others, so that it is not hidden behind the first refusal."""
    yield "", dict.fromkeys(names, value)
    ordered = sorted(names)
    name = ordered[crc32(f"{path} {value[:9]}".encode(errors="replace")) % len(ordered)]
    yield name, {**dict.fromkeys(names, "1"), "name": "Sound", name: value}


def test_no_page_falls_over_a_bad_question(ours: Company, client: Client) -> None:
    complaints = []
    for one in sampled(ours):
        for what, value in chosen(one.path + "?"):
            answer = send(client, ours, "get", one.path, dict.fromkeys(QUERY, value[:2000]))
            complaints.append(complaint("GET", one.path, what, answer))
    assert [text for text in complaints if text] == []


def test_ten_megabytes_are_refused_wherever_a_form_is_read(ours: Company, client: Client) -> None:
    kinds, complaints, refused = [registry.get("account")], [], 0
    large = encode_multipart(BOUNDARY, {"name": "x" * (10 * 1024 * 1024)})
    for one in {one.route: one for one in addresses(ours, kinds=kinds)}.values():
        answer = send(client, ours, "post", one.path, large, content_type=ENCODED)
        complaints.append(complaint("POST", one.path, "10 MB", answer))
        refused += answer[0] == 413
        # Who takes no form does not read it, and does the same without one; who reads it says that it is too large.
        if answer[2] and answer[0] != send(client, ours, "post", one.path, {})[0]:
            complaints.append(f"{answer[0]} for 10 MB: {one.path}")
    assert [text for text in complaints if text] == []
    assert refused > 60


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 1000, b"\xff\xfe\x00", "名称,🦀\n,,,,\n".encode("gb18030", "ignore"), b"PK\x03\x04broken"],
)
@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "../../etc/passwd", "\u202egnp.exe", "x" * 300 + ".csv"])
def test_no_upload_falls_over_a_bad_file(ours: Company, client: Client, name: str, content: bytes) -> None:
    account = ours.keys["customers_account"]
    for path, field in (
        (reverse("records.import", kwargs={"plural": "accounts"}), "file"),
        (f"/accounts/{account}/files", "file"),
        ("/settings/company/logo/", "logo"),
    ):
        answer = send(client, ours, "post", path, {field: SimpleUploadedFile(name, content)})
        assert complaint("POST", path, name, answer) is None
