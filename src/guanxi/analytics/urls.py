"""Addresses of customer value."""

from django.urls import path

from guanxi.analytics.views import customer, overview, satisfaction

urlpatterns = [
    path("value/", overview.overview, name="analytics.overview"),
    path("value/frame", overview.frame, name="analytics.frame"),
    path("value/lists/<slug:listing>/", overview.value_list, name="analytics.list"),
    path("value/of/<uuid:id>/how", customer.how, name="analytics.how"),
    path("value/satisfaction", satisfaction.page, name="analytics.satisfaction"),
    path("value/satisfaction/markets", satisfaction.market, name="analytics.market_new"),
    path("value/satisfaction/markets/<uuid:id>", satisfaction.market, name="analytics.market"),
    path("value/satisfaction/markets/<uuid:id>/delete", satisfaction.remove_market, name="analytics.market_delete"),
]
