"""A session's last use is noted at once, then not with every page."""

import pytest
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from guanxi.identity.models import Tenant, User


def _writes(client: Client, **headers: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get("/settings/", headers=headers)
    texts = [query["sql"] for query in queries.captured_queries]
    return sum("usersessions_usersession" in text and not text.startswith("SELECT") for text in texts)


@pytest.mark.django_db
def test_noted_once_and_again_with_another_browser(tenant: Tenant) -> None:
    client = Client()
    client.force_login(User.objects.get(email="admin@polaris.example"))
    assert _writes(client) >= 1
    assert UserSession.objects.count() == 1
    assert _writes(client) == 0
    assert _writes(client, **{"user-agent": "another"}) == 1
    assert UserSession.objects.get().user_agent == "another"
