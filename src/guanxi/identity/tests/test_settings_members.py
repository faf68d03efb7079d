"""Users, invitations and teams in the settings."""

import pytest
from django.test import Client

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import (
    Invitation,
    Membership,
    Role,
    Team,
    TeamMember,
    Tenant,
)
from guanxi.identity.tests.factories import make_member


class TestPeople:
    def test_invite_resend_revoke(self, tenant: Tenant, admin_client: Client) -> None:
        with tenant_tx(tenant.id):
            role, team = Role.objects.get(key="sales"), Team.objects.get()
        values = {"email": "new@polaris.example", "name": "Nora", "role_id": role.id, "team_id": team.id}
        page = admin_client.post("/settings/users/", values)
        assert page.status_code == 200
        assert "/invitations/gx_" in page.content.decode()
        with tenant_tx(tenant.id):
            invitation = Invitation.objects.get()
        again = admin_client.post(f"/settings/invitations/{invitation.id}/", {"action": "resend"})
        assert "/invitations/gx_" in again.content.decode()
        admin_client.post(f"/settings/invitations/{invitation.id}/", {"action": "revoke"})
        with tenant_tx(tenant.id):
            assert Invitation.objects.get().revoked_at is not None
        assert admin_client.post("/settings/users/", {**values, "email": "x"}).status_code == 422
        assert admin_client.post("/settings/users/", {**values, "role_id": "x"}).status_code == 404
        assert admin_client.post("/settings/users/", {**values, "role_id": ""}).status_code == 422

    def test_a_user_is_changed_and_sent_away(self, tenant: Tenant, actor: Actor, admin_client: Client) -> None:
        rep = make_member(actor, "rep@polaris.example")
        with tenant_tx(tenant.id):
            manager, north = Role.objects.get(key="manager"), Team.objects.create(name="North")
        values = {"version": 1, "name": "Rita", "role_id": manager.id, "team_id": rep.team_id, "leads": [north.id]}
        assert admin_client.post(f"/settings/users/{rep.id}/", values).status_code == 302
        with tenant_tx(tenant.id):
            changed = Membership.objects.get(id=rep.id)
            assert (changed.name, changed.role_id, changed.version) == ("Rita", manager.id, 2)
            assert list(TeamMember.objects.values_list("team_id", "leads")) == [(north.id, True)]
        assert admin_client.post(f"/settings/users/{rep.id}/", values).status_code == 412
        admin_client.post(f"/settings/users/{rep.id}/access/", {"active": "0"})
        with tenant_tx(tenant.id):
            assert not Membership.objects.get(id=rep.id).is_active
        admin_client.post(f"/settings/users/{rep.id}/access/", {"active": "1"})
        admin_client.post(f"/settings/users/{actor.member_id}/access/", {"active": "0"})
        with tenant_tx(tenant.id):
            assert Membership.objects.filter(is_active=True).count() == 2

    def test_teams(self, tenant: Tenant, admin_client: Client) -> None:
        with tenant_tx(tenant.id):
            top: Team = Team.objects.get()
        assert admin_client.post("/settings/teams/", {"name": "North", "parent_id": top.id}).status_code == 302
        assert admin_client.post("/settings/teams/", {"name": "North"}).status_code == 422
        with tenant_tx(tenant.id):
            north: Team = Team.objects.get(name="North")
        wrong = admin_client.post(
            f"/settings/teams/{top.id}/", {"name": "Company", "parent_id": north.id, "version": 1}
        )
        assert wrong.status_code == 422
        admin_client.post(f"/settings/teams/{top.id}/delete/")
        admin_client.post(f"/settings/teams/{north.id}/delete/")
        with tenant_tx(tenant.id):
            assert list(Team.objects.values_list("name", flat=True)) == ["Company"]

    @pytest.mark.parametrize(
        "path",
        [
            "users/{member}/",
            "users/{member}/access/",
            "teams/{team}/",
            "teams/{team}/delete/",
            "roles/{role}/",
            "roles/{role}/delete/",
        ],
    )
    def test_a_representative_changes_nothing(self, tenant: Tenant, rep_client: Client, path: str) -> None:
        with tenant_tx(tenant.id):
            member = Membership.objects.get(user__email="rep@polaris.example")
            admin, team = Role.objects.get(key="administrator"), Team.objects.get()
        address = "/settings/" + path.format(member=member.id, team=team.id, role=member.role_id)
        values = {"name": "Mine", "role_id": admin.id, "active": "0"}
        assert rep_client.post(address, values).status_code == 403
        with tenant_tx(tenant.id):
            after = Membership.objects.get(id=member.id)
            assert (after.version, after.role_id, after.is_active) == (1, member.role_id, True)
            assert Team.objects.get().name == "Company"
            assert Role.objects.count() == 4

    def test_rows_of_another_tenant_are_not_found(
        self, tenant: Tenant, other_tenant: Tenant, admin_client: Client
    ) -> None:
        with tenant_tx(other_tenant.id):
            member, team, role = Membership.objects.get(), Team.objects.get(), Role.objects.get(key="sales")
        for path in (f"users/{member.id}/", f"teams/{team.id}/", f"roles/{role.id}/"):
            assert admin_client.post(f"/settings/{path}", {"name": "Ours"}).status_code == 404
            assert admin_client.get(f"/settings/{path}").status_code == 302
        with tenant_tx(other_tenant.id):
            assert (Membership.objects.get().name, Team.objects.get().name) == ("Ada Admin", "Company")
