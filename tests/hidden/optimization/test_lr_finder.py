"""The hidden checks of the learning-rate finder."""
