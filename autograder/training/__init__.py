"""Training runs that can be trusted: a student's optimizer trains a network, and the grader believes none of it.

Theory of operation
-------------------
A **job** (`job.py`) is all that decides a run: initial weights, batches in order, rates, settings; a seed makes it.
The worker trains by it (`train` in the lab's `convergence_scenarios.py`) and returns its losses and its weights.

`convergence.py` judges that.  It looks at states of the network that the worker wrote down, at steps which nobody
in there knows beforehand, and computes the losses of these states itself: the first ten must be the reference's on
the same batches, and the held-out accuracy of the last must reach the threshold, in two seeds of three.  A run whose
states keep close to the reference's is what it says.  Any other is gone through step by step (`audit.py`): from each
state the rule must lead to the next; where it does not, the step is taken again in a fresh worker, which tells an
optimizer that changed its mind from weights that no optimizer made.

`replay.py` spares most of this: the worker is fed the reference's recorded gradients, and parameters that follow the
reference's all the way were moved by the same rule, so the reference's curve stands for the student's.

::

    datasets ─▶ job ─▶ runs ─▶ convergence ─▶ (audit, replay)     grading
                  ╰──▶ calibration ─▶ tails            thresholds for lab.toml, from many seeds
    experiment ─▶ curves, plots                        a student's own comparison of optimizers
"""
