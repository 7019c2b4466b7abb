"""Submissions that are the same code with other names.

Found by their fingerprints, shown side by side, and judged by nobody but a person.

::

    fingerprints   what a file is made of, whatever its names: copydetect's tokens and winnowing, starter code left out
    __main__       … in a process of its own, for a lexer can be brought down by what it reads
    reading        the trusted end: submissions in, fingerprints out
    comparing      a class: who shares with whom what few others have
    passages       where two are alike, in lines
    clearing       what was found before goes
    record         likeness.json and a page a pair, in the run's folder; none of it in a student's own report
"""
