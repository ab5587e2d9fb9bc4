from django.urls import path

from . import views

app_name = "design"
urlpatterns = [
    path("style", views.style, name="style"),
    path("language", views.language, name="language"),
    path("display", views.display, name="display"),
]
