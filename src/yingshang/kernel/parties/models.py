"""Regions, agencies, parties, and what is known about parties.

Facts come in *records*: on a day, a source said these things about a party. Records are never changed. The *portrait*
is what they come to today, kept beside the party so that it can be read in one row.
"""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from yingshang.kernel.access.api import EncryptedTextField


class Region(models.Model):
    """One administrative division of GB/T 2260.

    `path` begins with the path of every division above it, so a subtree is a prefix; the index that Django makes for
    a unique text column serves `LIKE 'prefix%'` too.
    """

    code = models.CharField("区划代码", max_length=9, primary_key=True)
    path = models.CharField(max_length=12, unique=True)
    name = models.CharField("名称", max_length=60)
    full_name = models.CharField(max_length=120)
    level = models.CharField(max_length=12)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")

    class Meta:
        ordering = ("path",)

    def __str__(self) -> str:
        return self.name


class Agency(models.Model):
    """机构: a government body in one region."""

    code = models.CharField("机构代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=80)
    kind = models.CharField("类别", max_length=40)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="agencies")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="below")
    is_active = models.BooleanField("启用", default=True)
    # What the numbers of its official documents begin with, 哈营商; empty where nobody has set one.
    document_code = models.CharField("机关代字", max_length=10, blank=True)

    class Meta:
        ordering = ("region__path", "code")
        constraints = [
            models.UniqueConstraint(
                Upper("document_code"),
                name="parties_document_code_once",
                condition=Q(is_active=True) & ~Q(document_code=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Party(models.Model):
    """主体: an enterprise (any holder of a unified social credit code) or a natural person."""

    ENTERPRISE, PERSON = "enterprise", "person"

    kind = models.CharField(max_length=12, choices=[(ENTERPRISE, "企业"), (PERSON, "个人")])
    credit_code = models.CharField("统一社会信用代码", max_length=18, null=True, blank=True)
    identity_number = EncryptedTextField("证件号码", blank=True)
    identity_hash = models.CharField(max_length=64, null=True, blank=True)
    name = models.CharField("名称", max_length=120)
    # The name without signs and with one width of letters, to find parties that are in the register twice.
    name_key = models.CharField(max_length=120, blank=True)
    # An index below begins with the region.
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, null=True, related_name="parties", db_index=False
    )
    industry = models.CharField("行业代码", max_length=5, blank=True)
    status = models.CharField("登记状态", max_length=12, blank=True)
    size = models.CharField("规模", max_length=6, blank=True)
    established_on = models.DateField("成立日期", null=True, blank=True)
    contact_email = EncryptedTextField("登记联系邮箱", blank=True)
    contact_phone = EncryptedTextField("登记联系电话", blank=True)
    # Keyed hashes of the contact, to find parties registered with the same one.
    email_hash = models.CharField(max_length=64, null=True, blank=True)
    phone_hash = models.CharField(max_length=64, null=True, blank=True)
    # Always the party that was kept in the end, never one that was merged itself.
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="merged")
    search = SearchVectorField(null=True, editable=False)
    demonstration = models.BooleanField("演示数据", default=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="party_credit_code", fields=["credit_code"]),
            models.UniqueConstraint(name="party_identity", fields=["identity_hash"]),
            models.CheckConstraint(
                name="party_identified",
                condition=Q(kind="enterprise", credit_code__isnull=False)
                | Q(kind="person", identity_hash__isnull=False),
            ),
            models.CheckConstraint(
                name="party_code_upper",
                condition=Q(credit_code__isnull=True) | Q(credit_code=Upper("credit_code")),
            ),
            models.CheckConstraint(name="party_not_into_itself", condition=~Q(merged_into=F("id"))),
        ]
        indexes = [
            GinIndex(fields=["search"], name="party_search"),
            models.Index(fields=["region", "id"]),
            models.Index(fields=["name"]),
            models.Index(name="party_name_key", fields=["name_key"]),
            models.Index(name="party_email", fields=["email_hash"], condition=Q(email_hash__isnull=False)),
            models.Index(name="party_phone", fields=["phone_hash"], condition=Q(phone_hash__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name


class FactImport(models.Model):
    """One delivery of a file, from a source, as of a day. It can be resumed after the last batch that committed."""

    RUNNING, DONE, FAILED = "running", "done", "failed"
    ENTERPRISES, PERSONS = "enterprises", "persons"

    # Facts about enterprises, or persons for the register.
    about = models.CharField("内容", max_length=12, default=ENTERPRISES)
    file_name = models.CharField("文件", max_length=200)
    content_hash = models.CharField(max_length=64)
    stored_as = models.CharField(max_length=300, blank=True)
    source = models.CharField("来源", max_length=60, blank=True)
    as_of = models.DateField("数据日期")
    # Where the rows of whoever sent it may lie: the same file sent for another region is another import.
    reach = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, default=RUNNING)
    demonstration = models.BooleanField(default=False)
    started_by_name = models.CharField(max_length=120)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    rows_done = models.BigIntegerField(default=0)
    rows_total = models.BigIntegerField(null=True)
    created = models.BigIntegerField("新增主体", default=0)
    changed = models.BigIntegerField("有变化", default=0)
    unchanged = models.BigIntegerField("无变化", default=0)
    # Of the unchanged ones, those whose facts were told again as of a newer day.
    confirmed = models.BigIntegerField("再次确认", default=0)
    rejected = models.BigIntegerField("剔除", default=0)
    message = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                name="import_once", fields=["content_hash", "source", "as_of", "reach", "about"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.file_name} {self.as_of}"


class ImportReject(models.Model):
    """A row of a file that could not be used, with every reason."""

    fact_import = models.ForeignKey(FactImport, on_delete=models.CASCADE, related_name="rejects")
    row = models.BigIntegerField("行")
    subject = models.CharField(max_length=60, blank=True)
    reasons = models.JSONField()
    values = models.JSONField(default=dict)

    class Meta:
        ordering = ("fact_import", "row")

    def __str__(self) -> str:
        return f"{self.fact_import_id}:{self.row}"


class FactRecord(models.Model):
    """On `as_of`, a delivery said `values` about a party. Never changed; later records supersede it fact by fact.

    `values` maps a source to what it said: a column name (fact code, with the year for a series) to a JSON value,
    numbers as strings of decimal digits, dates as ISO 8601. The name of an enterprise is kept like a fact, as `name`.
    A fact that is not there was not told of, which is not the same as null.
    """

    # The index below begins with the party.
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="records", db_index=False)
    as_of = models.DateField("数据日期")
    received_at = models.DateTimeField("收到时间")
    # Found from the party; an index would serve nothing but the removal of imports, which are never removed.
    fact_import = models.ForeignKey(
        FactImport, on_delete=models.PROTECT, null=True, related_name="records", db_index=False
    )
    values = models.JSONField()

    class Meta:
        indexes = [
            models.Index(fields=["party", "as_of", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.party_id} {self.as_of}"


class Portrait(models.Model):
    """画像: what the records of a party come to (see `history`): column name to value, kept to be read in one row."""

    party = models.OneToOneField(Party, on_delete=models.CASCADE, primary_key=True, related_name="portrait")
    values = models.JSONField(default=dict)
    as_of = models.DateField("数据日期")
    # Grows with every change of any portrait, in the order of commits, so that a snapshot knows which are newer.
    revision = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return str(self.party)


class Coverage(models.Model):
    """Of how many parties of a region a source told something in one import."""

    fact_import = models.ForeignKey(FactImport, on_delete=models.CASCADE, related_name="coverage")
    source = models.CharField("来源", max_length=60)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, related_name="+")
    as_of = models.DateField("数据日期")
    parties = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="coverage_once", fields=["fact_import", "source", "region"], nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.as_of} {self.parties}"


class SnapshotPart(models.Model):
    """One Parquet file of the snapshot: the parties of one bucket, up to a revision."""

    bucket = models.PositiveSmallIntegerField(primary_key=True)
    file_name = models.CharField(max_length=200)
    revision = models.BigIntegerField()
    parties = models.BigIntegerField()
    written_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.file_name


class Merge(models.Model):
    """A duplicate that was merged into another party, and can be separated again."""

    kept = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    duplicate = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField("理由", max_length=400)
    merged_by_name = models.CharField(max_length=120)
    merged_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by_name = models.CharField(max_length=120, blank=True)
    # Mandates that were moved to the party that is kept, so that undoing moves back these and no others.
    moved_mandates = models.JSONField(default=list)
    # Parties that had been merged into the duplicate.
    moved_parties = models.JSONField(default=list)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                name="merge_in_force", fields=["duplicate"], condition=Q(undone_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.duplicate_id} → {self.kept_id}"


class DistinctPair(models.Model):
    """Two parties that look like duplicates and are not, by whose judgement and why; until that is taken back."""

    # The one with the smaller number first, so that a pair has one row.
    first = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField("理由", max_length=400)
    marked_by_name = models.CharField(max_length=120)
    marked_at = models.DateTimeField()
    taken_back_at = models.DateTimeField(null=True)
    taken_back_by_name = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                name="distinct_once", fields=["first", "second"], condition=Q(taken_back_at__isnull=True)
            ),
            models.CheckConstraint(name="distinct_in_order", condition=Q(first__lt=F("second"))),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ≠ {self.second_id}"
