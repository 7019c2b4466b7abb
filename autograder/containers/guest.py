"""The side in the container: takes an order from stdin, carries it out, and tells on stdout what becomes of it."""

import fcntl
import os
import select
import signal

from autograder import batch
from autograder.containers.orders import tell_end, tell_error, tell_interrupt, telling, unpack
from autograder.errors import AutograderError


def carry_out() -> None:
    """Carry out the order on stdin; what else would be printed to stdout goes to stderr."""
    orders, told = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    with told:
        try:
            line = orders.readline()
            _end_with(orders.fileno())
            events = telling(lambda text: print(text, end="", file=told, flush=True))
            order = batch.affordable(unpack(line), events)
            told.write(tell_end(batch.run_prepared(order, events)))
        except AutograderError as error:
            told.write(tell_error(error))
        except KeyboardInterrupt:
            told.write(tell_interrupt())


def _end_with(orders: int) -> None:
    """From now on the caller's end, whatever its kind, is a hang-up here: nobody is left to stop this container."""
    if os.isatty(orders):
        return
    fcntl.fcntl(orders, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(orders, fcntl.F_SETSIG, signal.SIGHUP)
    fcntl.fcntl(orders, fcntl.F_SETFL, fcntl.fcntl(orders, fcntl.F_GETFL) | os.O_ASYNC)
    hung_up = select.poll()
    hung_up.register(orders, 0)
    if hung_up.poll(0):  # before anybody was listening
        raise KeyboardInterrupt
