"""Who works here: tenants, people, teams, roles and what each may see."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "guanxi.identity"
    label = "identity"
