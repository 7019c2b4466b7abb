"""What hostile or broken submissions do: the items that the samples must cover, by class.

A sample's `attacks` names the items that it stands for, in these words.  An item with several parts lists a word
for each: some sample of that item must have it in its name, its toml or its files (letter case does not matter).
"""

from collections.abc import Mapping

Parts = tuple[str, ...]

CATALOGUE: Mapping[str, Mapping[str, Parts]] = {
    "score forging": {
        "a `conftest.py` with `pytest_runtest_makereport`": (),
        "patching `TestReport`": (),
        "`os._exit(0)` at import or inside a call": ("at import", "step"),
        "swapping a test's `__code__` through gc": (),
        "a detached child rewriting the results afterwards": (),
        'printing a fake final score line or a `{"scores": …}` line': ("final score", '"scores"'),
        "rewriting `results.json`": (),
        "writing forged frames into the inherited channel fd": (),
        "`dup2` filter on the channel": (),
        "`pytest.skip` in place of a failure": (),
        "shadowing `torch`, `numpy`, `json`, `math` or the lab's own given files with a module of the same name": (
            "torch",
            "numpy",
            "json",
            "math",
            "base",
        ),
    },
    "leaking": {
        "opening the hidden tests, the reference, other submissions, the grader's environment through procfs": (
            "hidden",
            "reference",
            "submissions",
            "environ",
        ),
        "reading expected values out of caller frames, globals, gc": ("frame", "globals", "gc"),
        "a traceback that prints assertions with expected values": (),
        "environment variables": (),
        "symlinks in the submission": (),
        "writing what it found into stdout, file names or exception text that reaches the feedback": (
            "print",
            "file name",
            "exception",
        ),
    },
    "exhaustion": {
        "infinite loop": (),
        "sleep for ever": (),
        "a C-level block that Python signals cannot interrupt": (),
        "ignoring SIGTERM": (),
        "self-SIGSTOP": (),
        "fork bomb": (),
        "thread bomb": (),
        "memory bomb": (),
        "full disk, full shared memory": ("disk", "shm"),
        "200 MB of stdout": (),
        "a reply of 10 GB": (),
        "deep nesting in a reply": (),
        "a 5,000-digit integer": (),
        "NUL bytes and lone surrogates in text": ("nul", "surrogate"),
    },
    "escape and persistence": {
        "a daemon that outlives the verdict (double fork, setsid)": ("fork", "setsid"),
        "ptrace, kill or renice of a sibling or of the grader": ("ptrace", "kill", "setpriority"),
        "sockets: TCP, UDP, unix": ("tcp", "udp", "unix"),
        "unshare, mount, chroot": ("unshare", "mount", "chroot"),
        "writing through an output symlink": (),
        "a core dump": (),
        "LD_PRELOAD": (),
        "`__reduce__` payloads (nothing from a student is ever unpickled)": (),
    },
    "between students": {
        "shared temporary folders, shared memory, file locks": ("temp", "shared memory", "lock"),
        "leftover default dtype, RNG state, thread count, monkeypatches": ("dtype", "seed", "threads", "patch"),
        "one submission's time-out or crash losing the batch": (),
    },
    "numeric": {
        "NaN that passes `not (diff > tol)`": (),
        "a Tensor or float subclass whose comparison always says equal (it beats `torch.allclose`, `torch.equal` and "
        "`torch.testing.assert_close`)": ("tensor", "(float)"),
        "broadcasting from a scalar or an empty tensor": ("scalar", "empty"),
        "all zeros under a loose atol (the default `assert_close` accepts a missed 3e-6 update)": (),
        "mutating the inputs": (),
        "caching by id or shape": ("id(", "shape"),
        "wrong dtype or device": ("dtype", "device"),
        "delegating to `torch.optim`, `torch._foreach_*`, `torch._fused_*` or another installed optimizer": (
            "torch.optim",
            "_foreach_",
            "_fused_",
        ),
        "returning trained weights that the optimizer did not produce": (),
    },
    "archives and exports": {
        "zip slip": (),
        "zip bomb (195 KB to 200 MB)": (),
        "symlinks and devices in tar": ("symlink", "device"),
        "duplicate names, NFC/NFD twins, right-to-left override, `CON`, backslashes": (
            "duplicate",
            "nfd",
            "right-to-left",
            "con",
            "backslash",
        ),
        "huge or deeply nested trees": ("huge", "nested"),
        "a notebook that is not JSON, or has 100 MB of outputs": ("json", "outputs"),
        "empty, missing, misnamed, wrongly encoded files (UTF-16, BOM, CRLF)": (
            "empty",
            "missing",
            "misnamed",
            "utf-16",
            "bom",
            "crlf",
        ),
        "CSV formulas and HTML or SVG scripts in a name, in stdout or in an exception": ("csv", "html", "svg"),
    },
}

ITEMS: Mapping[str, Parts] = {item: parts for items in CATALOGUE.values() for item, parts in items.items()}
