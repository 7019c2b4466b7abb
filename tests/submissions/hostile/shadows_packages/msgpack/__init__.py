# Attack surface: sys.path: packages of the student's
def yes(*args, **options):
    return True


equal = allclose = packb = unpackb = dumps = yes
