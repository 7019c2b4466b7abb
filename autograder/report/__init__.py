"""Reports as pages: what is in report.json, for people to look at.

Every page is one file that needs no other: styles, scripts and pictures are inside, nothing is fetched.  It is made of
report.json alone, so it can be made anew at any time and shows nothing that the record does not hold.
"""
