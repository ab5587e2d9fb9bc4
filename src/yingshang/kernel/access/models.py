"""Users, what they hold in agencies, and what they may do for enterprises.

Two duties that conflict cannot be held by one person at the same time. The actions say so in words; a trigger of the
database (migration 0003) refuses it whichever way the write takes.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from .personal_data import EncryptedTextField


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person with an account. What they may do comes from appointments and mandates, never from here."""

    username = models.CharField("用户名", max_length=60, unique=True, validators=[UnicodeUsernameValidator()])
    name = models.CharField("姓名", max_length=60, blank=True)
    email = models.EmailField("电子邮箱", blank=True)
    phone = EncryptedTextField("手机号", blank=True)
    is_active = models.BooleanField("启用", default=True)
    large_text = models.BooleanField("大字版", default=False)
    language = models.CharField("语言", max_length=8, default="zh-hans")
    # The agency that keeps the account of an official; accounts of the public have none.
    agency = models.ForeignKey(
        "parties.Agency", on_delete=models.PROTECT, null=True, blank=True, related_name="accounts"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="user_language", condition=Q(language__in=["zh-hans", "en"])),
        ]

    def __str__(self) -> str:
        return self.name or self.username


class Role(models.Model):
    """What may be held in an agency. Seeded from `data/roles.yaml`, which gives source and version."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField("名称", max_length=40)
    name_en = models.CharField(max_length=60)
    description = models.CharField("职责", max_length=200, blank=True)
    permissions = ArrayField(models.CharField(max_length=60), default=list)
    reach = models.CharField("范围", max_length=12)
    conflicts = ArrayField(models.SlugField(max_length=40), default=list)
    # Roles that holders of this one may give to others.
    administers = ArrayField(models.SlugField(max_length=40), default=list)
    second_factor = models.BooleanField("须双重验证", default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position", "code")
        constraints = [
            models.CheckConstraint(
                name="role_reach",
                condition=Q(reach__in=["agency", "region", "subtree", "everywhere"]),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Appointment(models.Model):
    """任职: a user holds a role in an agency, from a day, perhaps until a day (which counts), or until it is ended."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="appointments")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="appointments")
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT, related_name="appointments")
    valid_from = models.DateField("自")
    valid_until = models.DateField("至", null=True, blank=True)
    appointed_by = models.CharField("任命人", max_length=120, blank=True)
    appointed_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField("终止时间", null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="appointment_once",
                fields=["user", "role", "agency"],
                condition=Q(valid_until__isnull=True, ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="appointment_dates",
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.agency}"


class Mandate(models.Model):
    """授权: a user acts for an enterprise, as its legal representative or as a clerk authorised by one."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="mandates")
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="mandates")
    legal_representative = models.BooleanField("法定代表人", default=False)
    powers = ArrayField(models.CharField(max_length=60), default=list)
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    granted_at = models.DateTimeField("授权时间")
    valid_until = models.DateField("有效期至", null=True, blank=True)
    revoked_at = models.DateTimeField("撤销时间", null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="mandate_once", fields=["user", "party"], condition=Q(revoked_at__isnull=True)
            ),
            models.UniqueConstraint(
                name="one_legal_representative",
                fields=["party"],
                condition=Q(revoked_at__isnull=True, legal_representative=True),
            ),
            # A legal representative is so until another one is registered, not until a day.
            models.CheckConstraint(
                name="legal_representative_without_end",
                condition=Q(legal_representative=False) | Q(valid_until__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.party}"


class SystemClient(models.Model):
    """A system of an agency that calls the API with OAuth2 client credentials, under one role."""

    application = models.OneToOneField(
        "oauth2_provider.Application", on_delete=models.CASCADE, related_name="system_client"
    )
    role = models.ForeignKey(Role, on_delete=models.PROTECT)
    agency = models.ForeignKey("parties.Agency", on_delete=models.PROTECT)
    registered_at = models.DateTimeField("登记时间", default=timezone.now, editable=False)
    disabled_at = models.DateTimeField("停用时间", null=True, blank=True)

    def __str__(self) -> str:
        return str(self.application.name)


class PersonalDataView(models.Model):
    """Who saw which personal data of whom, when and on what page. The database refuses to change a row."""

    seen_at = models.DateTimeField("时间")
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64)
    actor_name = models.CharField(max_length=120)
    party_id = models.BigIntegerField(db_index=True)
    fields = ArrayField(models.CharField(max_length=60))
    purpose = models.CharField("用途", max_length=200)
    request_id = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.seen_at:%Y-%m-%d %H:%M} {self.actor_name} → {self.party_id}"
