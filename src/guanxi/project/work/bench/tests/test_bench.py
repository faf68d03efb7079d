"""The bench itself: deterministic rows, literals that pgbench takes as they are, a client that reads whole answers."""

import socket
import threading

import pytest
from django.db import connection

from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import Account, Contact
from guanxi.identity.actor import Actor
from guanxi.project.failure import Failure
from guanxi.project.work.bench import bare
from guanxi.project.work.bench.company import account_name, key_of
from guanxi.project.work.bench.large import _DIGITS, DIVISIONS, MEMBERS, _division, key
from guanxi.project.work.bench.load import measure
from guanxi.records.ngrams import grams


def test_rows_are_the_same_every_time() -> None:
    assert str(key_of(1, 255)) == "00000001-0000-7000-8000-0000000000ff"
    assert [account_name(number) for number in (0, 1, 37)] == [
        "North North Instruments 0",
        "Ridge North Logistics 1",
        "Ridge Silver Foods 37",
    ]


def test_colons_in_literals_are_no_variables() -> None:
    text = "SELECT 'a', '10:20''s'::text, x::uuid WHERE y = 'b\\:c'"
    assert bare._quiet(text) == "SELECT 'a', E'10\\x3a20''s'::text, x::uuid WHERE y = E'b\\\\\\x3ac'"


@pytest.mark.usefixtures("actor")
def test_statements_are_captured_with_their_values(tenant) -> None:  # type: ignore[no-untyped-def]
    with tenant_tx(tenant.id):
        found = bare.captured(tenant.id, lambda: list(Account.objects.filter(name="x:y").values("id")))
    assert len(found) == 1
    assert "E'x\\x3ay'" in found[0]
    assert bare.script(tenant.id, found).splitlines()[0::3] == ["BEGIN;", "COMMIT;"]
    assert Contact.objects.count() == 0


def _serve(answers: list[bytes]) -> int:
    """A server on this machine that gives these answers on one connection; returns its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def work() -> None:
        with listener, listener.accept()[0] as connection:
            for answer in answers:
                connection.recv(10_000)
                connection.sendall(answer)
            while connection.recv(10_000):
                connection.sendall(answers[-1])

    threading.Thread(target=work, daemon=True).start()
    return int(listener.getsockname()[1])


def test_client_reads_answers_of_known_length_and_in_chunks() -> None:
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
    seen = measure(_serve([whole, chunks, whole]), lambda _number: b"GET / HTTP/1.1\r\n\r\n", clients=1, seconds=0.2)
    assert seen.answers > 2
    assert 0 < seen.p50 <= seen.p95


def test_an_answer_that_is_no_success_ends_the_measurement() -> None:
    port = _serve([b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"])
    with pytest.raises(Failure, match=r"^GET /x HTTP/1\.1: HTTP/1\.1 404 Not Found no$"):
        measure(port, lambda _number: b"GET /x HTTP/1.1\r\n\r\n", clients=1, seconds=1)


@pytest.mark.parametrize("number", [7, 12, 345, 9876, 1234567, 5000000])
def test_what_the_database_makes_is_what_guanxi_would_make(number: int, actor: Actor) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_DIGITS}, {key(3, 'g.n')} FROM (SELECT %s::int AS n) g, LATERAL (SELECT g.n::text AS t) d",
            [number],
        )
        letters, made = cursor.fetchone()
    assert set(letters) == grams(str(number))
    assert made == key_of(3, number)


def test_each_division_has_its_part_of_the_members() -> None:
    found = [_division(number) for number in range(MEMBERS)]
    assert [found.count(number) * 100 // MEMBERS for number in range(len(DIVISIONS))] == list(DIVISIONS)
