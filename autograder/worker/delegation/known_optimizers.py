"""What does a student's work for them: torch.optim, the kernels that it is made of, and optimizer libraries."""

import re
from collections.abc import Iterable

LIBRARIES = (
    "apex",
    "bitsandbytes",
    "deepspeed",
    "fairscale.optim",
    "jax.example_libraries.optimizers",
    "jax.experimental.optimizers",
    "keras.optimizers",
    "lion_pytorch",
    "optax",
    "pytorch_optimizer",
    "schedulefree",
    "tensorflow.keras.optimizers",
    "tensorflow.optimizers",
    "tensorflow.train",
    "timm.optim",
    "timm.scheduler",
    "torch_optimizer",
    "torch_xla",
    "transformers.optimization",
)
TORCH_OPTIM, FOREACH, FUSED = "torch.optim", "torch._foreach_*", "torch._fused_*"
RULES = frozenset(
    """
    Adafactor Adadelta Adagrad Adam Adamax AdamW ASGD LBFGS Muon NAdam RAdam RMSprop Rprop SGD SparseAdam lr_scheduler
    swa_utils
    """.split()  # noqa: SIM905 - as a list it would be twenty lines
)
_FOREACH = re.compile(r"_(?:amp_)?foreach_\w+")
_FOREACH_OF_TORCH = re.compile(
    r"_foreach_(?:abs|add|addcdiv|addcmul|copy|div|exp|lerp|max|maximum|minimum|mul|neg|norm|pow|reciprocal|rsqrt|sign|"
    r"sqrt|sub|zero)_?"
)
_FUSED = re.compile(r"_fused_(?:ada|sgd|lion|lamb|lars)\w*")
_FROM_TRANSFORMERS = re.compile(r"transformers\.(?:Ad\w+|get_\w*schedule\w*)")
_MENTION = re.compile(
    r"\boptim\b|_foreach_|_fused_(?:ada|sgd)|\b(?:" + "|".join(re.escape(name) for name in LIBRARIES) + r")\b"
)


def label(path: str) -> str | None:
    """What a dotted path belongs to among the things that do a student's work; None for anything else."""
    for name in LIBRARIES:
        if path == name or path.startswith(f"{name}."):
            return name.partition(".")[0]
    if _FROM_TRANSFORMERS.match(path):
        return "transformers"
    parts = path.split(".")
    if any(map(_FOREACH.fullmatch, parts)):
        return FOREACH
    if any(map(_FUSED.fullmatch, parts)):
        return FUSED
    if "torch" in parts and not {"optim", "optimizers", "_functional_optim", "common_optimizers"}.isdisjoint(
        parts[parts.index("torch") :]
    ):
        return TORCH_OPTIM
    return None


def is_kernel(name: str) -> bool:
    """Whether an attribute of this name is one of those kernels, whatever it is an attribute of."""
    return bool(_FOREACH_OF_TORCH.fullmatch(name) or _FUSED.fullmatch(name))


def mentioned(text: str) -> Iterable[str]:
    """What a text that is run as code speaks of."""
    for match in _MENTION.finditer(text):
        word = match.group()
        yield {"optim": TORCH_OPTIM}.get(word, f"torch.{word}add" if word.startswith("_") else word)
