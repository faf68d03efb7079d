"""Own settings as a person uses them: profile, preferences, tokens."""

import pytest
from django.test import Client

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import (
    ApiToken,
    Membership,
    Tenant,
    User,
)
from guanxi.identity.queries import actor_of_token


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
