"""Contract over every address of the URL conf: another company finds nothing, a visitor sees the sign-in page."""

import re
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.test import Client

from guanxi.core.db.schema import is_tenant_model
from guanxi.core.ids import new_id
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.http import OPEN_PREFIXES
from guanxi.records import registry
from tests.addresses.every import ELSEWHERE, Company, addresses, leaves

# 404; a form that is refused before its row is looked for; a method that the address does not have; back to the own list.
NOTHING = {400, 404, 405, 422}
# Addresses without a row of ours in them answer the stranger with the stranger's own.
SECRET = re.compile(r"Text\d+|Text-[0-9a-f]{8}|secret@row|Polaris|polaris\.example")


def state(company: Company) -> dict[str, Any]:
    """A digest of every table of the company."""
    with tenant_tx(company.actor.tenant_id), connection.cursor() as cursor:
        found = {}
        for model in apps.get_models():
            if is_tenant_model(model) and model._meta.managed:
                name = model._meta.db_table
                cursor.execute(f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY id)) FROM \"{name}\" t")
                found[name] = cursor.fetchone()
    return found


def test_every_address_is_covered(ours: Company) -> None:
    covered = {(one.name, one.route) for one in addresses(ours)}
    expected = {entry for entry in leaves() if not entry[1].startswith(ELSEWHERE)}
    assert expected - covered == set()
    assert len(expected) > 150


def ask(client: Client, method: str, path: str) -> tuple[int, str]:
    """Status and text of an answer whose effects are undone."""
    cookies = client.cookies.copy()
    with transaction.atomic():
        answer = getattr(client, method)(path)
        transaction.set_rollback(True)
    client.cookies = cookies
    body = b"".join(answer) if answer.streaming else answer.content
    return answer.status_code, body.decode(errors="replace").replace(path, "")


def test_another_company_finds_and_changes_nothing(ours: Company, stranger: Client) -> None:
    """What names a row of ours is answered as if there were no such row."""
    before, leaks, keys = state(ours), [], {str(key) for key in ours.keys.values()}
    for one in addresses(ours):
        named = next((key for key in keys if key in one.path), None)
        for method in ("get", "post") if named else ("get",):
            status, text = ask(stranger, method, one.path)
            as_absent = named is None or status in NOTHING
            if not as_absent and named:
                absent = [one.path.replace(key, str(new_id())) for key in keys if key in one.path]
                as_absent = ask(stranger, method, absent[0])[0] == status and status != 200
            if SECRET.search(text) or not as_absent or status >= 500:
                leaks.append((method, one.name, one.path, status, SECRET.findall(text)[:3]))
    assert leaks == []
    assert state(ours) == before


def test_a_visitor_sees_the_sign_in_page_and_nothing_else(ours: Company) -> None:
    before, wrong, visitor = state(ours), [], Client(raise_request_exception=False)
    for one in addresses(ours):
        for method in (visitor.get, visitor.post):
            answer = method(one.path)
            opened = one.path.startswith(OPEN_PREFIXES)
            to_sign_in = answer.status_code == 302 and answer.headers["Location"].startswith("/auth/login/?next=")
            if opened:
                leak = SECRET.search(answer.content.decode(errors="replace").replace(one.path, ""))
                if leak or answer.status_code >= 500:
                    wrong.append((method.__name__, one.path, answer.status_code))
            elif not to_sign_in:
                wrong.append((method.__name__, one.path, answer.status_code))
    assert wrong == []
    assert state(ours) == before


def test_an_identity_is_not_shared_by_lists_counts_search_and_export(ours: Company, stranger: Client) -> None:
    """The stranger's own lists, with every way to ask for more."""
    queries = (
        "?q=Text",
        "?count=1",
        "?view=all",
        "?deleted=1",
        "?sort=-id",
        "?limit=200",
        "?format=csv",
        "?format=xlsx",
    )
    kinds = [registry.get(name) for name in ("account", "task", "quote", "message_template")]
    for one in addresses(ours, kinds=kinds):
        if any(str(key) in one.path for key in ours.keys.values()) or one.route.startswith("auth/"):
            continue
        for query in queries if "plural" in one.route or "search" in one.route else ("?q=Text",):
            answer = stranger.get(one.path + query)
            body = b"".join(answer) if answer.streaming else answer.content
            assert answer.status_code < 500, (one.path, query)
            assert not re.search(r"Text\d+\b|Polaris", body.decode(errors="replace")), (one.path, query)
