"""Addresses of customer value."""

from django.urls import path

from guanxi.analytics.addresses import performance, returns
from guanxi.analytics.addresses_of_keeping import staying
from guanxi.analytics.addresses_of_selling import spending
from guanxi.analytics.views import actions, customer, groups, models, overview, retention, runs, satisfaction

urlpatterns = [
    path("value/runs", runs.runs, name="analytics.runs"),
    path("value/runs/start", runs.start, name="analytics.run_start"),
    path("value/runs/<uuid:id>", runs.state, name="analytics.run"),
    path("settings/value/", runs.settings, name="analytics.settings"),
    path("value/", overview.overview, name="analytics.overview"),
    path("value/frame", overview.frame, name="analytics.frame"),
    path("value/lists/<slug:listing>/", overview.value_list, name="analytics.list"),
    path("value/of/<uuid:id>/how", customer.how, name="analytics.how"),
    path("value/retention", retention.retention, name="analytics.retention"),
    path("value/models/", models.models, name="analytics.models"),
    path("value/models/<uuid:id>/", models.model, name="analytics.model"),
    path("value/of/<uuid:id>/action", actions.of_customer, name="analytics.action"),
    path("value/actions", actions.actions, name="analytics.actions"),
    path("value/groups", groups.groups, name="analytics.groups"),
    path("value/groups/overlooked/segment", groups.keep_overlooked, name="analytics.overlooked_segment"),
    path("value/groups/<uuid:id>/", groups.group, name="analytics.group"),
    path("value/groups/<uuid:id>/name", groups.rename, name="analytics.group_name"),
    path("value/groups/<uuid:id>/segment", groups.keep, name="analytics.group_segment"),
    path("value/satisfaction", satisfaction.page, name="analytics.satisfaction"),
    path("value/satisfaction/markets", satisfaction.market, name="analytics.market_new"),
    path("value/satisfaction/markets/<uuid:id>", satisfaction.market, name="analytics.market"),
    path("value/satisfaction/markets/<uuid:id>/delete", satisfaction.remove_market, name="analytics.market_delete"),
    *performance,
    *spending,
    *staying,
    *returns,
]
