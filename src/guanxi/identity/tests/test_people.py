"""Changing users, teams, roles and invitations: who may, what is refused, what is written down."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from guanxi.core.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from guanxi.core.ids import new_id
from guanxi.core.models import AccessEntry, OutboxEvent
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company, Invitation, Membership, Role, Team, TeamMember, Tenant, User
from guanxi.identity.permissions import scope_of
from guanxi.identity.ports import MAIL
from guanxi.identity.queries import actor_of_token, memberships_of, team_tree
from guanxi.identity.services import (
    accept_invitation,
    change_member,
    change_role,
    change_team,
    create_role,
    create_team,
    create_token,
    deactivate_member,
    delete_role,
    delete_team,
    invite_person,
    open_invitation,
    reactivate_member,
    resend_invitation,
    revoke_invitation,
    set_further_teams,
)
from guanxi.identity.tests.factories import PASSWORD, actor_by_email, make_member


def member(tenant: Tenant, email: str) -> Membership:
    with tenant_tx(tenant.id):
        found: Membership = Membership.objects.select_related("role", "user").get(user__email=email)
    return found


def role(tenant: Tenant, key: str) -> Role:
    with tenant_tx(tenant.id):
        found: Role = Role.objects.get(key=key)
    return found


def entries(tenant: Tenant, action: str) -> list[dict[str, Any]]:
    with tenant_tx(tenant.id):
        return list(AccessEntry.objects.filter(action=action).order_by("id").values_list("detail", flat=True))


class TestMembers:
    def test_a_change_counts_the_version_up_and_is_written_down(
        self, tenant: Tenant, actor: Actor, rep_actor: Actor
    ) -> None:
        assert rep_actor.member_id
        manager = role(tenant, "manager")
        before = member(tenant, "rep@polaris.example")
        change_member(actor, member_id=before.id, version=1, role_id=manager.id, title="Lead")
        after = member(tenant, "rep@polaris.example")
        assert (after.role.key, after.title, after.version) == ("manager", "Lead", 2)
        assert entries(tenant, "user.changed") == [
            {"role_id": [str(before.role_id), str(manager.id)], "title": ["", "Lead"]}
        ]
        assert actor_by_email(tenant, "rep@polaris.example").role_key == "manager"

    def test_saving_what_is_there_changes_nothing(self, tenant: Tenant, actor: Actor, rep_actor: Actor) -> None:
        assert rep_actor.member_id
        change_member(actor, member_id=rep_actor.member_id, version=1, name="Rep")
        assert member(tenant, "rep@polaris.example").version == 1
        assert entries(tenant, "user.changed") == []

    def test_refusals(
        self, tenant: Tenant, other_tenant: Tenant, actor: Actor, rep_actor: Actor, manager_actor: Actor
    ) -> None:
        assert rep_actor.member_id
        stranger = member(other_tenant, "admin@borealis.example")
        their_role = role(other_tenant, "manager")
        cases: list[tuple[type[Exception], Actor, dict[str, Any]]] = [
            (NotAllowed, rep_actor, {"member_id": rep_actor.member_id, "name": "Boss"}),
            (NotAllowed, manager_actor, {"member_id": rep_actor.member_id, "name": "Boss"}),
            (Stale, actor, {"member_id": rep_actor.member_id, "version": 7, "name": "Boss"}),
            (Invalid, actor, {"member_id": rep_actor.member_id, "name": "  "}),
            (Invalid, actor, {"member_id": rep_actor.member_id, "name": "x" * 121}),
            (Invalid, actor, {"member_id": rep_actor.member_id, "role_id": their_role.id}),
            (Invalid, actor, {"member_id": rep_actor.member_id, "team_id": new_id()}),
            (NotFound, actor, {"member_id": stranger.id, "name": "Boss"}),
            (NotFound, actor, {"member_id": new_id(), "name": "Boss"}),
        ]
        for error, who, values in cases:
            with pytest.raises(error):
                change_member(who, **values)
        assert member(tenant, "rep@polaris.example").version == 1
        assert member(other_tenant, "admin@borealis.example").name == "Ada Admin"
        assert entries(tenant, "user.changed") == []

    def test_the_last_administrator_stays_one(self, tenant: Tenant, actor: Actor) -> None:
        assert actor.member_id
        with pytest.raises(Conflict):
            change_member(actor, member_id=actor.member_id, role_id=role(tenant, "sales").id)
        with pytest.raises(Conflict):
            deactivate_member(Actor.system(tenant.id), member_id=actor.member_id)
        make_member(actor, "second@polaris.example", "administrator")
        change_member(actor, member_id=actor.member_id, role_id=role(tenant, "sales").id)
        assert member(tenant, "admin@polaris.example").role.key == "sales"

    def test_a_deactivated_person_is_out_at_once(self, tenant: Tenant, actor: Actor, rep_actor: Actor) -> None:
        assert rep_actor.member_id and rep_actor.user_id
        token = create_token(rep_actor, membership=rep_actor.member_id, name="sync")
        deactivate_member(actor, member_id=rep_actor.member_id)
        assert memberships_of(rep_actor.user_id) == []
        with tenant_tx(tenant.id):
            assert actor_of_token(tenant.id, token) is None
        assert entries(tenant, "user.deactivated") == [{"is_active": [True, False]}]
        published = OutboxEvent.objects.filter(name="identity.MemberDeactivated")
        assert [row.payload for row in published] == [{"member_id": str(rep_actor.member_id)}]
        reactivate_member(actor, member_id=rep_actor.member_id)
        assert len(memberships_of(rep_actor.user_id)) == 1
        with tenant_tx(tenant.id):
            assert actor_of_token(tenant.id, token) is None

    def test_nobody_deactivates_the_own_account(self, tenant: Tenant, actor: Actor) -> None:
        assert actor.member_id
        make_member(actor, "second@polaris.example", "administrator")
        with pytest.raises(Conflict):
            deactivate_member(actor, member_id=actor.member_id)
        assert member(tenant, "admin@polaris.example").is_active

    def test_further_teams_widen_what_a_person_sees(self, tenant: Tenant, actor: Actor, rep_actor: Actor) -> None:
        assert rep_actor.member_id
        north = create_team(actor, name="North")
        east = create_team(actor, name="East", parent_id=north.id)
        set_further_teams(actor, member_id=rep_actor.member_id, teams={north.id: True})
        found = actor_by_email(tenant, "rep@polaris.example")
        assert set(found.team_ids) == {rep_actor.team_id, north.id}
        assert {north.id, east.id} <= set(found.below_team_ids)
        with pytest.raises(Invalid):
            set_further_teams(actor, member_id=rep_actor.member_id, teams={new_id(): False})
        with pytest.raises(NotAllowed):
            set_further_teams(rep_actor, member_id=rep_actor.member_id, teams={})
        with tenant_tx(tenant.id):
            assert TeamMember.objects.get().leads
        set_further_teams(actor, member_id=rep_actor.member_id, teams={})
        assert set(actor_by_email(tenant, "rep@polaris.example").team_ids) == {rep_actor.team_id}


class TestTeams:
    def test_a_tree_in_order(self, tenant: Tenant, actor: Actor) -> None:
        north = create_team(actor, name="North")
        create_team(actor, name="Oslo", parent_id=north.id)
        create_team(actor, name="Bergen", parent_id=north.id)
        with tenant_tx(tenant.id):
            found = [(node.team.name, node.depth, node.users) for node in team_tree()]
        assert found == [("Company", 0, 1), ("North", 0, 0), ("Bergen", 1, 0), ("Oslo", 1, 0)]

    def test_a_team_is_no_part_of_itself(self, tenant: Tenant, actor: Actor) -> None:
        a = create_team(actor, name="A")
        b = create_team(actor, name="B", parent_id=a.id)
        c = create_team(actor, name="C", parent_id=b.id)
        for parent in (a, b, c):
            with pytest.raises(Invalid) as refused:
                change_team(actor, team_id=a.id, name="A", parent_id=parent.id)
            assert list(refused.value.errors) == ["parent"]
        change_team(actor, team_id=c.id, version=1, name="C2", parent_id=a.id)
        with tenant_tx(tenant.id):
            moved = Team.objects.get(id=c.id)
            assert (moved.name, moved.parent_id, moved.version) == ("C2", a.id, 2)
            assert Team.objects.get(id=a.id).parent_id is None
        assert entries(tenant, "team.changed") == [{"name": ["C", "C2"], "parent_id": [str(b.id), str(a.id)]}]

    def test_refusals(self, tenant: Tenant, other_tenant: Tenant, actor: Actor, manager_actor: Actor) -> None:
        with tenant_tx(other_tenant.id):
            theirs: UUID = Team.objects.get().id
        with tenant_tx(tenant.id):
            ours: UUID = Team.objects.get().id
        with pytest.raises(NotAllowed):
            create_team(manager_actor, name="Mine")
        with pytest.raises(NotAllowed):
            change_team(manager_actor, team_id=ours, name="Mine")
        with pytest.raises(NotAllowed):
            delete_team(manager_actor, team_id=ours)
        with pytest.raises(Invalid):
            create_team(actor, name="Company")
        with pytest.raises(Invalid):
            create_team(actor, name="New", parent_id=theirs)
        with pytest.raises(NotFound):
            change_team(actor, team_id=theirs, name="New")
        with pytest.raises(Stale):
            change_team(actor, team_id=ours, version=9, name="New")
        with pytest.raises(Conflict):
            delete_team(actor, team_id=ours)
        with tenant_tx(tenant.id):
            assert list(Team.objects.values_list("name", "version")) == [("Company", 1)]
        assert entries(tenant, "team.deleted") == []

    def test_an_empty_team_goes(self, tenant: Tenant, actor: Actor) -> None:
        team = create_team(actor, name="North")
        delete_team(actor, team_id=team.id, version=1)
        with tenant_tx(tenant.id):
            assert not Team.objects.filter(id=team.id).exists()
        assert entries(tenant, "team.deleted") == [{"name": "North"}]


class TestRoles:
    def test_a_copy_starts_with_the_same_rights(self, tenant: Tenant, actor: Actor) -> None:
        source = role(tenant, "sales")
        made = create_role(actor, name="Field Sales", copy_of=source.id)
        assert (made.key, made.grants, made.is_admin) == ("field-sales", source.grants, False)

    def test_changed_rights_hold_at_once(self, tenant: Tenant, actor: Actor, rep_actor: Actor) -> None:
        sales = role(tenant, "sales")
        assert scope_of(rep_actor, "account", "view") == "team"
        with tenant_tx(tenant.id):
            version = Company.objects.get().permissions_version
        grants = {**sales.grants, "account": {"view": "own"}}
        change_role(actor, role_id=sales.id, version=1, grants=grants, field_access={"account": {"phone": "masked"}})
        found = actor_by_email(tenant, "rep@polaris.example")
        assert (scope_of(found, "account", "view"), scope_of(found, "account", "edit")) == ("own", "none")
        assert found.field_access == {"account": {"phone": "masked"}}
        assert found.settings_version == version + 1
        assert role(tenant, "sales").version == 2
        assert list(entries(tenant, "role.changed")[0]) == ["grants", "field_access"]

    @pytest.mark.parametrize(
        "values",
        [
            {"grants": {"account": {"view": "galaxy"}}},
            {"grants": {"account": {"fly": "all"}}},
            {"grants": {"acc;ount": {"view": "all"}}},
            {"field_access": {"account": {"phone": "shouted"}}},
            {"name": ""},
            {"name": "Manager"},
        ],
    )
    def test_wrong_values_change_nothing(self, tenant: Tenant, actor: Actor, values: dict[str, Any]) -> None:
        before = role(tenant, "sales")
        with pytest.raises(Invalid):
            change_role(actor, role_id=before.id, **values)
        after = role(tenant, "sales")
        assert (after.version, after.name, after.grants, after.field_access) == (1, before.name, before.grants, {})

    def test_refusals(self, tenant: Tenant, other_tenant: Tenant, actor: Actor, rep_actor: Actor) -> None:
        sales, admin, theirs = role(tenant, "sales"), role(tenant, "administrator"), role(other_tenant, "sales")
        with pytest.raises(NotAllowed):
            change_role(rep_actor, role_id=sales.id, grants={"*": {"*": "all"}})
        with pytest.raises(NotAllowed):
            create_role(rep_actor, name="Emperor")
        with pytest.raises(NotAllowed):
            delete_role(rep_actor, role_id=sales.id)
        with pytest.raises(Conflict):
            change_role(actor, role_id=admin.id, grants={})
        with pytest.raises(Conflict):
            delete_role(actor, role_id=admin.id)
        with pytest.raises(Conflict):
            delete_role(actor, role_id=sales.id)
        with pytest.raises(NotFound):
            change_role(actor, role_id=theirs.id, name="Ours")
        with pytest.raises(Invalid):
            create_role(actor, name="Second", copy_of=admin.id)
        with pytest.raises(Stale):
            change_role(actor, role_id=sales.id, version=3, name="Sellers")
        with tenant_tx(tenant.id):
            assert Role.objects.count() == 4
        assert role(tenant, "sales").grants == role(other_tenant, "sales").grants
        delete_role(actor, role_id=role(tenant, "read-only").id)
        with tenant_tx(tenant.id):
            assert Role.objects.count() == 3


class TestInvitations:
    @pytest.fixture
    def sent(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str, dict[str, Any]]]:
        """What the port of mail was asked to send: tenant, to, template, context."""
        found: list[tuple[str, str, str, dict[str, Any]]] = []

        def send(tenant_id: UUID, *, to: str, template: str, context: dict[str, Any], language: str) -> None:
            found.append((str(tenant_id), to, template, {**context, "language": language}))

        monkeypatch.setattr(MAIL, "_implementations", {"test": send})
        return found

    def test_by_mail_to_a_new_user(self, tenant: Tenant, actor: Actor, sent: list[Any]) -> None:
        invited = invite_person(actor, email="New@Polaris.example", name="Nora", role_id=role(tenant, "sales").id)
        link = invited.link
        token = link.rstrip("/").rsplit("/", 1)[1]
        assert sent == [
            (
                str(tenant.id),
                "new@polaris.example",
                "invitation",
                {
                    "company": "Polaris",
                    "inviter": "Ada Admin",
                    "name": "Nora",
                    "link": link,
                    "days": 7,
                    "language": "en",
                },
            )
        ]
        assert token not in invited.invitation.token_hash
        shown = open_invitation(token)
        assert (shown.company, shown.email, shown.inviter, shown.known) == (
            "Polaris",
            "new@polaris.example",
            "Ada Admin",
            False,
        )
        joined = accept_invitation(token, name="Nora New", password=PASSWORD)
        found = actor_by_email(tenant, "new@polaris.example")
        assert (found.member_id, found.name, found.role_key, found.team_id) == (
            joined.id,
            "Nora New",
            "sales",
            actor.team_id,
        )
        assert User.objects.get(email="new@polaris.example").check_password(PASSWORD)
        with pytest.raises(NotFound):
            accept_invitation(token, name="Again", password=PASSWORD)
        assert OutboxEvent.objects.get(name="identity.InvitationAccepted").payload == {
            "member_id": str(joined.id),
            "invited_by_id": str(actor.member_id),
        }

    def test_a_known_person_must_be_signed_in_with_that_address(
        self, tenant: Tenant, other_tenant: Tenant, actor: Actor, sent: list[Any]
    ) -> None:
        invited = invite_person(actor, email="admin@borealis.example", role_id=role(tenant, "sales").id)
        token = invited.link.rstrip("/").rsplit("/", 1)[1]
        assert open_invitation(token).known
        with pytest.raises(Conflict):
            accept_invitation(token, name="Thief", password="Another-Horse-8")
        with pytest.raises(Conflict):
            accept_invitation(token, user=User.objects.get(email="admin@polaris.example"))
        known = User.objects.get(email="admin@borealis.example")
        assert known.check_password(PASSWORD)
        assert len(memberships_of(known.id)) == 1
        accept_invitation(token, user=known)
        assert [row["slug"] for row in memberships_of(known.id)] == ["borealis", "polaris"]

    def test_links_end(self, tenant: Tenant, actor: Actor, sent: list[Any]) -> None:
        sales = role(tenant, "sales")
        first = invite_person(actor, email="new@polaris.example", role_id=sales.id)
        second = invite_person(actor, email="new@polaris.example", role_id=sales.id)
        third = resend_invitation(actor, invitation_id=second.invitation.id)
        assert third.invitation.id == second.invitation.id
        tokens = [invited.link.rstrip("/").rsplit("/", 1)[1] for invited in (first, second, third)]
        for token in tokens[:2]:
            with pytest.raises(NotFound):
                open_invitation(token)
        assert open_invitation(tokens[2]).email == "new@polaris.example"
        with tenant_tx(tenant.id):
            row = Invitation.objects.get(id=third.invitation.id)
            assert timedelta(days=6, hours=23) < row.expires_at - timezone.now() <= timedelta(days=7)
            Invitation.objects.update(expires_at=timezone.now())
        with pytest.raises(NotFound):
            open_invitation(tokens[2])
        fourth = resend_invitation(actor, invitation_id=row.id)
        revoke_invitation(actor, invitation_id=row.id)
        with pytest.raises(NotFound):
            open_invitation(fourth.link.rstrip("/").rsplit("/", 1)[1])
        assert not User.objects.filter(email="new@polaris.example").exists()

    def test_refusals(
        self, tenant: Tenant, other_tenant: Tenant, actor: Actor, manager_actor: Actor, sent: list[Any]
    ) -> None:
        sales = role(tenant, "sales")
        with pytest.raises(NotAllowed):
            invite_person(manager_actor, email="new@polaris.example", role_id=sales.id)
        with pytest.raises(Invalid):
            invite_person(actor, email="manager@polaris.example", role_id=sales.id)
        with pytest.raises(Invalid):
            invite_person(actor, email="new@polaris.example", role_id=role(other_tenant, "sales").id)
        with pytest.raises(Invalid):
            invite_person(actor, email="nobody", role_id=sales.id)
        with tenant_tx(tenant.id):
            assert Invitation.objects.count() == 0
        assert sent == []
        for token in ("", "x", f"gx_{tenant.id.hex}_guess", f"gx_{new_id().hex}_guess"):
            with pytest.raises(NotFound):
                open_invitation(token)

    def test_a_weak_password_joins_nobody(self, tenant: Tenant, actor: Actor, sent: list[Any]) -> None:
        invited = invite_person(actor, email="new@polaris.example", role_id=role(tenant, "sales").id)
        token = invited.link.rstrip("/").rsplit("/", 1)[1]
        for name, password in (("Nora", "short"), ("Nora", ""), ("", PASSWORD)):
            with pytest.raises(Invalid):
                accept_invitation(token, name=name, password=password)
        assert not User.objects.filter(email="new@polaris.example").exists()
        assert open_invitation(token).email == "new@polaris.example"
