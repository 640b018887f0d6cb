"""One error tree. Every message gives the place, the value and the remedy."""

from __future__ import annotations


class AcclimateError(Exception):
    """Whatever Acclimate refuses to do. The command line exits with `exit_code`."""

    exit_code = 1


class UsageError(AcclimateError):
    """A wrong option, name or setting: the user can mend the command."""

    exit_code = 2


class InputError(AcclimateError):
    """A file that cannot be read as what it claims to be: the user can mend the input."""

    exit_code = 2


class PictureError(InputError):
    """A picture that is not read: broken, too large, animated, or none at all."""


class ModelNotFound(UsageError):
    """A model that is neither a folder, nor packaged, nor to be had from a hub right now."""


class MissingExtra(UsageError):
    """An optional dependency that is not installed."""


class RunFolderBusy(UsageError):
    """Another process is working in this run folder."""


class IndexBusy(UsageError):
    """Another process is changing this index folder."""


class UpdateFailed(AcclimateError):
    """The disk did not let an index folder be changed, which is as it was before."""


class ProcessLost(AcclimateError):
    """Another of the processes that train together has ended."""


class StaleRows(UsageError):
    """Something kept from an earlier run that this version or setting would make otherwise."""


class SnapshotGone(StaleRows):
    """A state of an index folder that is too old to be read any more: open it anew."""
