"""Start a zygote: `python -I -S <this folder> CONTROL_FD [SITE_PACKAGES…]`.

`-I -S` keeps the caller's environment, current folder and .pth files out; the packages' folders come as arguments.
"""

import importlib.util
import sys
from pathlib import Path


def _as_package(folder: Path) -> None:
    """Make this folder importable as `worker`, without putting what lies beside it on the path."""
    spec = importlib.util.spec_from_file_location(
        "worker", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["worker"] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != here] + sys.argv[2:]
    _as_package(here)
    importlib.import_module("worker.zygote").main(int(sys.argv[1]))
