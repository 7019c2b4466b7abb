"""The hidden checks of the training loop."""
