"""The only package that ever runs beside a student's code.

Theory of operation
-------------------
The grader starts one **zygote** (`zygote.py`): a clean interpreter with an empty environment that imports torch
and the lab's scenarios, and holds no answers.  For every check the zygote forks a **worker**, which locks itself
down (`lockdown.py`), says hello on its channel (`wire.py`) and then serves (`serve.py`): it receives the
student's files as bytes, imports them, runs scenarios on them and sends the traces back.

::

    grader ──control──▶ zygote ──fork──▶ worker        control: SEQPACKET, "fork" and four descriptors
       ╰──────────────channel─────────────╯            channel: STREAM, length-prefixed frames, data only
       ╰────lease────▶ zygote                          lease:   SEQPACKET, one a worker: pidfd, then exit status;
                                                                closing it kills the worker

Nothing here imports the rest of the project, so the folder can be started alone, and a student who reads all
of it learns no answer.
"""
