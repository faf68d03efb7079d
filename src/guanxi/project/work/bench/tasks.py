"""What is measured: each task as requests through HTTP and as the same transaction in bare SQL."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from guanxi.identity.http import TENANT_KEY
from guanxi.identity.models import User
from guanxi.project.failure import Failure
from guanxi.project.work.bench import bare
from guanxi.project.work.bench.company import TEAMS, Bench, account_name, key_of
from guanxi.project.work.bench.load import Connection, Request
from guanxi.records import registry
from guanxi.records.lists import ListQuery, filtered, list_records, read_rows, shown_fields
from guanxi.records.ngrams import grams, search_text
from guanxi.records.queries import visible_records
from guanxi.records.search import search

OPEN = {"field": "category", "op": "is", "value": "open"}
SAMPLES = 12
DEEP, PAGE = 1000, 50


@dataclass(frozen=True)
class Task:
    """One line of the table: `limit` says what holds it back; `queries` is how many statements one request sends."""

    name: str
    request: Request
    scripts: Sequence[str]
    queries: int
    limit: str


@dataclass(frozen=True)
class Visitor:
    """How the person who measures comes in: with a token to the API, with a session to the pages."""

    token: str
    session: str

    def get(self, path: str, *, page: bool = False) -> bytes:
        """A GET request."""
        proof = (
            f"Cookie: {settings.SESSION_COOKIE_NAME}={self.session}" if page else f"Authorization: Bearer {self.token}"
        )
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{proof}\r\n\r\n".encode()

    def post(self, path: str, content: Any) -> bytes:
        """A POST request with JSON."""
        body = orjson.dumps(content)
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.token}\r\n"
        return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def sign_in(bench: Bench) -> str:
    """A session of the person who measures."""
    user = User.objects.get(id=str(bench.actor.user_id))
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[TENANT_KEY] = str(bench.tenant.id)
    session.save()
    return str(session.session_key)


def tasks(bench: Bench, visitor: Visitor, port: int) -> list[Task]:
    """All tasks, in the order of the table."""
    step = max(TEAMS, bench.accounts // SAMPLES // TEAMS * TEAMS)
    numbers = [number * step for number in range(SAMPLES) if number * step < bench.accounts]
    return [
        _create(bench, visitor),
        _get(bench, visitor, numbers),
        _list(bench, visitor),
        _deep(bench, visitor, port),
        _search(bench, visitor, numbers),
        _page(bench, visitor, "board", ["/opportunities/board"], "sums and cards of every stage over all visible rows"),
        _page(bench, visitor, "customer page", [f"/accounts/{key_of(1, number)}/" for number in numbers[:4]], "many small queries, rendering"),
        _page(bench, visitor, "list page", ["/opportunities/"], "rendering 50 rows, the count"),
    ]  # fmt: skip


def _circle(requests: Sequence[bytes]) -> Request:
    return lambda number: requests[number % len(requests)]


def _reading(
    bench: Bench, name: str, requests: Sequence[bytes], calls: Sequence[Callable[[], Any]], limit: str
) -> Task:
    bare.captured(bench.tenant.id, calls[0])  # What is asked once and kept is no part of a call.
    found = [bare.captured(bench.tenant.id, call) for call in calls]
    scripts = [bare.script(bench.tenant.id, statements) for statements in found]
    return Task(name, _circle(requests), scripts, len(found[0]), limit)


def _get(bench: Bench, visitor: Visitor, numbers: Sequence[int]) -> Task:
    kind = registry.get("account")
    keys = [key_of(1, number) for number in numbers]

    def read(key: Any) -> Callable[[], Any]:
        return lambda: read_rows(
            bench.actor,
            kind,
            shown_fields(bench.actor, kind, ()),
            visible_records(bench.actor, "account").filter(id=key),
        )

    requests = [visitor.get(f"/api/v1/accounts/{key}") for key in keys]
    return _reading(bench, "get", requests, [read(key) for key in keys], "Python around one indexed row")


def _list(bench: Bench, visitor: Visitor) -> Task:
    wanted = ListQuery(object="opportunity", criteria=OPEN, sort="-amount_company", limit=PAGE)
    path = f"/api/v1/opportunities?filter={quote(orjson.dumps(OPEN).decode())}&sort=-amount_company&limit={PAGE}"
    call = lambda: list_records(bench.actor, wanted)  # noqa: E731
    return _reading(bench, "list: filtered, sorted", [visitor.get(path)], [call], "50 rows of 30 columns into JSON")


def _deep(bench: Bench, visitor: Visitor, port: int) -> Task:
    """The page after 1,000 pages (fewer when the company has fewer): walked once by larger pages."""
    path, rows = "/api/v1/opportunities?sort=-updated_at", min(DEEP * PAGE, bench.opportunities // TEAMS * 3 // 4)
    cursor = ""
    with Connection(port) as connection:
        for _page_number in range(rows // 200):
            answer = orjson.loads(connection.ask(visitor.get(f"{path}&fields=name&limit=200&cursor={quote(cursor)}")))
            cursor = answer["next"] or cursor
    wanted = ListQuery(object="opportunity", sort="-updated_at", limit=PAGE, cursor=cursor)
    call = lambda: list_records(bench.actor, wanted)  # noqa: E731
    request = visitor.get(f"{path}&limit={PAGE}&cursor={quote(cursor)}")
    return _reading(
        bench, f"list: after {rows // PAGE:,} pages", [request], [call], "as the first page: depth costs nothing"
    )


def _search(bench: Bench, visitor: Visitor, numbers: Sequence[int]) -> Task:
    kind = registry.get("account")
    # The last letters of a name's first word, with the number: a part of the name, as people type it.
    texts = [f"{account_name(number).split()[1]} {number}"[1:] for number in numbers]

    def find(text: str) -> Any:
        hits = search(bench.actor, text, objects=("account",), limit=PAGE)
        wanted = ListQuery(object="account", ids=[hit.id for hit in hits])
        return read_rows(bench.actor, kind, shown_fields(bench.actor, kind, ()), filtered(bench.actor, wanted))

    requests = [visitor.get(f"/api/v1/accounts?q={quote(text)}") for text in texts]
    calls = [lambda text=text: find(text) for text in texts]
    return _reading(
        bench, "search: part of a name", requests, calls, "the n-gram index and the ranking in the database"
    )


def _page(bench: Bench, visitor: Visitor, name: str, paths: Sequence[str], limit: str) -> Task:
    client = Client(headers={"host": "127.0.0.1", "cookie": f"{settings.SESSION_COOKIE_NAME}={visitor.session}"})
    _visit(client, paths[0])  # What is asked once and kept is no part of a page.
    found = [bare.captured_anywhere(lambda path=path: _visit(client, path)) for path in paths]  # type: ignore[misc]
    scripts = [bare.script(bench.tenant.id, statements) for statements in found]
    return Task(
        f"{name} (HTML)", _circle([visitor.get(path, page=True) for path in paths]), scripts, len(found[0]), limit
    )


def _visit(client: Client, path: str) -> None:
    status = client.get(path).status_code
    if status != HTTPStatus.OK:
        raise Failure(f"GET {path}: {status}")


def _create(bench: Bench, visitor: Visitor) -> Task:
    def request(number: int) -> bytes:
        return visitor.post("/api/v1/accounts", {"name": f"Created {number}", "industry": "Foods", "city": "City 7"})

    return Task(
        "create",
        request,
        [_bare_create(bench)],
        7,
        "history, search entries and event beside the row, and waiting for the disk",
    )


def _bare_create(bench: Bench) -> str:
    """The rows that one creation writes: the code in a transaction of its own, then record, history, search entry, event."""
    actor, norm = bench.actor, search_text("Created 1", phonetic=True)
    letters = ",".join(f'"{gram}"' for gram in sorted(grams(norm)))
    tenant, member, team = bench.tenant.id, actor.member_id, actor.team_id
    who = f"'{tenant}', '{member}'"
    record = "owner_id, team_id, name, name_sort, industry, city, country, currency, kind, lifecycle_stage, credit_risk"
    rest = "legal_name, tax_number, street, region, postcode, website, phone, phone_e164, email, email_norm, wechat"
    more = "payment_terms, language, time_zone, grade, source, description"
    empty = ", ".join("''" for _name in f"{rest}, {more}".split(","))
    return "".join(
        f"{line}\n"
        for line in (
            "BEGIN;",
            f"SELECT set_config('app.tenant', '{tenant}', true);",
            "SET LOCAL synchronous_commit = off;",
            f"UPDATE core_codepattern SET next_number = next_number + 1 WHERE tenant_id = '{tenant}' AND object = 'account' RETURNING next_number;",
            "COMMIT;",
            "BEGIN;",
            f"SELECT set_config('app.tenant', '{tenant}', true);",
            "SELECT gen_random_uuid() AS rid \\gset",
            f"""INSERT INTO customers_account (id, tenant_id, {record}, {rest}, {more}, code, version, custom, share_mask, is_key,
                relations, needs, preferences, hobbies, tags) VALUES (:rid, '{tenant}', '{member}', '{team}', 'Created 1', 'created 1',
                'Foods', 'City 7', '', 'CNY', 'business', 'acquisition', 'unchecked', {empty}, '', 1, '{{}}', 0, false,
                '{{}}', '{{}}', '{{}}', '{{}}', '{{}}');""".replace("\n", " "),
            f"""INSERT INTO core_change (tenant_id, member_id, object, via, origin, record_id, version, action, diff)
                VALUES ({who}, 'account', 'api', '', :rid, 1, 'created', '{{}}');""".replace("\n", " "),
            f"""INSERT INTO records_searchentry (tenant_id, record_id, field, object, text, norm, grams, owner_id, team_id, share_mask)
                VALUES ('{tenant}', :rid, 'name', 'account', 'Created 1', '{norm}', '{{{letters}}}', '{member}', '{team}', 0);""".replace(
                "\n", " "
            ),
            f"INSERT INTO core_outbox_event (id, tenant_id, name, payload, member_id) VALUES (gen_random_uuid(), '{tenant}', 'bench.Created', '{{}}', '{member}');",
            "COMMIT;",
        )
    )
