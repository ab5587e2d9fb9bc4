"""What can stop the platform from running, each with a stable code and both languages."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class DatabaseError(DomainError):
    """The embedded database cannot be used; `details` names the folder or the log to look at."""

    code = "operations.database"


class DatabaseNotRunning(DatabaseError):
    """Somebody asked for what only a running database can do."""

    code = "operations.database_not_running"


class DatabaseDamaged(DatabaseError):
    """The data folder is there, and is not a finished database of this release. Nothing in it was touched."""

    code = "operations.database_damaged"


class NoDiskSpace(DatabaseError):
    """There is no room where the data lies."""

    code = "operations.no_disk_space"


class NoAccount(DatabaseError):
    """PostgreSQL refuses to run as root, and there is no account it could run as."""

    code = "operations.no_account"


class KeysLost(DomainError):
    """There is data, and not the keys it was written with. New keys would hide that until it is too late."""

    code = "operations.keys_lost"


class AddressTaken(DomainError):
    """Another program listens where the platform was to listen."""

    code = "operations.address_taken"


class AlreadyServing(DomainError):
    """This platform is running already; `details["process"]` is its number."""

    code = "operations.already_serving"


class BackupFailed(DomainError):
    """No backup was made; nothing stands at the place it was to have."""

    code = "operations.backup_failed"


class UnusableBackup(DomainError):
    """The file is no backup of ours, is damaged, or comes from a newer release. Nothing was changed."""

    code = "operations.unusable_backup"


class RestoreRefused(DomainError):
    """Restoring would destroy something, and nobody has said that it may. Nothing was changed."""

    code = "operations.restore_refused"


class RestoreFailed(DomainError):
    """The database is as it was before: a restore is one transaction."""

    code = "operations.restore_failed"


class UnknownCity(DomainError):
    """CITY names no sample city."""

    code = "operations.unknown_city"


class UnusableSetting(DomainError):
    """A variable of the environment that says nothing usable; the message names it."""

    code = "operations.unusable_setting"


class UnknownAgency(DomainError):
    """No agency with this code has been loaded."""

    code = "operations.unknown_agency"
