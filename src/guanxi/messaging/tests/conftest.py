"""A company with an administrator and a representative, and a real mail server on the loopback address."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Tenant
from guanxi.identity.queries import actor_of_user
from guanxi.identity.services import create_tenant, create_user

PASSWORD = "correct-horse-battery"


@dataclass
class Post:
    """What arrived at the mail server, and what it answers: address → reply code for refusals."""

    url: str = ""
    mails: list[Envelope] = field(default_factory=list)
    refuse_recipient: dict[str, str] = field(default_factory=dict)
    refuse_data: str = ""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        if address in self.refuse_recipient:
            return self.refuse_recipient[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refuse_data:
            return self.refuse_data
        self.mails.append(envelope)
        return "250 Taken"


@pytest.fixture
def post(settings: Any) -> Iterator[Post]:
    """A running mail server; the settings name it."""
    handler = Post()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    handler.url = settings.SMTP_URL = f"smtp://127.0.0.1:{port}"
    yield handler
    controller.stop()


def company(slug: str) -> Tenant:
    return create_tenant(
        slug=slug, name="华东精密 Ltd.", admin_email=f"admin@{slug}.example", admin_password=PASSWORD, admin_name="Ada"
    )


@pytest.fixture
def tenant(transactional_db: None) -> Tenant:
    return company("one")


@pytest.fixture
def other_tenant(transactional_db: None) -> Tenant:
    return company("two")


@pytest.fixture
def actor(tenant: Tenant) -> Actor:
    return actor_in(tenant)


@pytest.fixture
def rep_actor(tenant: Tenant, actor: Actor) -> Actor:
    """A representative."""
    with tenant_tx(tenant.id):
        member = create_user(actor, email="rep@one.example", name="王芳", role_key="sales", password=PASSWORD)
        found = actor_of_user(tenant.id, member.user_id)
    assert found is not None
    return found


def actor_in(tenant: Tenant) -> Actor:
    """The administrator of a tenant."""
    with tenant_tx(tenant.id):
        member = Membership.objects.get()
        found = actor_of_user(tenant.id, member.user_id)
    assert found is not None
    return found
