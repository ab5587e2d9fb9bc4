"""What was tried in the sandbox and is worth keeping."""

from __future__ import annotations

from django.db import models

from .library import ItemVersion, PolicyItem


class SandboxScenario(models.Model):
    """A version of an item with certain figures, over the enterprises of a place, and what it came to.

    `parameters` holds every figure of the item as {"name", "unit", "present", "value"}: in force on `day`, and tried.
    `outcome` is what the sandbox answered, without enterprises. A scenario is not changed; removed, it can be brought
    back.
    """

    item = models.ForeignKey(PolicyItem, on_delete=models.PROTECT, related_name="scenarios")
    version = models.ForeignKey(ItemVersion, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    name = models.CharField("名称", max_length=80)
    day = models.DateField("推演日期")
    parameters = models.JSONField(default=list)
    # The smallest place that holds all enterprises it is about: who does not reach it does not see the scenario.
    region_path = models.CharField("地区", max_length=12, blank=True)
    places = models.JSONField(default=list)
    # When the facts it was computed from were written.
    facts_at = models.DateTimeField()
    outcome = models.JSONField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)
    created_by_name = models.CharField("推演人", max_length=120)
    # The report in documents, and the event its receipt is of.
    document_id = models.BigIntegerField(null=True)
    report_event = models.BigIntegerField(null=True)
    removed_at = models.DateTimeField(null=True)
    removed_by_name = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [
            models.Index(name="policies_scenario_item", fields=["item", "-created_at"]),
        ]

    def __str__(self) -> str:
        return self.name
