"""Whatever fits the description of the API, and whatever does not, gets an answer that the description promises."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.test import override_settings
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from guanxi.project.wsgi import application
from guanxi.records import registry
from guanxi.records.api.documents import described
from guanxi.records.api.settings import RESOURCES
from tests.api.calling import Api, admin_of, api_of, kept_connection, make, make_tenant

# More on demand: GUANXI_EXAMPLES=50 ./guanxi test tests/test_schemathesis.py
EXAMPLES = int(os.environ.get("GUANXI_EXAMPLES", "3"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PARTS = [*(kind.plural for kind in registry.objects()), "people", "files", "search", "fields", *RESOURCES]
SCHEMA = schemathesis.openapi.from_dict(described("en"))
SCHEMA.app = application


@pytest.fixture
def api(db: None) -> Iterator[Api]:
    """The calls of an administrator whose files go nowhere."""
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STORAGES={
            "default": memory,
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
    ):
        caller = api_of(admin_of(make_tenant("polaris")))
        with kept_connection():
            yield caller


def operations(tag: str) -> list[Any]:
    """The operations of one part of the API."""
    found = [result.ok() for result in SCHEMA.get_all_operations()]
    return [operation for operation in found if tag in operation.tags]


@pytest.mark.parametrize("tag", PARTS)
def test_answers_are_as_described(api: Api, tag: str) -> None:
    kind = registry.by_plural(tag)
    record = make(api.actor, kind) if kind is not None else None
    for operation in operations(tag):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            attempt(api, operation, mode, str(record.id) if record else str(api.actor.member_id))


def attempt(api: Api, operation: Any, mode: GenerationMode, key: str) -> None:
    """Some examples of one operation; half of those that name a record name one that exists."""

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate],
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), existing=st.booleans())
    def run(case: Any, existing: bool) -> None:
        if existing and case.path_parameters and mode == GenerationMode.POSITIVE:
            case.path_parameters["id"] = key
        response = case.call(headers={**(case.headers or {}), "Authorization": f"Bearer {api.token}"})
        case.validate_response(response, checks=CHECKS)

    try:
        run()
    except Exception as error:
        error.add_note(f"{operation.method.upper()} {operation.path} ({mode.name.lower()})")
        raise
