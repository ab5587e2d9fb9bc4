from __future__ import annotations

import pytest
from django.test import Client

from tests.web.api import api_factories as make


@pytest.fixture
def visitor(db: None) -> Client:
    return Client()


@pytest.fixture
def system(db: None) -> make.System:
    return make.a_system()


@pytest.fixture
def client_of_system(system: make.System) -> Client:
    return make.bearer(system)
