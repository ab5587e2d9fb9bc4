from django.urls import path

from . import receipts, views

app_name = "verify"
urlpatterns = [
    path("", views.home, name="home"),
    path("receipt", receipts.check, name="receipt"),
    path("verify_receipt.py", receipts.verifier_file, name="verifier"),
    path("<str:code>/receipt.json", receipts.download, name="receipt-file"),
    path("<str:code>", views.result, name="result"),
]
