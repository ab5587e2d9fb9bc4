"""Every address of the platform, by face."""

from __future__ import annotations

from django.urls import include, path

from yingshang.web.callbacks import message_reports
from yingshang.web.policies.library.feeds import robots

urlpatterns = [
    path("", include("yingshang.web.portal.urls")),
    path("robots.txt", robots, name="robots"),
    path("policies/", include("yingshang.web.policies.portal_urls")),
    path("claims/", include("yingshang.web.claims.portal_urls")),
    path("appeals/", include("yingshang.web.appeals.portal_urls")),
    path("contracts/", include("yingshang.web.contracts.portal_urls")),
    path("ratings/", include("yingshang.web.ratings.portal_urls")),
    path("desk/", include("yingshang.web.desk.urls")),
    path("desk/policies/", include("yingshang.web.policies.desk_urls")),
    path("desk/claims/", include("yingshang.web.claims.desk_urls")),
    path("desk/appeals/", include("yingshang.web.appeals.desk_urls")),
    path("desk/contracts/", include("yingshang.web.contracts.desk_urls")),
    path("desk/ratings/", include("yingshang.web.ratings.desk_urls")),
    path("cockpit/appeals/", include("yingshang.web.appeals.cockpit_urls")),
    path("cockpit/contracts/", include("yingshang.web.contracts.cockpit_urls")),
    path("cockpit/", include("yingshang.web.cockpit.urls")),
    path("verify/", include("yingshang.web.verify.urls")),
    path("documents/", include("yingshang.web.documents.urls")),
    path("administration/", include("yingshang.web.administration.urls")),
    path("api/", include("yingshang.web.api.urls")),
    path("", include("yingshang.web.design.urls")),
    path("", include("yingshang.web.health.urls")),
    path("account/", include("allauth.urls")),
    path("callbacks/messages/<slug:gateway>", message_reports, name="message-reports"),
    path("language/", include("django.conf.urls.i18n")),
    path("oauth/", include(("yingshang.config.oauth_urls", "oauth2_provider"))),
]

handler400 = "yingshang.web.errors.bad_request"
handler403 = "yingshang.web.errors.not_allowed"
handler404 = "yingshang.web.errors.not_found"
handler500 = "yingshang.web.errors.server_error"
