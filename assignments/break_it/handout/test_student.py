"""Your tests: they pass on right optimizers and schedules, and fail on broken ones. The README says what counts."""

import pytest
import torch
from optimizers import SGD, Adam, AdamW, Momentum
from schedulers import WarmupCosineLR

# Write functions whose names begin with test_.
