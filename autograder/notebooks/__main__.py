"""Read one notebook: an order as JSON on standard input, what it holds as JSON on standard output.

{"title": "lab.ipynb", "content": base64, "wanted": {file: {"names": [..], "source": text or null}}, "taken": [..]}

{"modules": {file: {"text", "places": [[cell, line] or null, ..]}}, "imports": {file: text},
 "twice": [[file, name], ..], "defines": [..], "written": {id: text}}   or   {"problem": text}
"""

import base64
import contextlib
import json
import sys
from typing import Any

from .answers import written_answers
from .cells import code_of, read_cells, script, written_files
from .modules import Module, Wanted, assemble

CPU_SECONDS = 20
MEMORY_MB = 2048
_RECURSION_LIMIT = 10_000  # Python's parser takes more than its functions usually may


def read(order: dict[str, Any]) -> dict[str, Any]:
    try:
        content = base64.b64decode(order["content"])
        cells = [script(content)] if order["title"].lower().endswith(".py") else read_cells(content)
    except ValueError as error:
        return {"problem": str(error)}
    files = written_files(cells)
    wanted = {file: Wanted(want["names"], want["source"]) for file, want in order["wanted"].items()}
    written = {file: _written(*files[file]) for file in files if file not in order["taken"]}
    for file in wanted.keys() & written.keys():
        if wanted[file].source is None:
            wanted[file] = Wanted(wanted[file].names, written[file].text)
    found = assemble(order["title"], code_of(cells), wanted, [*order["taken"], *written])
    return {
        "modules": {
            file: {"text": module.text, "places": list(module.places)}
            for file, module in {**written, **found.modules}.items()
        },
        "imports": dict(found.imports),
        "twice": list(found.twice),
        "defines": list(found.defines),
        "written": written_answers(cells),
    }


def _written(text: str, cell: int) -> Module:
    return Module(text, [(cell, line + 2) for line in range(text.count("\n"))])  # the magic is line 1


def _limit() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows has no such thing
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MB << 20, MEMORY_MB << 20))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _limit()
    sys.setrecursionlimit(_RECURSION_LIMIT)
    order = json.loads(sys.stdin.buffer.read())
    sys.stdout.buffer.write(json.dumps(read(order)).encode("ascii"))
