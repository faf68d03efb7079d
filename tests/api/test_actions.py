"""Commands and files over the API."""

import inspect
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from guanxi.identity.actor import Actor
from guanxi.identity.models import Team
from guanxi.records import registry
from tests.api.calling import Answer, Api, api_of, make, member


@pytest.fixture
def task(api: Api) -> str:
    return f"/tasks/{api.post('/tasks', {'subject': 'Call back'}).json['id']}"


def test_a_command_changes_the_record_and_answers_it(api: Api, task: str) -> None:
    done = api.post(f"{task}/complete", {"outcome": "reached"}, If_Match='"1"')
    assert (done.status, done.json["status"], done.headers["ETag"]) == (200, "completed", f'"{done.json["version"]}"')
    assert api.get(task).json["status"] == "completed"


def test_a_command_that_the_state_forbids_is_refused(api: Api, task: str) -> None:
    refused = api.post(f"{task}/reopen")
    assert (refused.status, refused.json["type"]) == (409, "urn:guanxi:problem:conflict")
    assert api.get(task).json["version"] == 1


def test_a_commands_parameters_are_checked(api: Api, task: str) -> None:
    for body, pointers in (
        ({}, {"/until"}),
        ({"until": 7}, {"/until"}),
        ({"until": "soon"}, {"/until"}),
        ({"nonsense": 1}, {"/nonsense"}),
    ):
        refused = api.post(f"{task}/snooze", body)
        assert (refused.status, refused.pointers) == (422, pointers), body
    assert api.post(f"{task}/snooze", {"until": "2030-01-01T08:00:00Z"}, If_Match='"9"').status == 412
    assert api.get(task).json["version"] == 1


def test_fields_of_commands_and_of_the_system_are_not_written_directly(api: Api) -> None:
    for name in ("opportunity", "quote", "order", "lead", "account"):
        kind = registry.get(name)
        record = make(api.actor, kind)
        fields = [item.name for item in kind.fields if not item.writable]
        refused = api.patch(f"/{kind.plural}/{record.id}", dict.fromkeys(fields))
        assert (refused.status, refused.pointers) == (422, {f"/{field}" for field in fields})
        assert api.get(f"/{kind.plural}/{record.id}").json["version"] == record.version


def test_a_repeated_command_runs_once(api: Api, task: str) -> None:
    first, again = (api.post(f"{task}/complete", {}, Idempotency_Key="a") for _ in range(2))
    assert (first.status, again.status, again.json["version"]) == (200, 200, first.json["version"])
    assert again.headers["Idempotency-Replayed"] == "true"


def upload(api: Api, path: str, name: str, content: bytes, **headers: str) -> Answer:
    body = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile(name, content)})
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return api.call("POST", f"{path}/files", body, content_type=MULTIPART_CONTENT, headers=named)


def test_a_file_goes_up_and_comes_down(api: Api, other_api: Api, admin: Actor, team: Team) -> None:
    record = f"/accounts/{api.post('/accounts', {'name': 'One'}).json['id']}"
    made = upload(api, record, "合同.txt", "你好".encode(), Idempotency_Key="a")
    again = upload(api, record, "合同.txt", "你好".encode(), Idempotency_Key="a")
    assert (made.status, made.json["name"], made.json["size"], again.json) == (201, "合同.txt", 6, made.json)
    file = f"/files/{made.json['id']}"
    assert made.headers["Location"] == f"/api/v1{file}"
    assert api.get(f"{record}/files").json["data"] == [api.get(file).json] == [made.json]
    content = api.get(f"{file}/content")
    assert (content.status, content.body) == (200, "你好".encode())
    assert content.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    strangers = [other_api, api_of(member(admin, "stranger", team, {"account": {"view": "own"}, "file": {"*": "all"}}))]
    for stranger in strangers:
        for answer in (
            stranger.get(file),
            stranger.get(f"{file}/content"),
            stranger.delete(file),
            stranger.get(f"{record}/files"),
        ):
            assert answer.status == 404
    reader = api_of(member(admin, "reader", team, {"account": {"view": "all"}}))
    assert (reader.get(file).status, reader.delete(file).status, upload(reader, record, "a.txt", b"a").status) == (
        200,
        403,
        403,
    )
    assert api.delete(file).status == 204
    assert (api.get(file).status, api.get(f"{record}/files").json["data"]) == (404, [])


def test_wrong_uploads_are_refused(api: Api) -> None:
    record = f"/accounts/{api.post('/accounts', {'name': 'One'}).json['id']}"
    assert api.post(f"{record}/files", {}).status == 415
    assert upload(api, record, "empty.txt", b"").status == 422
    assert upload(api, record, "program.exe", b"MZ" + b"\0" * 100).status == 422
    assert upload(api, f"/accounts/{uuid4()}", "a.txt", b"a").status == 404
    nothing = api.call("POST", f"{record}/files", b"--x", content_type="multipart/form-data; boundary=x")
    broken = api.call("POST", f"{record}/files", b"--x", content_type="multipart/form-data")
    assert (nothing.status, broken.status) == (422, 400)
    assert api.get(f"{record}/files").json["data"] == []


def test_every_command_takes_a_version_and_the_parameters_it_names() -> None:
    for kind in registry.objects():
        for command in kind.commands:
            known = inspect.signature(command.run).parameters
            if not any(item.kind is item.VAR_KEYWORD for item in known.values()):
                assert {"version", *(item.name for item in command.params)} <= set(known), (kind.name, command.key)
