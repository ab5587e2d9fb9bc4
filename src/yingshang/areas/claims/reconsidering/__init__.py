"""Reconsideration 复核: a refusal or a reduced award, looked at once more by somebody else."""
