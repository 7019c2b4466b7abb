# Attack surface: standard output: 200 MB of it
from accomplice import Wrong

Momentum = Wrong

for _ in range(200):
    print("A" * (1 << 20))
