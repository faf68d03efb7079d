"""Addresses of the customer base; accounts and contacts share those that both have."""

from django.urls import path, register_converter

from guanxi.customers import views


class CustomerConverter:
    """accounts or contacts."""

    regex = "accounts|contacts"

    def to_python(self, value: str) -> str:
        """As it stands."""
        return value

    def to_url(self, value: str) -> str:
        """As it stands."""
        return value


register_converter(CustomerConverter, "customers")
ONE = "<customers:plural>/<uuid:id>/"

urlpatterns = [
    path(ONE + "blocks/<slug:name>", views.block, name="customers.block"),
    path(ONE + "consent", views.consent, name="customers.consent"),
    path(ONE + "traits", views.traits, name="customers.traits"),
    path(ONE + "address", views.address, name="customers.address"),
    path(ONE + "point", views.point, name="customers.point"),
    path(ONE + "relationship", views.relationship, name="customers.relationship"),
    path("accounts/<uuid:id>/person", views.people, name="customers.person"),
    path("accounts/<uuid:id>/person/<uuid:contact_id>/remove", views.remove_person, name="customers.person_remove"),
    path("accounts/<uuid:id>/member", views.team, name="customers.member"),
    path("accounts/<uuid:id>/member/<uuid:member_id>/remove", views.remove_member, name="customers.member_remove"),
    path("customers/addresses/<uuid:id>/remove", views.remove_address, name="customers.address_remove"),
    path("customers/points/<uuid:id>/remove", views.remove_point, name="customers.point_remove"),
    path("customers/relationships/<uuid:id>/remove", views.remove_relationship, name="customers.relationship_remove"),
]
