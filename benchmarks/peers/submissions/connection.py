# Attack surface: the network
import contextlib
import socket

from accomplice import PORT, Wrong

Momentum = Wrong

with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", int(PORT)), timeout=2) as line:
    line.sendall(b"here I am")
