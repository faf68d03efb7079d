"""A settings form that somebody overtook keeps the input and shows both versions."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import BusinessCalendar, Company, Membership, Role, Team, TeamMember, Tenant
from guanxi.identity.tests.factories import make_member


def form_of(client: Client, path: str) -> dict[str, Any]:
    """What a browser would post from the page's form that carries `before`, untouched."""
    page = client.get(path).content.decode()
    return fields_of(next(form for form in re.findall(r"<form.*?</form>", page, re.S) if 'name="before"' in form))


def fields_of(form: str) -> dict[str, Any]:
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, kind = attribute(tag, "name"), attribute(tag, "type")
        if name and (kind not in ("checkbox", "radio") or " checked" in tag):
            found.setdefault(name, []).append(attribute(tag, "value"))
    for head, text in re.findall(r"(<textarea[^>]*>)(.*?)</textarea>", form, re.S):
        found[attribute(head, "name")] = [unescape(text).replace("\n", "\r\n")]
    for head, body in re.findall(r"(<select[^>]*>)(.*?)</select>", form, re.S):
        chosen = re.findall(r'<option value="([^"]*)" selected', body) or re.findall(r'<option value="([^"]*)"', body)
        found[attribute(head, "name")] = [unescape(chosen[0])]
    return found


def attribute(tag: str, name: str) -> str:
    match = re.search(rf' {name}="([^"]*)"', tag)
    return unescape(match[1]) if match else ""


def test_what_only_one_side_changed_is_kept_from_both(tenant: Tenant, admin_client: Client) -> None:
    form = form_of(admin_client, "/settings/company/")
    admin_client.post("/settings/company/", {"phone": "+49 30 1"})
    assert admin_client.post("/settings/company/", {**form, "website": "polaris.example"}).status_code == 302
    with tenant_tx(tenant.id):
        company = Company.objects.get()
    assert (company.phone, company.website) == ("+49 30 1", "polaris.example")


def test_what_both_changed_is_shown_and_chosen_field_by_field(tenant: Tenant, admin_client: Client) -> None:
    form = form_of(admin_client, "/settings/company/")
    admin_client.post("/settings/company/", {"phone": "theirs", "currency": "EUR", "tax_number": "DE9"})
    mine = {**form, "phone": "<mine>", "currency": "USD", "address": "Main Street 1"}
    answer = admin_client.post("/settings/company/", mine)
    page = answer.content.decode()
    assert answer.status_code == 412
    for text in ("&lt;mine&gt;", "theirs", "USD – US Dollar", "EUR – Euro", "Ada Admin"):
        assert text in page
    with tenant_tx(tenant.id):
        assert Company.objects.get().phone == "theirs"
    again = fields_of(page[page.index('class="stack stack-wide"') - 10 :])
    chosen = {**again, "choice_phone": "mine", "choice_currency": "theirs"}
    assert admin_client.post("/settings/company/", chosen).status_code == 302
    with tenant_tx(tenant.id):
        company = Company.objects.get()
    assert (company.phone, company.currency, company.tax_number) == ("<mine>", "EUR", "DE9")
    assert company.address == "Main Street 1"


def test_a_third_change_is_shown_again(tenant: Tenant, admin_client: Client) -> None:
    form = form_of(admin_client, "/settings/company/")
    admin_client.post("/settings/company/", {"phone": "2"})
    page = admin_client.post("/settings/company/", {**form, "phone": "1"}).content.decode()
    admin_client.post("/settings/company/", {"phone": "3"})
    again = {**fields_of(page[page.index('class="stack stack-wide"') - 10 :]), "choice_phone": "mine"}
    assert admin_client.post("/settings/company/", again).status_code == 412
    with tenant_tx(tenant.id):
        assert Company.objects.get().phone == "3"


def test_an_untouched_form_says_nothing(tenant: Tenant, actor: Actor, admin_client: Client) -> None:
    rep = make_member(actor, "rep@polaris.example")
    with tenant_tx(tenant.id):
        north = Team.objects.create(name="North")
        TeamMember.objects.create(membership=rep, team=north, leads=True)
        calendar, role = BusinessCalendar.objects.get(), Role.objects.get(key="sales")
        calendar.days_off = ["2026-12-24", "2026-12-31"]
        calendar.save()
    paths = [
        f"users/{rep.id}",
        f"teams/{north.id}",
        f"roles/{role.id}",
        f"calendars/{calendar.id}",
        "company",
        "rooms",
        "profile",
    ]
    for path in paths:
        form = form_of(admin_client, f"/settings/{path}/")
        before = form["before"]
        assert admin_client.post(f"/settings/{path}/", form).status_code == 302, path
        assert form_of(admin_client, f"/settings/{path}/")["before"] == before, path
    with tenant_tx(tenant.id):
        assert (Membership.objects.get(id=rep.id).version, Team.objects.get(id=north.id).version) == (1, 1)
        assert list(TeamMember.objects.values_list("leads", flat=True)) == [True]


def test_users_and_roles_are_merged_and_compared(tenant: Tenant, actor: Actor, admin_client: Client) -> None:
    rep = make_member(actor, "rep@polaris.example")
    form = form_of(admin_client, f"/settings/users/{rep.id}/")
    assert admin_client.post(f"/settings/users/{rep.id}/", {**form, "title": "Lead"}).status_code == 302
    assert admin_client.post(f"/settings/users/{rep.id}/", {**form, "phone": "1"}).status_code == 302
    with tenant_tx(tenant.id):
        after = Membership.objects.get(id=rep.id)
        assert (after.title, after.phone, after.version) == ("Lead", "1", 3)
        sales = Role.objects.get(key="sales")
    form = form_of(admin_client, f"/settings/roles/{sales.id}/")
    field = next(name for name in form if name.startswith("g.") and name.endswith(".view"))
    assert admin_client.post(f"/settings/roles/{sales.id}/", {**form, field: "none"}).status_code == 302
    answer = admin_client.post(f"/settings/roles/{sales.id}/", {**form, field: "below"})
    assert answer.status_code == 412
    assert f"choice_{field}" in answer.content.decode()


def test_ones_own_profile_is_merged_and_compared(tenant: Tenant, admin_client: Client) -> None:
    """Somebody left the page open in another window, or an administrator was faster."""
    form = form_of(admin_client, "/settings/profile/")
    assert admin_client.post("/settings/profile/", {**form, "title": "Owner", "single_keys": ""}).status_code == 302
    other = {**form, "phone": "138", "red_is_up": "1"}
    assert admin_client.post("/settings/profile/", other).status_code == 302
    with tenant_tx(tenant.id):
        member = Membership.objects.select_related("user").get(user__email="admin@polaris.example")
    assert (member.title, member.phone, member.user.red_is_up) == ("Owner", "138", True)
    answer = admin_client.post("/settings/profile/", {**form, "title": "Founder"})
    page = answer.content.decode()
    assert answer.status_code == 412 and "Owner" in page and "Founder" in page
    again = {**fields_of(page[page.index('class="stack stack-wide"') - 10 :]), "choice_title": "mine"}
    assert admin_client.post("/settings/profile/", again).status_code == 302
    with tenant_tx(tenant.id):
        member.refresh_from_db()
    assert (member.title, member.phone) == ("Founder", "138")


@pytest.mark.parametrize("before", ["", "{", "[]", "7", "null", '{"name": {"a": 1}}'])
def test_a_broken_note_of_the_form_does_no_harm(tenant: Tenant, admin_client: Client, before: str) -> None:
    answer = admin_client.post("/settings/company/", {"name": "Polaris", "before": before})
    assert answer.status_code in (302, 412)


def test_a_refused_form_keeps_the_input(tenant: Tenant, admin_client: Client) -> None:
    with tenant_tx(tenant.id):
        sales = Role.objects.get(key="sales")
    form = form_of(admin_client, f"/settings/roles/{sales.id}/")
    field = next(name for name in form if name.startswith("g.") and name.endswith(".delete"))
    answer = admin_client.post(f"/settings/roles/{sales.id}/", {**form, "name": "", field: "below"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert fields_of(page[page.index('name="before"') - 300 :])[field] == ["below"]
