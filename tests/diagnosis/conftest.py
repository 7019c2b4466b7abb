"""The variants are no tests, though one file is called as if it were."""

collect_ignore = ["held_out", "held_out_again"]
