"""Addresses of customer value."""

from django.urls import path

from guanxi.analytics.views import customer, overview

urlpatterns = [
    path("value/", overview.overview, name="analytics.overview"),
    path("value/frame", overview.frame, name="analytics.frame"),
    path("value/lists/<slug:listing>/", overview.value_list, name="analytics.list"),
    path("value/of/<uuid:id>/how", customer.how, name="analytics.how"),
]
