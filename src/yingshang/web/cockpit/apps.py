from django.apps import AppConfig


class CockpitConfig(AppConfig):
    name = "yingshang.web.cockpit"
