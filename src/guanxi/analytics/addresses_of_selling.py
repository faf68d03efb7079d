"""Addresses of the optimiser and of selling more."""

from django.urls import path

from guanxi.analytics.views import optimiser, selling

spending = [
    path("value/selling", selling.selling, name="analytics.selling"),
    path("value/products/<uuid:id>/together", selling.bought_together, name="analytics.bought_together"),
    path("value/optimiser/", optimiser.optimiser, name="analytics.optimiser"),
    path("value/optimiser/new", optimiser.new, name="analytics.allocation_new"),
    path("value/optimiser/<uuid:id>/", optimiser.plan, name="analytics.allocation"),
    path("value/optimiser/<uuid:id>/edit", optimiser.edit, name="analytics.allocation_edit"),
    path("value/optimiser/<uuid:id>/compute", optimiser.compute, name="analytics.allocation_compute"),
    path("value/optimiser/<uuid:id>/apply", optimiser.apply, name="analytics.allocation_apply"),
    path("value/optimiser/<uuid:id>/end", optimiser.end, name="analytics.allocation_end"),
    path("value/optimiser/<uuid:id>/copy", optimiser.copy, name="analytics.allocation_copy"),
    path("value/optimiser/<uuid:id>/segment", optimiser.segment, name="analytics.allocation_segment"),
    path("value/optimiser/<uuid:id>/export", optimiser.export, name="analytics.allocation_export"),
    path("value/optimiser/<uuid:id>/delete", optimiser.remove, name="analytics.allocation_delete"),
]
