"""Results in the formats of the systems that courses have, a file each: functions from records to text.

Where a system has a file of its own, as Canvas and Moodle do, the instructor's is taken and only the cells that are
ours are changed; all else stays byte for byte.
"""
