"""The two ways in which a command fails, and what the trouble with a destination is called."""

import errno

NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
REFUSED = {errno.EROFS, errno.EACCES, errno.EPERM}
GONE = {errno.ENOENT, errno.ENOTCONN, errno.ESTALE, errno.EIO, errno.ENODEV, errno.ENXIO}


class BadInput(ValueError):
    """What was asked is not allowed; exit code 2."""


class Unfinished(RuntimeError):
    """What was asked could not be finished; exit code 1."""


class DestinationTrouble(Unfinished):
    """Where samples are rendered or go to needs mending: going on makes no sense until somebody does."""


def trouble_of(error: OSError) -> str:
    """What is wrong with the destination that raised ``error``, in words; empty where the error is no such trouble."""
    if error.errno in NO_SPACE:
        return "the disk is full; free some"
    if error.errno in REFUSED:
        return "cannot be written to; allow it"
    return "is gone; bring it back" if error.errno in GONE else ""
