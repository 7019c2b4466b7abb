"""Written answers for the person who grades them: PDFs and a table for the scores.

`export.export_written` does all of it; `sheets` reads the answers, `markup` and `formulas` make them HTML without
power, `pages` puts documents together, `browser` prints them, `scores` and `blind` keep what people enter.
"""
