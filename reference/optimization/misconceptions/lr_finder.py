"""What goes wrong in `lr_finder.py`."""
