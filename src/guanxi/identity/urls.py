"""Addresses of identity."""

from django.urls import path

from guanxi.identity.views import background, company, entrance, me, people, rates, roles

urlpatterns = [
    path("language/", entrance.set_language, name="identity.language"),
    path("switch/", entrance.switch_tenant, name="identity.switch"),
    path("start/", entrance.start_company, name="identity.start"),
    path("invitations/<str:token>/", entrance.accept, name="identity.invitation"),
    path("demo/enter/", entrance.enter_demo, name="identity.demo"),
    # The library's pages for what we do otherwise: addresses belong to the administrator, sign-up to invitations.
    path("auth/email/", entrance.closed),
    path("auth/confirm-email/", entrance.closed),
    path("auth/confirm-email/<str:key>/", entrance.closed),
    path("auth/password/set/", entrance.closed),
    path("welcome/", company.welcome, name="identity.welcome"),
    path("settings/", me.settings_home, name="identity.settings"),
    path("settings/profile/", me.profile, name="identity.profile"),
    path("settings/preferences/", me.preferences, name="identity.preferences"),
    path("settings/tokens/", me.tokens, name="identity.tokens"),
    path("settings/tokens/<uuid:id>/end/", me.end_token, name="identity.end_token"),
    path("settings/company/", company.company, name="identity.company"),
    path("settings/company/logo/", company.logo, name="identity.logo"),
    path("settings/rates/", rates.rates, name="identity.rates"),
    path("settings/rates/<uuid:id>/", rates.rate, name="identity.rate"),
    path("settings/rates/<uuid:id>/delete/", rates.remove_rate, name="identity.delete_rate"),
    path("settings/background/", background.background, name="identity.background"),
    path("settings/background/events/<uuid:id>/retry/", background.retry_one_event, name="identity.retry_event"),
    path("settings/background/jobs/<int:number>/retry/", background.retry_one_job, name="identity.retry_job"),
    path("settings/rooms/", company.rooms, name="identity.rooms"),
    path("settings/calendars/", company.calendars, name="identity.calendars"),
    path("settings/calendars/new/", company.calendar, name="identity.new_calendar"),
    path("settings/calendars/<uuid:id>/", company.calendar, name="identity.calendar"),
    path("settings/calendars/<uuid:id>/delete/", company.remove_calendar, name="identity.delete_calendar"),
    path("settings/users/", people.users, name="identity.users"),
    path("settings/users/<uuid:id>/", people.user, name="identity.user"),
    path("settings/users/<uuid:id>/access/", people.user_access, name="identity.user_access"),
    path("settings/invitations/<uuid:id>/", people.invitation, name="identity.invitation_action"),
    path("settings/teams/", people.teams, name="identity.teams"),
    path("settings/teams/<uuid:id>/", people.team, name="identity.team"),
    path("settings/teams/<uuid:id>/delete/", people.remove_team, name="identity.delete_team"),
    path("settings/roles/", roles.roles, name="identity.roles"),
    path("settings/roles/<uuid:id>/", roles.role, name="identity.role"),
    path("settings/roles/<uuid:id>/delete/", roles.remove_role, name="identity.delete_role"),
]
