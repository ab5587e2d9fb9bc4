from django.apps import AppConfig


class VerifyConfig(AppConfig):
    name = "yingshang.web.verify"
