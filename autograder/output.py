"""What a student's processes print, however much: the first and the last of it, and how much lay between."""

from autograder.text import plain


class Output:
    """Keeps about `limit` bytes; taking in 200 MB costs no more memory than that, and little time."""

    def __init__(self, limit: int):
        self.heading = b""  # goes before the next piece
        self._half = max(1, limit // 2)
        self._total = 0
        self._head = b""
        self._tail = bytearray()  # grows to twice what is kept before it is cut, lest each small piece copy it all

    def add(self, data: bytes) -> None:
        if self.heading:
            data, self.heading = self.heading + data, b""
        self._total += len(data)
        room = self._half - len(self._head)
        if room:
            self._head += data[:room]
            data = data[room:]
        self._tail += data[-self._half :]
        if len(self._tail) > 2 * self._half:
            del self._tail[: -self._half]

    def text(self) -> str:
        """The output with control characters made visible, so that a log cannot command a terminal."""
        tail = bytes(self._tail[-self._half :])
        dropped = self._total - len(self._head) - len(tail)
        cut = f"\n[… {dropped} bytes left out …]\n".encode() if dropped else b""
        raw = (self._head + cut + tail).decode("utf-8", "backslashreplace")
        return plain(raw, 4 * (2 * self._half + len(cut)), lines=True)  # an escape has up to four characters a byte
