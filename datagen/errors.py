"""The two ways in which a command fails, and what a full disk looks like."""

import errno

NO_SPACE = {errno.ENOSPC, errno.EDQUOT}


class BadInput(ValueError):
    """What was asked is not allowed; exit code 2."""


class Unfinished(RuntimeError):
    """What was asked could not be finished; exit code 1."""
