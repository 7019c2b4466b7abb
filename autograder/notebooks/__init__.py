"""What a student's notebook holds: the code that the lab asks for, as modules, and the answers in words.

::

    reading   the trusted end: hands the notebook's bytes to a process of its own, and takes data back
    cells     cells, without the magics and shell lines that only Jupyter understands      ┐
    slicing   which statements the asked-for names need, and no others                     │ in that process
    modules   these statements as modules, each line with the cell that it comes from      │
    answers   the written answers                                                          ┘

Nothing of the notebook is run here.  It is parsed, though, and a parser can be brought down: so that happens in a
process with limits, whose end costs this notebook alone.
"""
