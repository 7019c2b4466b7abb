"""Which device the training runs take place on."""

import os

from autograder.errors import UsageError


def choose(wanted: str) -> str:
    """ "cpu" or "cuda" for "auto", "cpu" or "cuda"; asks the driver and starts nothing on the device.

    Raises:
        UsageError: "cuda" is wanted and there is none.
    """
    if wanted == "cpu":
        return "cpu"
    os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"] = "1"  # or the question alone would start CUDA in this process
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if wanted == "cuda":
        raise UsageError(
            "--device cuda, but torch sees no CUDA device here: see that the driver is loaded (nvidia-smi) and that "
            "torch was built with CUDA (python -c 'import torch; print(torch.version.cuda)'), or pass --device cpu."
        )
    return "cpu"
