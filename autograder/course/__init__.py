"""A course's own rules: who takes part, when work is due, what lateness costs, and what people entered by hand.

`rules.read_course(path)` reads course.toml, `handins.read_run(folder)` what a run left, and
`results.results(course, lab, run)` puts them together: a record a student.  No file is written here.
"""
