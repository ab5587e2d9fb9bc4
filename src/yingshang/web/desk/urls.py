from django.urls import path, re_path

from .views import bindings, cases, duplicates, home, imports, parties, search, tasks

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
    path("tasks/", tasks.task_list, name="tasks"),
    path("tasks/batch/", tasks.task_batch, name="task-batch"),
    path("tasks/<int:task_id>/", tasks.task, name="task"),
    re_path(r"^tasks/(?P<task_id>\d+)/(?P<what>claim|release)/$", tasks.task_hold, name="task-hold"),
    path("tasks/<int:task_id>/<slug:what>/", tasks.task_way, name="task-way"),
    path("cases/", cases.case_list, name="cases"),
    path("cases/<int:case_id>/", cases.case, name="case"),
    path("cases/<int:case_id>/withdraw/", cases.case_withdraw, name="case-withdraw"),
    path("cases/<int:case_id>/debts/<int:debt_id>/", cases.debt_settle, name="debt-settle"),
    path(
        "cases/<int:case_id>/commitments/<int:commitment_id>/",
        cases.commitment_check,
        name="commitment-check",
    ),
]
