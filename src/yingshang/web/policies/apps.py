from django.apps import AppConfig


class PolicyPagesConfig(AppConfig):
    name = "yingshang.web.policies"
    label = "policy_pages"
