"""Customers: accounts, contacts and everything known of them (shared ground)."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "guanxi.customers"
    label = "customers"
