"""Addresses of KPIs and goals."""

from django.urls import path

from guanxi.analytics.views import goals, kpis

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
]
