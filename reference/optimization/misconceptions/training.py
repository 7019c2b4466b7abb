"""What goes wrong in `training.py`."""
