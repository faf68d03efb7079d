"""Addresses of KPIs, goals, forecast and plans."""

from django.urls import path

from guanxi.analytics.return_addresses import sheets
from guanxi.analytics.views import forecast, goals, kpis
from guanxi.analytics.views import returns as roi

performance = [
    path("value/kpis/", kpis.kpis, name="analytics.kpis"),
    path("value/kpis/new", kpis.new_kpi, name="analytics.kpi_new"),
    path("value/kpis/<slug:kpi>/", kpis.kpi, name="analytics.kpi"),
    path("value/kpis/<slug:kpi>/decide", kpis.decide, name="analytics.kpi_decide"),
    path("value/kpis/<slug:kpi>/delete", kpis.remove, name="analytics.kpi_delete"),
    path("value/goals/", goals.goals, name="analytics.goals"),
    path("value/goals/new", goals.new_goal, name="analytics.goal_new"),
    path("value/goals/<uuid:id>/", goals.goal, name="analytics.goal"),
    path("value/goals/<uuid:id>/edit", goals.edit_goal, name="analytics.goal_edit"),
    path("value/goals/<uuid:id>/split", goals.split_goal, name="analytics.goal_split"),
    path("value/goals/<uuid:id>/delete", goals.remove_goal, name="analytics.goal_delete"),
    path("value/goals/<uuid:id>/say", goals.say, name="analytics.goal_say"),
    path("value/people/<uuid:member_id>/", goals.person, name="analytics.person"),
    path("forecast/", forecast.forecast, name="analytics.forecast"),
    path("forecast/say", forecast.say, name="analytics.forecast_say"),
    path("forecast/plans/new", forecast.new_plan, name="analytics.plan_new"),
    path("forecast/plans/<uuid:plan_id>/", forecast.plan, name="analytics.plan"),
    path("forecast/plans/<uuid:plan_id>/goals", forecast.plan_goals, name="analytics.plan_goals"),
    path("forecast/plans/<uuid:plan_id>/delete", forecast.remove_plan, name="analytics.plan_delete"),
]
returns = [
    path("value/return/", roi.overview, name="analytics.return"),
    path("value/return/figures", roi.figures, name="analytics.return_figures"),
    *sheets,
]
