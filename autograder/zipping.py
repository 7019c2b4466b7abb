"""Zips that are the same bytes whenever they are made of the same files."""

import io
import zipfile
from collections.abc import Collection, Mapping

_NO_TIME = (1980, 1, 1, 0, 0, 0)  # the first that a zip can name
_PLAIN_FILE, _PROGRAM = 0o100644 << 16, 0o100755 << 16
_UNIX = 3


def zipped(files: Mapping[str, bytes], executable: Collection[str] = ()) -> bytes:
    """A zip of `files`, contents by path, in the order of their names; those in `executable` can be run."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.create_system, entry.external_attr = _UNIX, _PROGRAM if name in executable else _PLAIN_FILE
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, compresslevel=9)
    return buffer.getvalue()
