from django.urls import path, re_path

from .views import bindings, duplicates, home, imports, parties, search

app_name = "desk"
urlpatterns = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("parties/", parties.parties, name="parties"),
    path("parties/<int:party_id>/", parties.party, name="party"),
    re_path(r"^parties/(?P<party_id>\d+)/facts/(?P<column>[a-z0-9_.]+)/$", parties.fact, name="fact"),
    path("parties/<int:party_id>/personal/", parties.personal, name="party-personal"),
    path("duplicates/", duplicates.duplicate_list, name="duplicates"),
    path("duplicates/<int:first_id>/<int:second_id>/", duplicates.duplicate, name="duplicate"),
    path("merges/<int:merge_id>/undo/", duplicates.merge_undo, name="merge-undo"),
    path("imports/", imports.import_list, name="imports"),
    path("imports/new/", imports.import_new, name="import-new"),
    path("imports/persons/", imports.import_persons_new, name="import-persons-new"),
    path("imports/<int:import_id>/", imports.import_detail, name="import"),
    path("imports/<int:import_id>/rejects.csv", imports.import_rejects_file, name="import-rejects"),
    path("bindings/", bindings.binding_list, name="bindings"),
    path("bindings/<int:request_id>/", bindings.binding, name="binding"),
]
