"""Exponential moving averages; `tools` has no __init__.py."""


def moving_average(average, new, beta):
    return beta * average + (1 - beta) * new


def corrected(average, beta, steps):
    return average / (1 - beta**steps)
