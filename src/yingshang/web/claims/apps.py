from django.apps import AppConfig


class ClaimPagesConfig(AppConfig):
    name = "yingshang.web.claims"
    label = "claim_pages"
