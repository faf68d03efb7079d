"""Making a tenant, and people and tokens in it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from guanxi.core.errors import Invalid, NotAllowed, NotFound
from guanxi.core.models import AccessEntry
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import ApiToken, BusinessCalendar, Company, Membership, Role, Team, Tenant, User
from guanxi.identity.ports import NEW_TENANT
from guanxi.identity.queries import actor_of_token, memberships_of, tenant_of_token
from guanxi.identity.services import create_tenant, create_token, create_user, free_slug, revoke_token
from guanxi.identity.tests.factories import PASSWORD, actor_by_email, make_tenant


def test_a_new_tenant_has_all_that_work_needs(db: None) -> None:
    tenant = make_tenant("polaris", currency="EUR", country="DE", time_zone="Europe/Berlin")
    with tenant_tx(tenant.id):
        company = Company.objects.get()
        assert (company.id, company.currency, company.country, company.language) == (tenant.id, "EUR", "DE", "en")
        assert sorted(Role.objects.values_list("key", "is_admin")) == [
            ("administrator", True),
            ("manager", False),
            ("read-only", False),
            ("sales", False),
        ]
        assert list(Team.objects.values_list("name", flat=True)) == ["Company"]
        calendar = BusinessCalendar.objects.get()
        assert (calendar.name, calendar.country, calendar.time_zone) == ("Office hours", "DE", "Europe/Berlin")
        assert calendar.is_default
        member = Membership.objects.select_related("user", "role", "team").get()
        assert (member.user.email, member.name, member.role.key) == (
            "admin@polaris.example",
            "Ada Admin",
            "administrator",
        )
        assert member.team == Team.objects.get()
        assert AccessEntry.objects.get().action == "tenant.created"
    assert User.objects.get().check_password(PASSWORD)


def test_names_of_defaults_are_in_the_language_of_the_tenant(db: None) -> None:
    tenant = make_tenant("beiji", language="zh-hans")
    with tenant_tx(tenant.id):
        assert Role.objects.get(key="administrator").name == "管理员"
        assert Team.objects.get().name == "公司"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"slug": "has blank"}, "slug"),
        ({"slug": ""}, "slug"),
        ({"slug": "x" * 61}, "slug"),
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"currency": "ZZZ"}, "currency"),
        ({"language": "tlh"}, "language"),
        ({"country": "XX"}, "country"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"admin_email": "nobody"}, "email"),
        ({"admin_password": "short"}, "password"),
        ({"admin_password": "password12"}, "password"),
        ({"admin_name": "x\x00y"}, "name"),
    ],
)
def test_wrong_values_make_nothing(db: None, values: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        make_tenant(**{"slug": "polaris", **values})
    assert list(refused.value.errors) == [field]
    assert (Tenant.objects.count(), User.objects.count()) == (0, 0)


def test_a_slug_is_taken_once(tenant: Tenant) -> None:
    with pytest.raises(Invalid) as refused:
        make_tenant("polaris")
    assert refused.value.errors == {"slug": ["“polaris” is taken."]}
    assert Tenant.objects.count() == 1


def test_a_known_person_administers_a_second_tenant_with_the_old_password(tenant: Tenant) -> None:
    second = make_tenant("vega", admin_email="ADMIN@polaris.example", admin_password="Another-Horse-8")
    user = User.objects.get()
    assert user.check_password(PASSWORD)
    assert [row["tenant_id"] for row in memberships_of(user.id)] == [tenant.id, second.id]


def test_a_stranger_cannot_take_a_known_address(tenant: Tenant) -> None:
    with pytest.raises(Invalid) as refused:
        create_tenant(
            slug="vega",
            name="Vega",
            admin_email="admin@polaris.example",
            admin_password="Another-Horse-8",
            new_person=True,
        )
    assert list(refused.value.errors) == ["email"]
    assert Tenant.objects.count() == 1


def test_rooms_above_furnish_a_tenant_in_the_same_transaction(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str, bool]] = []

    def furnish(actor: Actor, *, language: str) -> None:
        seen.append((actor.currency, language, Company.objects.filter(id=actor.tenant_id).exists()))
        raise Invalid({"": ["no"]})

    monkeypatch.setattr(NEW_TENANT, "_implementations", {"test": furnish})
    with pytest.raises(Invalid):
        make_tenant("polaris", currency="EUR")
    assert seen == [("EUR", "en", True)]
    assert (Tenant.objects.count(), User.objects.count()) == (0, 0)


def test_free_slug(tenant: Tenant) -> None:
    assert free_slug("Polaris") == "polaris-2"
    assert free_slug("Müller & Söhne GmbH") == "m-ller-s-hne-gmbh"
    assert free_slug("北极星") == "company"


def test_a_user_joins_with_role_and_team(actor: Actor) -> None:
    member = create_user(
        actor, email=" Rep@Polaris.Example ", name="Rita Rep", role_key="Admin", password=PASSWORD, language="zh-hans"
    )
    with tenant_tx(actor.tenant_id):
        member = Membership.objects.select_related("user", "role", "team").get(id=member.id)
        assert (member.user.email, member.user.language, member.role.key) == (
            "rep@polaris.example",
            "zh-hans",
            "administrator",
        )
        assert member.team == Team.objects.get()
        entry = AccessEntry.objects.get(action="user.created")
        assert (entry.member_id, entry.record_id) == (actor.member_id, member.id)
        assert entry.detail == {"email": "rep@polaris.example", "role": "administrator"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "admin@polaris.example"}, "email"),
        ({"role_key": "emperor"}, "role"),
        ({"password": "short"}, "password"),
        ({"language": "xx"}, "language"),
    ],
)
def test_wrong_users_are_refused(actor: Actor, values: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        create_user(actor, **{"email": "rep@polaris.example", "role_key": "sales", "password": PASSWORD, **values})  # type: ignore[arg-type]
    assert list(refused.value.errors) == [field]
    with tenant_tx(actor.tenant_id):
        assert Membership.objects.count() == 1


def test_only_administrators_make_users(rep_actor: Actor, manager_actor: Actor) -> None:
    for who in (rep_actor, manager_actor):
        with pytest.raises(NotAllowed):
            create_user(who, email="new@polaris.example", role_key="sales", password=PASSWORD)
    assert not User.objects.filter(email="new@polaris.example").exists()


def test_a_token_speaks_for_its_member_and_is_stored_as_hash(tenant: Tenant, rep_actor: Actor) -> None:
    assert rep_actor.member_id
    text = create_token(rep_actor, membership=rep_actor.member_id, name="sync", scopes=["account:read", "*:write"])
    assert text.startswith(f"gx_{tenant.id.hex}_")
    assert tenant_of_token(text) == tenant.id
    with tenant_tx(tenant.id):
        found = actor_of_token(tenant.id, text, origin="198.51.100.7")
        stored = ApiToken.objects.get()
    assert found is not None
    assert (found.member_id, found.via, found.origin) == (rep_actor.member_id, "api", "198.51.100.7")
    assert found.token_scopes == ("*:write", "account:read")
    assert text not in (stored.token_hash, stored.name)
    assert len(stored.token_hash) == 64


def test_ends_of_tokens(tenant: Tenant, actor: Actor, rep_actor: Actor) -> None:
    assert rep_actor.member_id and actor.member_id
    text = create_token(actor, membership=rep_actor.member_id, name="one")
    with tenant_tx(tenant.id):
        assert actor_of_token(tenant.id, text) is not None
        assert actor_of_token(tenant.id, text[:-1]) is None
        token = ApiToken.objects.get()
        assert timedelta(days=364) < token.expires_at - timezone.now() < timedelta(days=366)
        ApiToken.objects.update(expires_at=datetime(2020, 1, 1, tzinfo=UTC))
        assert actor_of_token(tenant.id, text) is None
        ApiToken.objects.update(expires_at=None)
    revoke_token(rep_actor, token_id=token.id)
    with tenant_tx(tenant.id):
        assert actor_of_token(tenant.id, text) is None


def test_a_token_of_another_tenant_opens_nothing(tenant: Tenant, other_tenant: Tenant, actor: Actor) -> None:
    assert actor.member_id
    text = create_token(actor, membership=actor.member_id, name="one")
    with tenant_tx(other_tenant.id):
        assert actor_of_token(other_tenant.id, text) is None


def test_refusals_of_tokens(tenant: Tenant, actor: Actor, rep_actor: Actor) -> None:
    assert actor.member_id and rep_actor.member_id
    with pytest.raises(NotAllowed):
        create_token(rep_actor, membership=actor.member_id, name="theirs")
    with pytest.raises(Invalid, match="is not a scope"):
        create_token(actor, membership=actor.member_id, name="x", scopes=["account:fly"])
    with pytest.raises(Invalid):
        create_token(actor, membership=actor.member_id, name="x", scopes=[])
    with pytest.raises(Invalid):
        create_token(actor, membership=actor.member_id, name="x", expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(NotFound):
        create_token(actor, membership=tenant.id, name="x")
    text = create_token(actor, membership=actor.member_id, name="narrow", scopes=["account:read"])
    with tenant_tx(tenant.id):
        behind = actor_of_token(tenant.id, text)
    assert behind is not None
    with pytest.raises(NotAllowed):
        create_token(behind, membership=actor.member_id, name="wider")
    with pytest.raises(NotAllowed):
        create_user(behind, email="new@polaris.example", role_key="sales")
    with tenant_tx(tenant.id):
        assert ApiToken.objects.count() == 1
        token = ApiToken.objects.get()
    with pytest.raises(NotFound):
        revoke_token(rep_actor, token_id=token.id)


def test_an_inactive_tenant_or_person_has_no_actor(tenant: Tenant, actor: Actor) -> None:
    assert actor.member_id
    text = create_token(actor, membership=actor.member_id, name="one")
    Tenant.objects.update(is_active=False)
    with tenant_tx(tenant.id):
        assert actor_of_token(tenant.id, text) is None
    Tenant.objects.update(is_active=True)
    User.objects.update(is_active=False)
    with tenant_tx(tenant.id):
        assert actor_of_token(tenant.id, text) is None


@pytest.mark.parametrize("text", ["", "gx", "gx_", "gx_12_x", "bearer_0_0", "gx_" + "g" * 32 + "_x"])
def test_malformed_tokens_name_no_tenant(text: str) -> None:
    assert tenant_of_token(text) is None


def test_the_actor_knows_teams_and_rights(tenant: Tenant, rep_actor: Actor) -> None:
    with tenant_tx(tenant.id):
        team = Team.objects.get()
    assert (rep_actor.role_key, rep_actor.is_admin, rep_actor.currency) == ("sales", False, "CNY")
    assert (rep_actor.team_id, rep_actor.team_ids, rep_actor.below_team_ids) == (team.id, (team.id,), (team.id,))
    assert rep_actor.grants["product"] == {"view": "all"}
    assert actor_by_email(tenant, "rep@polaris.example") == rep_actor
