"""Addresses of keeping customers: what is expected, warnings, measures."""

from django.urls import path

from guanxi.analytics.views import keeping

staying = [
    path("value/of/<uuid:id>/expected", keeping.of_customer, name="analytics.expected_of"),
    path("value/retention/expected", keeping.expected, name="analytics.expected"),
    path("value/retention/warnings", keeping.warnings, name="analytics.warnings"),
    path("value/retention/measures", keeping.measure_list, name="analytics.measures"),
    path("value/retention/measures/adopt", keeping.adopt, name="analytics.measures_adopt"),
    path("value/retention/measures/new", keeping.measure, name="analytics.measure_new"),
    path("value/retention/measures/<uuid:id>", keeping.measure, name="analytics.measure"),
    path("value/retention/measures/<uuid:id>/delete", keeping.remove_measure, name="analytics.measure_delete"),
]
