"""Files of records are fetched by whoever sees the record, and by nobody else."""

from typing import Any

import pytest

from guanxi.core.files import may_read, store_file
from guanxi.core.ids import new_id
from guanxi.core.models import StoredFile
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record, delete_record


@pytest.fixture
def file_of_admin(actor: Actor, rep_actor: Actor) -> tuple[Any, StoredFile]:
    """A file on an account that the administrator owns."""
    account = create_record(actor, "account", {"name": "华东精密"})
    return account, store_file(
        name="a.txt", content=b"x", object="account", record_id=account.id, member_id=actor.member_id
    )


def test_a_file_goes_with_its_record(actor: Actor, rep_actor: Actor, file_of_admin: tuple[Any, StoredFile]) -> None:
    _account, file = file_of_admin
    assert may_read(actor, file)
    assert not may_read(rep_actor, file)
    mine = create_record(rep_actor, "account", {"name": "Mine"})
    file.record_id = mine.id
    assert may_read(rep_actor, file)
    delete_record(rep_actor, "account", mine.id)
    assert not may_read(rep_actor, file)


def test_a_file_of_no_object_is_its_makers(rep_actor: Actor) -> None:
    file = store_file(
        name="errors.csv", content=b"x", object="upload", record_id=new_id(), member_id=rep_actor.member_id
    )
    assert may_read(rep_actor, file)
    file.created_by_id = new_id()
    assert not may_read(rep_actor, file)
