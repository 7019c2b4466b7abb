"""A batch in a container: one for a whole class, with the same records, messages and progress as outside.

::

    grade.py run … --docker                          docker run … IMAGE carry-out
    ── host.run(order, events) ── order (stdin) ──▶ guest.carry_out() ── batch.run(order, events)
                   ▲                                       │
                   ╰──────────── events (stdout) ──────────╯

The caller's side finds the submissions, prints and opens pages; the container grades and writes the records.  Paths are
the same on both sides.  An order is a line of JSON (`orders.py`), an event another; who hangs up, by whatever end, ends
the container.
"""
