"""The program, to which each group of commands adds its own."""

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="Grade deep-learning labs: students' optimizers and schedules against a reference, as numbers.",
    epilog="Exit codes: 0 all graded (or all checks passed), 1 something needs staff (or a check did not pass), "
    "2 wrong usage, 130 interrupted.",
)


@app.callback()
def _commands() -> None:
    """Without this, typer would take a lone command for the whole program."""
