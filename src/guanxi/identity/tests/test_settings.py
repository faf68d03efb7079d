"""Settings pages as a person uses them: what is stored, what is refused beside which field."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from guanxi.core.models import AccessEntry, StoredFile
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import (
    ApiToken,
    BusinessCalendar,
    Company,
    Invitation,
    Membership,
    Role,
    Team,
    TeamMember,
    Tenant,
    User,
)
from guanxi.identity.ports import GUARDED_OBJECTS, GuardedField, GuardedObject
from guanxi.identity.queries import actor_of_token
from guanxi.identity.tests.conftest import signed_in
from guanxi.identity.tests.factories import make_member

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
CALENDAR = {
    "name": "Late shift",
    "time_zone": "Europe/Berlin",
    "country": "DE",
    "region": "BY",
    "hours_0": "14:00-22:00",
    "hours_4": "13:00–17:00，18:00-24:00",
    "days_off": "2026-12-24\n2026-12-31",
    "days_on": "2026-12-26",
}


@pytest.fixture(autouse=True)
def storage_folder(settings: Settings, tmp_path: Path) -> None:
    """Files of a test in a folder of its own."""
    own = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "default": own}


class TestProfile:
    def test_is_saved_and_the_name_goes_along(self, tenant: Tenant, rep_client: Client) -> None:
        values = {
            "name": "王小明",
            "title": "Key accounts",
            "phone": "+86 138 0000 1234",
            "language": "zh-hans",
            "time_zone": "Europe/Berlin",
            "theme": "dark",
            "density": "compact",
            "red_is_up": "1",
        }
        assert rep_client.post("/settings/profile/", values).status_code == 302
        user = User.objects.get(email="rep@polaris.example")
        assert (user.name, user.language, user.time_zone) == ("王小明", "zh-hans", "Europe/Berlin")
        assert (user.theme, user.density, user.red_is_up, user.single_keys) == ("dark", "compact", True, False)
        with tenant_tx(tenant.id):
            member = Membership.objects.get(user=user)
            assert (member.name, member.title, member.version) == ("王小明", "Key accounts", 2)
        page = rep_client.get("/settings/profile/").content.decode()
        assert 'data-theme="dark"' in page
        assert "已保存。" in page

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "\x00"),
            ("name", "x" * 121),
            ("language", "tlh"),
            ("time_zone", "Mars/Olympus"),
            ("theme", "neon"),
            ("density", "1"),
            ("title", "x" * 121),
            ("phone", "x" * 41),
        ],
    )
    def test_wrong_values_change_nothing(self, rep_client: Client, field: str, value: str) -> None:
        good = {"name": "Rep", "language": "en", "time_zone": "UTC", "theme": "dark", "density": "normal"}
        answer = rep_client.post("/settings/profile/", {**good, field: value})
        assert answer.status_code == 422
        assert f'id="id_{field}_error"' in answer.content.decode()
        user = User.objects.get(email="rep@polaris.example")
        assert (user.name, user.theme, user.time_zone) == ("Rep", "auto", "Asia/Shanghai")

    def test_one_preference_from_the_menu(self, rep_client: Client) -> None:
        answer = rep_client.post("/settings/preferences/", {"theme": "dark"}, headers={"hx-request": "true"})
        assert answer.status_code == 204
        assert User.objects.get(email="rep@polaris.example").theme == "dark"
        assert rep_client.post("/settings/preferences/", {"theme": "neon"}).status_code == 400
        assert rep_client.post("/settings/preferences/", {"is_active": "", "email": "x@y.example"}).status_code == 302
        assert User.objects.filter(email="rep@polaris.example", is_active=True, theme="dark").exists()


class TestTokens:
    def test_the_text_is_shown_once_and_works(self, tenant: Tenant, rep_client: Client, rep_actor: Actor) -> None:
        values = {"name": "Sync", "rights": "read", "expires_at": "2099-12-31"}
        page = rep_client.post("/settings/tokens/", values)
        assert page.headers["Cache-Control"] == "no-store"
        [text] = [part for part in page.content.decode().split('"') if part.startswith(f"gx_{tenant.id.hex}_")]
        assert text not in rep_client.get("/settings/tokens/").content.decode()
        with tenant_tx(tenant.id):
            found = actor_of_token(tenant.id, text)
            token = ApiToken.objects.get()
        assert found is not None
        assert (found.member_id, found.token_scopes) == (rep_actor.member_id, ("*:read",))
        assert token.expires_at.isoformat() == "2099-12-31T15:59:59+00:00"
        assert rep_client.post(f"/settings/tokens/{token.id}/end/").status_code == 302
        with tenant_tx(tenant.id):
            assert actor_of_token(tenant.id, text) is None

    @pytest.mark.parametrize(
        "values", [{"name": ""}, {"name": "x", "expires_at": "1999-01-01"}, {"name": "x", "expires_at": "soon"}]
    )
    def test_wrong_values_make_none(self, tenant: Tenant, rep_client: Client, values: dict[str, str]) -> None:
        assert rep_client.post("/settings/tokens/", values).status_code == 422
        with tenant_tx(tenant.id):
            assert ApiToken.objects.count() == 0


class TestCompany:
    def test_is_saved_and_written_down(self, tenant: Tenant, admin_client: Client) -> None:
        values = {
            "name": "Polaris Instruments",
            "currency": "EUR",
            "language": "zh-hans",
            "fiscal_year_start": "4",
            "country": "DE",
            "time_zone": "Europe/Berlin",
            "phone": "+49 30 1",
            "email": "Post@Polaris.example",
            "website": "polaris.example",
            "tax_number": "DE1",
            "address": "Unter den Linden 1\n10117 Berlin",
        }
        assert admin_client.post("/settings/company/", values).status_code == 302
        assert Tenant.objects.get().name == "Polaris Instruments"
        with tenant_tx(tenant.id):
            company = Company.objects.get()
            assert (company.currency, company.fiscal_year_start, company.email) == ("EUR", 4, "post@polaris.example")
            detail = AccessEntry.objects.get(action="company.changed").detail
        assert (detail["name"], detail["currency"]) == (["Polaris", "Polaris Instruments"], ["CNY", "EUR"])
        assert "Polaris Instruments" in admin_client.get("/settings/company/").content.decode()

    @pytest.mark.parametrize(
        ("field", "value"),
        [("name", ""), ("currency", "ZZZ"), ("fiscal_year_start", "13"), ("email", "x"), ("address", "x" * 1001)],
    )
    def test_wrong_values_change_nothing(self, tenant: Tenant, admin_client: Client, field: str, value: str) -> None:
        answer = admin_client.post("/settings/company/", {"name": "New", "country": "DE", field: value})
        assert answer.status_code == 422
        assert f'id="id_{field}_error"' in answer.content.decode()
        assert Tenant.objects.get().name == "Polaris"
        with tenant_tx(tenant.id):
            assert Company.objects.get().country == "CN"
            assert not AccessEntry.objects.filter(action="company.changed").exists()

    def test_the_logo_is_kept_and_served_to_members(
        self, tenant: Tenant, admin_client: Client, rep_client: Client
    ) -> None:
        upload = SimpleUploadedFile("logo.png", PNG, "image/png")
        assert admin_client.post("/settings/company/logo/", {"logo": upload}).status_code == 302
        with tenant_tx(tenant.id):
            logo = Company.objects.get().logo_id
        assert logo is not None
        answer = rep_client.get(f"/files/{logo}/")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
        assert b"".join(answer.streaming_content) == PNG  # type: ignore[attr-defined]
        assert Client().get(f"/files/{logo}/").status_code == 302
        assert f"/files/{logo}/" in rep_client.get("/settings/profile/").content.decode()

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
            ("logo.png", b"MZ not a picture"),
            ("logo.txt", b"just text"),
            ("logo.png", b""),
            ("logo.png", PNG + b"\0" * (1024 * 1024)),
        ],
    )
    def test_other_files_are_no_logo(self, tenant: Tenant, admin_client: Client, name: str, content: bytes) -> None:
        admin_client.post("/settings/company/logo/", {"logo": SimpleUploadedFile(name, content)})
        with tenant_tx(tenant.id):
            assert Company.objects.get().logo_id is None
            assert StoredFile.objects.count() == 0

    def test_rooms_go_off_and_on(self, tenant: Tenant, admin_client: Client) -> None:
        assert admin_client.post("/settings/rooms/", {"rooms": ["catalogue", "identity"]}).status_code == 302
        with tenant_tx(tenant.id):
            off = set(Company.objects.get().rooms_off)
        assert "catalogue" not in off
        assert not off & {"core", "identity", "records", "desk"}
        assert admin_client.get("/settings/rooms/").status_code == 200

    def test_a_room_that_is_off_has_no_page(self, tenant: Tenant, admin_client: Client) -> None:
        assert admin_client.get("/mailbox/").status_code == 200
        admin_client.post("/settings/rooms/", {"rooms": ["catalogue", "customers", "activity", "sales"]})
        assert admin_client.get("/mailbox/").status_code == 404
        assert admin_client.get("/mailbox/", headers={"hx-request": "true"}).status_code == 404
        admin_client.post("/settings/rooms/", {"rooms": ["messaging"]})
        assert admin_client.get("/mailbox/").status_code == 200


class TestCalendars:
    def test_a_calendar_is_made_and_changed(self, tenant: Tenant, admin_client: Client) -> None:
        assert admin_client.post("/settings/calendars/new/", CALENDAR).status_code == 302
        with tenant_tx(tenant.id):
            made = BusinessCalendar.objects.get(name="Late shift")
        assert made.hours == {"0": [["14:00", "22:00"]], "4": [["13:00", "17:00"], ["18:00", "24:00"]]}
        assert [day.isoformat() for day in made.days_off] == ["2026-12-24", "2026-12-31"]
        page = admin_client.get(f"/settings/calendars/{made.id}/").content.decode()
        assert 'value="13:00-17:00, 18:00-24:00"' in page
        answer = admin_client.post(f"/settings/calendars/{made.id}/", {**CALENDAR, "is_default": "1"})
        assert answer.status_code == 302
        with tenant_tx(tenant.id):
            assert list(BusinessCalendar.objects.filter(is_default=True).values_list("name", flat=True)) == [
                "Late shift"
            ]
            office: BusinessCalendar = BusinessCalendar.objects.get(name="Office hours")
        admin_client.post(f"/settings/calendars/{made.id}/delete/")
        admin_client.post(f"/settings/calendars/{office.id}/delete/")
        with tenant_tx(tenant.id):
            assert list(BusinessCalendar.objects.values_list("name", flat=True)) == ["Late shift"]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "Office hours"),
            ("hours_0", "9-17"),
            ("hours_0", "17:00-09:00"),
            ("hours_0", "25:00-26:00"),
            ("hours_0", "09:00-12:00, 11:00-15:00"),
            ("hours_0", "09:00"),
            ("days_off", "tomorrow"),
            ("time_zone", "Mars/Olympus"),
            ("country", "XX"),
        ],
    )
    def test_wrong_values_make_none(self, tenant: Tenant, admin_client: Client, field: str, value: str) -> None:
        assert admin_client.post("/settings/calendars/new/", {**CALENDAR, field: value}).status_code == 422
        with tenant_tx(tenant.id):
            assert BusinessCalendar.objects.count() == 1


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


class TestRoles:
    @pytest.fixture(autouse=True)
    def objects(self, monkeypatch: pytest.MonkeyPatch) -> None:
        fields = (GuardedField("phone", "Phone", True), GuardedField("name", "Name", False))
        listed = (
            GuardedObject("account", "Accounts", "customers", fields),
            GuardedObject("tax", "Taxes", "catalogue", ()),
        )
        monkeypatch.setattr(GUARDED_OBJECTS, "_implementations", {"test": lambda: listed})

    def test_the_matrix_is_stored(self, tenant: Tenant, admin_client: Client) -> None:
        with tenant_tx(tenant.id):
            sales: Role = Role.objects.get(key="sales")
        page = admin_client.get(f"/settings/roles/{sales.id}/").content.decode()
        assert 'name="g.account.view"' in page
        assert 'name="f.account.phone"' in page
        values = {
            "version": 1,
            "name": "Sellers",
            "g.account.view": "all",
            "g.account.edit": "own",
            "f.account.phone": "masked",
            "f.account.name": "write",
        }
        assert admin_client.post(f"/settings/roles/{sales.id}/", values).status_code == 302
        with tenant_tx(tenant.id):
            after = Role.objects.get(id=sales.id)
        assert (after.name, after.version) == ("Sellers", 2)
        assert after.grants == {**sales.grants, "account": {"view": "all", "edit": "own"}}
        assert after.field_access == {"account": {"phone": "masked"}}
        assert admin_client.post(f"/settings/roles/{sales.id}/", values).status_code == 412
        wrong = {**values, "version": 2, "g.account.view": "galaxy"}
        assert admin_client.post(f"/settings/roles/{sales.id}/", wrong).status_code == 422

    def test_a_role_is_added_and_deleted(self, tenant: Tenant, admin_client: Client) -> None:
        with tenant_tx(tenant.id):
            sales: Role = Role.objects.get(key="sales")
        answer = admin_client.post("/settings/roles/", {"name": "外勤", "copy_of": sales.id})
        with tenant_tx(tenant.id):
            made: Role = Role.objects.get(name="外勤")
        assert answer.headers["Location"] == f"/settings/roles/{made.id}/"
        assert made.grants == sales.grants
        admin_client.post(f"/settings/roles/{made.id}/delete/")
        assert admin_client.post("/settings/roles/", {"name": ""}).status_code == 422
        with tenant_tx(tenant.id):
            assert Role.objects.count() == 4


def test_every_change_needs_the_token_of_a_form(tenant: Tenant) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = signed_in("admin@polaris.example").cookies
    assert client.post("/settings/company/", {"name": "Theirs"}).status_code == 403
    assert client.post("/settings/profile/", {"name": "Theirs"}).status_code == 403
    assert Tenant.objects.get().name == "Polaris"
