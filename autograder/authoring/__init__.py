"""What tells an instructor whether a check is any good, and what helps to write one.

::

    bench ─▶ (trials, mutants) ─▶ audit ─▶ page        who is caught by which check, and who by none
    scaffold                                           a new lab or check that passes its own audit

An audit runs the lab's own code alone, the instructor's reference and what is made of it, so it needs no sandbox; yet a
mutant may hang or fall over, so each runs in a process that may be killed.
"""
