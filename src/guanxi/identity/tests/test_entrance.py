"""Ways in: sign-in, first company, invitation, demonstration, switcher; and ways that stay shut."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as real_settings
from django.core import mail
from django.test import Client
from pytest_django import Settings

from guanxi.core.models import AccessEntry
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company, Membership, Tenant, User
from guanxi.identity.services import deactivate_member, invite_person
from guanxi.identity.tests.conftest import signed_in
from guanxi.identity.tests.factories import PASSWORD, admin_of, make_member, make_tenant

START = {
    "name": "Vega Ltd",
    "admin_name": "Vera",
    "email": "vera@vega.example",
    "password": PASSWORD,
    "language": "zh-hans",
    "currency": "EUR",
    "country": "DE",
}


def sign_in(client: Client, email: str, password: str) -> int:
    return client.post("/auth/login/", {"login": email, "password": password}).status_code


class TestSignIn:
    def test_with_password_whatever_the_case_of_the_address(self, tenant: Tenant, client: Client) -> None:
        answer = client.post("/auth/login/", {"login": "ADMIN@polaris.example", "password": PASSWORD})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")
        assert client.get("/settings/profile/").status_code == 200
        with tenant_tx(tenant.id):
            entry = AccessEntry.objects.get(action="sign-in")
            assert entry.member_id == Membership.objects.get().id

    def test_goes_on_where_the_visitor_wanted_to(self, tenant: Tenant, client: Client) -> None:
        values = {"login": "admin@polaris.example", "password": PASSWORD}
        inside = client.post("/auth/login/?next=/settings/teams/", {**values, "next": "/settings/teams/"})
        assert inside.headers["Location"] == "/settings/teams/"
        outside = Client().post("/auth/login/", {**values, "next": "https://evil.example/"})
        assert outside.headers["Location"] == "/"

    def test_unknown_address_and_wrong_password_look_alike(self, tenant: Tenant) -> None:
        answers = []
        for email in ("admin@polaris.example", "nobody@polaris.example"):
            answer = Client().post("/auth/login/", {"login": email, "password": "wrong-horse-7"})
            assert "sessionid" not in answer.cookies
            nonce = answer.headers["Content-Security-Policy"].split("'nonce-")[1].split("'")[0]
            text = re.sub(r"\b[A-Za-z0-9]{64}\b", "", answer.content.decode().replace(nonce, ""))
            answers.append((answer.status_code, text.replace(email, "")))
        assert answers[0] == answers[1]
        assert "E-mail or password is wrong. After five tries there is a pause of 15 minutes." in answers[0][1]

    def test_five_tries_then_a_pause(self, tenant: Tenant) -> None:
        client = Client()
        for _ in range(5):
            assert sign_in(client, "admin@polaris.example", "wrong-horse-7") == 200
        answer = client.post("/auth/login/", {"login": "admin@polaris.example", "password": PASSWORD})
        assert answer.status_code == 200
        assert "Too many tries. Wait 15 minutes" in answer.content.decode()
        assert client.get("/settings/profile/").status_code == 302

    def test_sign_out_ends_the_session(self, admin_client: Client) -> None:
        assert admin_client.get("/auth/logout/").status_code == 200
        assert admin_client.post("/auth/logout/").status_code == 302
        assert admin_client.get("/settings/profile/").status_code == 302

    def test_sign_in_wants_the_token_of_the_form(self, tenant: Tenant) -> None:
        client = Client(enforce_csrf_checks=True)
        assert sign_in(client, "admin@polaris.example", PASSWORD) == 403
        assert client.get("/settings/profile/").status_code == 302

    def test_with_a_second_step(self, tenant: Tenant, client: Client) -> None:
        user = User.objects.get()
        Authenticator.objects.create(user=user, type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
        answer = client.post("/auth/login/", {"login": user.email, "password": PASSWORD})
        assert answer.headers["Location"].startswith("/auth/2fa/authenticate/")
        assert client.get("/settings/profile/").status_code == 302
        assert client.get("/auth/2fa/authenticate/").status_code == 200
        assert client.post("/auth/2fa/authenticate/", {"code": "000000"}).status_code == 200
        assert client.get("/settings/profile/").status_code == 302


class TestReset:
    def test_by_mail(self, tenant: Tenant, client: Client) -> None:
        answer = client.post("/auth/password/reset/", {"email": "admin@polaris.example"})
        assert answer.headers["Location"] == "/auth/password/reset/done/"
        [message] = mail.outbox
        assert (message.to, message.subject) == (["admin@polaris.example"], "Choose a new password for Guanxi")
        assert "Hello Ada Admin," in message.body
        [link] = re.findall(r"http://testserver(/auth/password/reset/key/\S+)", str(message.body))
        page = client.get(link, follow=True)
        form = page.redirect_chain[-1][0]
        assert client.post(form, {"password1": "short", "password2": "short"}).status_code == 200
        assert client.post(form, {"password1": "New-Horse-88", "password2": "New-Horse-88"}).status_code == 302
        assert sign_in(Client(), "admin@polaris.example", PASSWORD) == 200
        assert sign_in(Client(), "admin@polaris.example", "New-Horse-88") == 302
        again = client.get(link, follow=True)
        assert "password1" not in again.content.decode()

    def test_of_an_unknown_address_looks_the_same_and_sends_nothing(self, tenant: Tenant, client: Client) -> None:
        answer = client.post("/auth/password/reset/", {"email": "nobody@polaris.example"})
        assert answer.headers["Location"] == "/auth/password/reset/done/"
        assert mail.outbox == []


class TestSessions:
    def test_another_session_is_ended_from_the_list(self, tenant: Tenant) -> None:
        here, there = Client(), Client()
        for client in (here, there):
            assert sign_in(client, "admin@polaris.example", PASSWORD) == 302
            assert client.get("/settings/profile/").status_code == 200
        assert here.get("/auth/sessions/").status_code == 200
        assert here.post("/auth/sessions/").status_code == 302
        assert here.get("/settings/profile/").status_code == 200
        assert there.get("/settings/profile/").status_code == 302

    def test_a_deactivated_member_is_out_in_the_same_moment(
        self, tenant: Tenant, actor: Actor, rep_client: Client
    ) -> None:
        assert rep_client.get("/settings/profile/").status_code == 200
        with tenant_tx(tenant.id):
            rep = Membership.objects.get(user__email="rep@polaris.example")
        deactivate_member(actor, member_id=rep.id)
        answer = rep_client.get("/settings/profile/")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/start/")

    def test_a_member_of_two_goes_on_in_the_other(self, tenant: Tenant, actor: Actor, rep_client: Client) -> None:
        other = make_tenant("vega", admin_email="rep@polaris.example")
        assert rep_client.get("/settings/profile/").status_code == 200
        with tenant_tx(tenant.id):
            rep = Membership.objects.get(user__email="rep@polaris.example")
        deactivate_member(actor, member_id=rep.id)
        assert rep_client.get("/settings/profile/").headers["Location"] == "/"
        assert rep_client.session["tenant_id"] == str(other.id)


class TestStart:
    def test_the_first_company_is_made_in_the_browser(self, client: Client, db: None) -> None:
        assert client.get("/start/").status_code == 200
        answer = client.post("/start/", START)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/welcome/")
        tenant = Tenant.objects.get()
        assert (tenant.slug, tenant.name) == ("vega-ltd", "Vega Ltd")
        with tenant_tx(tenant.id):
            company = Company.objects.get()
            assert (company.currency, company.language, company.country) == ("EUR", "zh-hans", "DE")
            assert company.time_zone == User.objects.get().time_zone == "Europe/Berlin"
            assert Membership.objects.get().name == "Vera"
        page = client.get("/welcome/")
        assert page.status_code == 200
        assert 'lang="zh-Hans"' in page.content.decode()

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "x" * 201),
            ("email", "nobody"),
            ("password", "short"),
            ("currency", "ZZZ"),
            ("language", "xx"),
            ("country", "XX"),
            ("admin_name", "a\x00b"),
        ],
    )
    def test_wrong_input_stands_beside_its_field(self, client: Client, db: None, field: str, value: str) -> None:
        answer = client.post("/start/", {**START, field: value})
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.content.decode() or 'role="alert"' in answer.content.decode()
        assert (Tenant.objects.count(), User.objects.count()) == (0, 0)
        assert client.get("/settings/").status_code == 302

    def test_later_ones_need_a_sign_in_or_an_open_installation(
        self, tenant: Tenant, client: Client, settings: Settings
    ) -> None:
        assert client.get("/start/").status_code == 403
        assert client.post("/start/", START).status_code == 403
        assert Tenant.objects.count() == 1
        settings.DEMO = True
        assert client.get("/start/", REMOTE_ADDR="203.0.113.9", HTTP_HOST="localhost").status_code == 403
        assert client.get("/start/", HTTP_HOST="localhost", HTTP_X_FORWARDED_FOR="203.0.113.9").status_code == 403
        assert client.get("/start/", HTTP_HOST="localhost").status_code == 200
        assert 'href="/start/"' in client.get("/auth/login/", HTTP_HOST="localhost").content.decode()
        settings.DEMO = False
        settings.OPEN_SIGNUP = True
        assert client.post("/start/", {**START, "email": "admin@polaris.example"}).status_code == 422
        assert client.get("/settings/profile/").status_code == 302
        assert client.post("/start/", START).status_code == 302
        assert Tenant.objects.count() == 2

    def test_a_signed_in_person_sets_up_another_company(self, admin_client: Client, tenant: Tenant) -> None:
        answer = admin_client.post("/start/", {**START, "email": "ignored@vega.example"})
        assert answer.status_code == 302
        assert User.objects.count() == 1
        assert admin_client.session["tenant_id"] == str(Tenant.objects.get(slug="vega-ltd").id)
        assert User.objects.get().last_tenant_id == Tenant.objects.get(slug="vega-ltd").id

    def test_attempts_are_counted(self, client: Client, db: None) -> None:
        for _ in range(10):
            assert client.post("/start/", {**START, "password": "short"}).status_code == 422
        assert client.post("/start/", START).status_code == 429
        assert Tenant.objects.count() == 0


class TestInvitation:
    def test_a_newcomer_joins_by_the_link(self, tenant: Tenant, actor: Actor, client: Client) -> None:
        with tenant_tx(tenant.id):
            role_id = Membership.objects.get().role_id
        link = invite_person(actor, email="new@polaris.example", role_id=role_id).link
        path = link.removeprefix(real_settings.ORIGIN)
        page = client.get(path)
        assert page.status_code == 200
        assert "Ada Admin invites you to work in Polaris." in page.content.decode()
        assert client.post(path, {"name": "Nora", "password": "short"}).status_code == 422
        assert client.post(path, {"name": "Nora", "password": PASSWORD}).status_code == 302
        assert "Nora" in client.get("/settings/profile/").content.decode()
        assert Client().get(path).status_code == 404

    def test_a_known_person_signs_in_first(
        self, tenant: Tenant, other_tenant: Tenant, actor: Actor, client: Client
    ) -> None:
        with tenant_tx(tenant.id):
            role_id = Membership.objects.get().role_id
        invited = invite_person(actor, email="admin@borealis.example", role_id=role_id)
        path = invited.link.removeprefix(real_settings.ORIGIN)
        assert client.post(path, {"name": "Thief", "password": PASSWORD}).status_code == 422
        assert client.get("/settings/profile/").status_code == 302
        wrong = signed_in("admin@polaris.example")
        assert wrong.post(path).status_code == 422
        right = signed_in("admin@borealis.example")
        assert right.post(path).status_code == 302
        assert right.session["tenant_id"] == str(tenant.id)

    @pytest.mark.parametrize("token", ["x", "gx_0_0", "gx_" + "0" * 32 + "_guess"])
    def test_a_guess_finds_nothing(self, client: Client, db: None, token: str) -> None:
        assert client.get(f"/invitations/{token}/").status_code == 404


class TestDemo:
    @pytest.fixture
    def demo(self, db: None, settings: Settings) -> Tenant:
        settings.DEMO = True
        found = make_tenant("demo")
        make_member(admin_of(found), "outside@polaris.example")
        return found

    def test_one_person_of_each_role_is_offered(self, demo: Tenant, client: Client) -> None:
        for email in ("first@demo.example", "second@demo.example"):
            make_member(admin_of(demo), email)
        page = client.get("/auth/login/", headers={"host": "127.0.0.1:8000"}).content.decode()
        assert 'value="first@demo.example"' in page
        assert "second@demo.example" not in page

    def test_one_click_enters(self, demo: Tenant, client: Client) -> None:
        page = client.get("/auth/login/", headers={"host": "127.0.0.1:8000"}).content.decode()
        assert 'value="admin@demo.example"' in page
        assert "outside@polaris.example" not in page
        answer = client.post(
            "/demo/enter/", {"email": "admin@demo.example", "next": "/settings/"}, headers={"host": "localhost"}
        )
        assert (answer.status_code, answer.headers["Location"]) == (302, "/settings/")
        assert client.get("/settings/profile/", headers={"host": "localhost"}).status_code == 200

    @pytest.mark.parametrize(
        ("address", "headers", "demo_on", "email"),
        [
            ("198.51.100.7", {"host": "localhost"}, True, "admin@demo.example"),
            ("127.0.0.1", {"host": "crm.example"}, True, "admin@demo.example"),
            ("127.0.0.1", {"host": "localhost", "x-forwarded-for": "198.51.100.7"}, True, "admin@demo.example"),
            ("127.0.0.1", {"host": "localhost"}, False, "admin@demo.example"),
            ("127.0.0.1", {"host": "localhost"}, True, "outside@polaris.example"),
            ("127.0.0.1", {"host": "localhost"}, True, "nobody@demo.example"),
        ],
    )
    def test_and_nobody_else(
        self, demo: Tenant, settings: Settings, address: str, headers: dict[str, str], demo_on: bool, email: str
    ) -> None:
        settings.DEMO = demo_on
        settings.ALLOWED_HOSTS = ["*"]
        client = Client(REMOTE_ADDR=address)
        assert client.post("/demo/enter/", {"email": email}, headers=headers).status_code == 404
        assert "_auth_user_id" not in client.session
        if email == "admin@demo.example":
            assert "/demo/enter/" not in client.get("/auth/login/", headers=headers).content.decode()

    def test_only_by_a_form_of_ours(self, demo: Tenant) -> None:
        client = Client(enforce_csrf_checks=True)
        answer = client.post("/demo/enter/", {"email": "admin@demo.example"}, headers={"host": "localhost"})
        assert answer.status_code == 403
        assert client.get("/demo/enter/", headers={"host": "localhost"}).status_code == 405


class TestSwitcher:
    def test_moves_to_the_other_company_and_stays_there(self, tenant: Tenant, admin_client: Client) -> None:
        other = make_tenant("vega", admin_email="admin@polaris.example")
        assert admin_client.get("/settings/profile/").status_code == 200
        answer = admin_client.post(f"/switch/?tenant={other.id}")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")
        assert admin_client.session["tenant_id"] == str(other.id)
        assert signed_in("admin@polaris.example").get("/settings/company/").content.decode().count('value="Vega"') == 1

    def test_not_into_a_company_of_others(self, tenant: Tenant, other_tenant: Tenant, admin_client: Client) -> None:
        admin_client.get("/settings/profile/")
        for wanted in (str(other_tenant.id), "", "x", str(User.objects.first().id)):  # type: ignore[union-attr]
            assert admin_client.post("/switch/", {"tenant": wanted}).status_code == 404
        assert admin_client.session["tenant_id"] == str(tenant.id)
        assert admin_client.get(f"/switch/?tenant={tenant.id}").status_code == 405


class TestLanguage:
    def test_before_sign_in_it_is_a_cookie(self, tenant: Tenant, client: Client) -> None:
        answer = client.post("/language/", {"language": "zh-hans", "next": "/auth/login/"})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/auth/login/")
        assert '<html lang="zh-Hans"' in client.get("/auth/login/").content.decode()

    def test_after_it_it_is_the_persons(self, admin_client: Client) -> None:
        admin_client.post("/language/", {"language": "zh-hans", "next": "https://evil.example/"})
        assert User.objects.get().language == "zh-hans"

    def test_an_unknown_one_changes_nothing(self, admin_client: Client) -> None:
        answer = admin_client.post("/language/", {"language": "tlh"})
        assert (answer.status_code, dict(answer.cookies)) == (302, {})
        assert User.objects.get().language == "en"
