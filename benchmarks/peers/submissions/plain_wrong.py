# Attack surface: none; a control
from accomplice import Wrong

Momentum = Wrong
