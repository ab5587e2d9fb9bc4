from django.urls import path

from . import views

app_name = "verify"
urlpatterns = [
    path("", views.home, name="home"),
    path("<str:code>", views.result, name="result"),
]
