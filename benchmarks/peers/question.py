"""The question that all three grade: `Momentum`, three points; and its tests as an instructor of the peers writes them.

This grader asks its own hidden checks of the optimization lab. The peers get three tests of a point each, the first
public: the student's class beside `torch.optim.SGD`, by `torch.testing.assert_close`.
"""

LAB, QUESTION, POINTS = "optimization", "momentum", 3.0
MALLORY, NEIGHBOURS = "mallory", ("alice", "zoe")
SECRET = "# hidden: 0x5EC2E7"  # a line of the peers' hidden tests

TESTS = {
    "one_step": "steps=1",
    "ten_steps": "steps=10",
    "weight_decay": "steps=5, weight_decay=0.1",
}

_TRAJECTORY = """\
import torch


def trajectory(build, steps, **hyper):
    generator = torch.Generator().manual_seed(0)
    param = torch.nn.Parameter(torch.randn(4, 3, generator=generator))
    optimizer = build([param], lr=0.1, momentum=0.9, **hyper)
    for _ in range(steps):
        param.grad = torch.randn(4, 3, generator=generator)
        optimizer.step()
    return param.detach()
"""


def otter_tests() -> str:
    """A test file of otter's."""
    text = f"OK_FORMAT = False\n{_TRAJECTORY}\n\nfrom otter.test_files import test_case\n\nname = {QUESTION!r}\n"
    for number, (name, settings) in enumerate(TESTS.items()):
        text += f"\n\n@test_case(name={name!r}, points=1, hidden={number > 0})\ndef {name}(env):\n"
        text += f"    {SECRET}\n" if number else ""
        text += f"    ours, theirs = trajectory(env['Momentum'], {settings}), trajectory(torch.optim.SGD, {settings})\n"
        text += "    torch.testing.assert_close(ours, theirs)\n"
    return text


def nbgrader_tests() -> dict[str, str]:
    """The test cells of nbgrader's source notebook, by name."""
    cells = {}
    for number, (name, settings) in enumerate(TESTS.items()):
        body = f"torch.testing.assert_close(trajectory(Momentum, {settings}), trajectory(torch.optim.SGD, {settings}))"
        if number:
            body = f"### BEGIN HIDDEN TESTS\n{SECRET}\n{body}\n### END HIDDEN TESTS"
        cells[name] = f"{_TRAJECTORY}\n\n{body}"
    return cells
