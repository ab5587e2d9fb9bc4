from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "yingshang.web.desk"
