"""Only what the client credentials grant needs: the token and its end."""

from __future__ import annotations

from django.urls import path
from oauth2_provider.views import RevokeTokenView

from yingshang.web.api.views import token

urlpatterns = [
    path("token/", token, name="token"),
    path("revoke/", RevokeTokenView.as_view(), name="revoke-token"),
]
