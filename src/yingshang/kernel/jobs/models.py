"""How far a job has come, and what it came to. The queue itself is procrastinate's."""

from __future__ import annotations

from django.db import models


class JobProgress(models.Model):
    """Progress of one job, written by the job as it goes, read by the page that started it."""

    job_id = models.BigIntegerField(primary_key=True)
    title = models.CharField(max_length=200)
    started_by = models.CharField(max_length=64)
    started_by_name = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    message = models.CharField(max_length=400, blank=True)
    result_url = models.CharField(max_length=300, blank=True)
    error = models.TextField(blank=True)
    updated_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.title
