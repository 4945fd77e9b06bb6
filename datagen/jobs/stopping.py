"""A request to terminate, taken as Ctrl-C is."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """A request to terminate raises KeyboardInterrupt here, so that what is half done is swept away."""

    def stop(*_) -> None:
        raise KeyboardInterrupt

    requests = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        requests = []  # only the main thread hears signals
    before = {request: signal.getsignal(request) for request in requests}
    for request, handler in before.items():
        if handler == signal.SIG_DFL:  # nohup and embedding programs have theirs
            signal.signal(request, stop)
    try:
        yield
    finally:
        for request, handler in before.items():
            if handler is not None:
                signal.signal(request, handler)
