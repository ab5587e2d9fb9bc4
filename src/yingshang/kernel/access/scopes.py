"""OAuth2 scopes are the permissions: a client asks for what it needs and gets at most what its role holds."""

from __future__ import annotations

from typing import Any

from oauth2_provider.scopes import BaseScopes

from .permissions import permissions
from .selectors import actor_of_client


class PermissionScopes(BaseScopes):  # type: ignore[misc]
    """Read by the OAuth2 library; see its documentation of SCOPES_BACKEND_CLASS."""

    def get_all_scopes(self) -> dict[str, str]:
        return {permission.code: permission.name_en for permission in permissions()}

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        return self.get_default_scopes(application, request)

    def get_default_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        if application is None:
            return []
        return sorted(code for grant in actor_of_client(application).grants for code in grant.permissions)
