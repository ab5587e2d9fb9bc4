from django.urls import path, re_path

from .views import audit, calendars, catalogue, clients, home, jobs, organisation, people

app_name = "administration"
urlpatterns = [
    path("", home.home, name="home"),
    path("regions/", organisation.regions, name="regions"),
    re_path(r"^regions/(?P<code>\d{6}|\d{9})/$", organisation.regions, name="region"),
    path("agencies/", organisation.agency_list, name="agencies"),
    path("agencies/add/", organisation.agency_add, name="agency-add"),
    path("agencies/<int:agency_id>/", organisation.agency, name="agency"),
    re_path(
        r"^agencies/(?P<agency_id>\d+)/(?P<what>rename|move|deactivate|activate)/$",
        organisation.agency_change,
        name="agency-change",
    ),
    path("users/", people.user_list, name="users"),
    path("users/add/", people.user_add, name="user-add"),
    path("users/<int:user_id>/", people.user, name="user"),
    path("users/<int:user_id>/appoint/", people.user_appoint, name="user-appoint"),
    path(
        "users/<int:user_id>/appointments/<int:appointment_id>/end/",
        people.appointment_end,
        name="appointment-end",
    ),
    re_path(
        r"^users/(?P<user_id>\d+)/(?P<what>deactivate|activate|unlock|reset-second-factor)/$",
        people.user_change,
        name="user-change",
    ),
    path("roles/", people.role_matrix, name="roles"),
    path("clients/", clients.client_list, name="clients"),
    path("clients/add/", clients.client_add, name="client-add"),
    path("clients/<int:client_id>/rotate/", clients.client_rotate, name="client-rotate"),
    path("clients/<int:client_id>/disable/", clients.client_disable, name="client-disable"),
    path("calendars/", calendars.calendar, name="calendar"),
    path("calendars/<slug:code>/", calendars.calendar, name="calendar-of"),
    path("facts/", catalogue.catalogue, name="facts"),
    path("facts/<str:code>/", catalogue.fact, name="fact"),
    path("audit/", audit.events, name="audit"),
    path("audit/<int:event_id>/", audit.event, name="audit-event"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<int:job_id>/", jobs.job, name="job"),
    path("jobs/<int:job_id>/retry/", jobs.retry, name="job-retry"),
]
