"""Written answers for the person who grades them: what is shown of them, and what becomes of entered scores.

The PDFs themselves are looked at in tests/browser; here no browser is found, so that pages of HTML take their place.
"""

import csv
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import prose
import pytest

from autograder.errors import UsageError
from autograder.lab import Lab
from autograder.written import markup
from autograder.written.export import export_written
from autograder.written.filenames import file_names
from autograder.written.rendering import Renderer

VOID = {"br", "hr", "meta", "img", "link", "input"}


class Outline(HTMLParser):
    """Elements, attributes and text of a page, and whether every element ends where it should."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: set[tuple[str, str]] = set()
        self.answers: list[str] = []
        self.words = ""
        self._depth = 0
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}
        if tag not in VOID:
            self.open.append(tag)
        if ("class", "answer") in attrs:
            self._depth = len(self.open)
            self.answers.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag
            self._depth = self._depth if len(self.open) >= self._depth else 0

    def handle_data(self, data: str) -> None:
        self.words += data
        if self._depth:
            self.answers[-1] += data


def shown(text: str) -> str:
    """What a reader sees of an answer, which is looked through for anything that acts."""
    html = markup.as_html(text)
    page = Outline(html)
    assert not {"a", "img", "script", "style", "iframe", "link", "svg", "form", "input", "object", "base"} & {
        *page.tags
    }
    assert {name for name, _ in page.attributes} <= {"class", "start", *markup._MATHML_ATTRIBUTES}
    return page.words


# One answer


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*so* **much** ~~less~~ `x < y`", "<em>so</em> <strong>much</strong> <del>less</del> <code>x &lt; y</code>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>'),
        ("- [x] done\n- [ ] not", "<li>☑ done</li>\n<li>☐ not</li>"),
        ("|a|b|\n|-|-|\n|1|2|", "<td>1</td>\n  <td>2</td>"),
        ("## Why", '<p class="heading level2">Why</p>'),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
        ("H<sub>2</sub>O<br>x", "H<sub>2</sub>O<br>x"),
        ("```python\nx < 1\n```", "<pre>x &lt; 1\n</pre>"),
        ("a &lt; b &amp;&amp; c, \\$5 and \\$6", "a &lt; b &amp;&amp; c, $5 and $6"),
        (r"$\frac{a}{b}$", "<mfrac><mrow><mi>a</mi></mrow><mrow><mi>b</mi></mrow></mfrac>"),
        (r"$$\sum_i x_i$$", '<span class="formula"><math display="block">'),
        (r"\begin{align} a &= b \\ &= c \end{align}", '<mtd columnalign="right"><mi>a</mi></mtd>'),
        (r"$\begin{aligned} a &= b \end{aligned}$", '<mtd columnalign="right"><mi>a</mi></mtd>'),
        (r"$$\begin{eqnarray} a & = & b \end{eqnarray}$$", "<mi></mi><mo>=</mo><mi>b</mi></mtd></mtr>"),
        ("$$a \\\\ b$$", "<mtr><mtd><mi>a</mi></mtd></mtr><mtr><mtd><mi>b</mi></mtd></mtr>"),
        (r"$\text{if } \hat\theta$", "<mtext>if\u00a0</mtext><mover><mi>θ</mi><mo>^</mo></mover>"),
    ],
)  # fmt: skip
def test_markdown_and_formulas_look_as_in_the_notebook(text: str, html: str) -> None:
    """Lists, tables, code and LaTeX come out as markup; a formula as MathML, which needs no script and no network."""
    assert html in markup.as_html(text)


@pytest.mark.parametrize(
    "formula", [r"\frac{", "x" * 3000, "{" * 500, r"\def\a{\a\a}\a", r"\newcommand{\a}[1]{#1#1}\a{x}", "%", r"\right)"]
)
def test_a_formula_that_is_none_stays_as_it_was_written(formula: str) -> None:
    """Half-written, endless or self-defining LaTeX shows its source, and costs nothing else of the answer."""
    assert shown(f"before ${formula}$ after").split() == f"before ${formula}$ after".split()


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "x <img src=http://example/x.png onerror=alert(1)> y",
        "<style>body { display: none }</style>",
        "<iframe src='file:///etc/passwd'></iframe>",
        "<!-- hidden words --> x",
        "</div></section></body> x",
        "<b onclick=x>",
        "<math><mtext><style><a title='</style><img src=x>'>",
        '<svg><a xlink:href="javascript:alert(1)">',
        "<form action=http://example><input name=score value=3>",
        "<?php x ?> <![CDATA[ x ]]>",
    ],
)
def test_raw_html_is_shown_and_does_nothing(text: str) -> None:
    """What would act, hide or load is read as the text that was typed, comments included."""
    assert "".join(shown(text).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[click](javascript:alert(1))", "click (javascript:alert(1))"),
        ("[click](https://example/a?b&c)", "click (https://example/a?b&c)"),
        ("<https://example/a>", "https://example/a"),
        ("![a plot](http://example/plot.png)", "[picture: a plot (http://example/plot.png)]"),
        ("![](file:///etc/passwd)", "[picture: without a description (file:///etc/passwd)]"),
        ("![plot](attachment:plot.png)", "[picture: plot (plot.png, attached to the notebook)]"),
        ("![plot](data:image/png;base64,AAAA)", "[picture: plot (in the notebook)]"),
        (r"$\text{</math><img src=x>}$", "</math><img\u00a0src=x>"),
        (r"$\href{javascript:alert(1)}{x}\style{color:red}{y}\class{answer}{z}$", "xyz"),
        ("```mermaid\n<img src=x>\n```", "<img src=x>\n"),
        ("```html\n<img src=x>\n```", "<img src=x>\n"),
    ],
)
def test_addresses_are_shown_and_neither_linked_nor_fetched(text: str, words: str) -> None:
    """Links, pictures and what LaTeX can carry keep their words and lose their power."""
    assert shown(text).strip() == words.strip()


@pytest.mark.parametrize("formula", [r"\rule{1cm}{99cm}", r"\hspace{99cm}", r"\genfrac(){99cm}{0}{a}{b}", r"\quad x"])
def test_formulas_take_no_more_room_than_they_need(formula: str) -> None:
    """Rules and gaps of metres would push the other answers off the page; those of letters stay."""
    html = markup.as_html(f"${formula}$")
    assert "<math" in html and "99" not in html and ('width="1em"' in html) == ("quad" in formula)


@pytest.mark.parametrize("text", ["\u202eabc", "a\x1b[2Jbc"[:1] + "\x1bbc", "a\u200bbc", "&#8238;abc", "a\ud800bc",
                                  "a\x00bc", "$\\text{&#x202e;abc}$", "a\ue000bc"])  # fmt: skip
def test_what_nobody_sees_is_gone(text: str) -> None:
    """Controls, marks that turn the direction, zero widths and half characters, as references and in formulas too."""
    assert shown(text).strip() == "abc"


def test_tags_that_are_never_closed_do_not_pile_up() -> None:
    """Each would hold the next, until a browser needs minutes for the page."""
    html = markup.as_html("<b>x " * 1000)
    assert html.count("<b>") < 500 and html.count("x") == 1000


def test_letters_keep_their_accents_but_no_towers() -> None:
    """Other scripts, emoji and accents stay; a hundred of them on one letter would cover the answer above."""
    assert shown("é Ωμέγα 日本 עברית 🙂 e\u0301").strip() == "é Ωμέγα 日本 עברית 🙂 e\u0301"
    assert shown("a" + "\u0316" * 100).strip() == "a" + "\u0316" * 4


@pytest.mark.parametrize("text", ["word " * 100_000, "line\n" * 5000, "a<br>" * 5000, "$$" + "x\\\\ " * 4000 + "$$"])
def test_an_answer_without_end_is_cut_and_the_rest_counted(text: str) -> None:
    """Some pages of it are shown, whether it is long in words, in lines, or in a formula's lines."""
    beginning, left_out = markup.cut(text)
    assert len(beginning) <= markup.TEXT_LIMIT and len(beginning) + left_out == len(text)
    assert beginning.count("\n") + beginning.count("<br>") + beginning.count("\\\\") < markup.LINE_LIMIT
    assert markup.cut("short") == ("short", 0)


def test_an_answer_that_takes_for_ever_is_shown_as_typed() -> None:
    """A text on which the reading of markdown hangs costs some seconds; the next one is read as ever."""
    endless = "# a" + " " * 19_990 + "b <b>"
    with Renderer(patience=0.3) as renderer:
        assert renderer.render("*x*").html == "<p><em>x</em></p>\n"
        typed = renderer.render(endless)
        assert typed.as_written and typed.html.startswith("<pre") and "b &lt;b&gt;" in typed.html
        assert renderer.render("*y*").html == "<p><em>y</em></p>\n"


def test_names_make_files_that_any_system_takes() -> None:
    """No folders, reserved names, endless names or twins."""
    names = file_names(["ada", "Ada", "a/../b", "..", "CON", "x" * 400, "\\x1b[31m", "-rf", "é"])
    assert names[0] == "ada" and names[8] == "é" and len({name.casefold() for name in names}) == 9
    assert not [n for n in names if re.search(r'[/\\<>:"|?*]|^[-.]|^CON$', n) or len(n.encode()) > 200]


# A class


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prose.project(tmp_path_factory.mktemp("project"))


@pytest.fixture(autouse=True)
def no_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it seems to whoever looks for one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))


@pytest.fixture
def export(root: Path, tmp_path: Path) -> Callable[..., str]:
    """Exports tmp_path/run, or another run, to tmp_path; gives what was left out, or what was wrong."""

    def call(run: Path = tmp_path / "run", out: Path = tmp_path, **options: bool) -> str:
        try:
            return "\n".join(export_written(run, Lab.find(prose.LAB, root), out, **options).left_out)
        except UsageError as error:
            return f"refused: {error}"

    return call


def write_class(run: Path) -> Path:
    prose.write_report(run, "ada", {"ravine": "Since $H$ has *two* scales.", "spikes": "Too high a rate."})
    prose.write_report(run, "bob", {"ravine": "</div></section><!-- ``` <b> $$ <script>1</script>", "flat": "x"})
    prose.write_report(run, "carol", {"ravine": "Carol's own words."})
    prose.write_report(run, "dan", None)
    (run / "hand_ins.json").write_text('{"students": {"ada": {"name": "Ada <Lovelace>", "members": [{"name": "B"}]}}}')
    return run


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_without_a_browser_there_are_pages_to_print(root: Path, tmp_path: Path) -> None:
    """A sentence says what to install, every answer is there as HTML all the same, and the table is ready."""
    done = prose.export(root, write_class(tmp_path / "run"), "--out", tmp_path)
    assert done.returncode == 1 and done.stdout.splitlines()[-1] == str(tmp_path / "written" / "scores.csv")
    assert "No browser was found" in done.stderr and "apt-get install chromium" in done.stderr
    assert "flat, which lab.toml does not ask: bob" in done.stderr
    files = sorted(p.relative_to(tmp_path / "written").as_posix() for p in (tmp_path / "written").rglob("*.*"))
    students, questions = ["ada", "bob", "carol", "dan"], ["ravine", "spikes"]
    pages = [f"questions/{q}.html" for q in questions] + [f"students/{s}.html" for s in students]
    assert files == sorted([*pages, "scores.csv"])
    page = Outline((tmp_path / "written" / "questions" / "ravine.html").read_text("utf-8"))
    answers = [" ".join(answer.split()) for answer in page.answers]
    assert answers == ["Since H has two scales.", "</div></section><!-- ``` <b> $$ <script>1</script>",
                       "Carol's own words."]  # fmt: skip
    assert page.tags.count("section") == 4 and not {"script", "img", "a"} & {*page.tags}
    assert "No answer. Nothing in the submission could be opened." in page.words
    assert "Ada <Lovelace>, B" in page.words and "Prose & proofs 1.0" in page.words and "/ 3" in page.words
    policy = next(value for name, value in page.attributes if name == "content" and "src" in value)
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert rows(tmp_path / "written" / "scores.csv") == [
        ["student", "question", "score", "comment"], *([s, q, "", ""] for s in students for q in questions)
    ]  # fmt: skip


def test_what_a_person_entered_outlives_every_export(export: Callable[..., str], tmp_path: Path) -> None:
    """Scores, comments, lines and columns of their own stay, in a spreadsheet's dialect; new students are added."""
    write_class(tmp_path / "run")
    scores = tmp_path / "written" / "scores.csv"
    scores.parent.mkdir()
    entered = [
        'Student;question;score;comment;mine',
        'ada;ravine;2,5;"good; see ""H""\nand more";x',
        'zoe;ravine;1;handed in on paper;',
        'ada;spikes;;;',
    ]  # fmt: skip
    scores.write_text("\ufeff" + "\r\n".join(entered), "utf-8")
    export()
    text = scores.read_text("utf-8")
    assert text.startswith("\ufeff" + "\n".join(entered)) and text.count("ada;") == 2
    assert text.endswith(
        "bob;ravine;;;\nbob;spikes;;;\ncarol;ravine;;;\ncarol;spikes;;;\ndan;ravine;;;\ndan;spikes;;;\n"
    )
    before = scores.stat()
    export()
    assert scores.read_text("utf-8") == text and scores.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xfeS\x00", "is not UTF-8"),
        (b"name,score\nada,3\n", "lacks the column student, question, comment"),
        (b'student,question,score,comment\nada,"ravine', "is no CSV table"),
        (b"", "lacks the column"),
    ],
)
def test_a_table_that_cannot_be_read_is_left_alone(
    export: Callable[..., str], tmp_path: Path, content: bytes, sentence: str
) -> None:
    """Somebody's scores are in it, so nothing is written before it is mended."""
    write_class(tmp_path / "run")
    scores = tmp_path / "written" / "scores.csv"
    scores.parent.mkdir()
    scores.write_bytes(content)
    told = export()
    assert told.startswith("refused") and sentence in told
    assert scores.read_bytes() == content and [*scores.parent.iterdir()] == [scores]


def test_blind_graders_see_numbers_and_their_scores_find_back(export: Callable[..., str], tmp_path: Path) -> None:
    """No name is in what they get; numbers stay when students are added; scores by number reach scores.csv."""
    run, folder = write_class(tmp_path / "run"), tmp_path / "written"
    export(anonymous=True)
    key = dict(rows(folder / "key.csv")[1:])
    assert sorted(key.values()) == ["ada", "bob", "carol", "dan"] and sorted(key) == ["1", "2", "3", "4"]
    seen = "".join(path.read_text("utf-8") for path in (folder / "anonymous").rglob("*.*"))
    assert not re.search("ada|Lovelace|bob|dan", seen) and "Answer 4" in seen
    assert not (folder / "students").exists() and not (folder / "questions").exists()

    blind = folder / "anonymous" / "scores.csv"
    number = next(number for number, student in key.items() if student == "carol")
    blind.write_text(blind.read_text("utf-8").replace(f"{number},ravine,,", f'{number},ravine,2,"well, well"'), "utf-8")
    prose.write_report(run, "aaron", {"ravine": "New here."})
    export(anonymous=True)
    assert rows(folder / "key.csv")[1:] == [*map(list, key.items()), ["5", "aaron"]]
    assert [number, "ravine", "2", "well, well"] in rows(blind) and ["5", "spikes", "", ""] in rows(blind)
    assert ["carol", "ravine", "2", "well, well"] in rows(folder / "scores.csv")

    own = (folder / "scores.csv").read_text("utf-8")
    (folder / "scores.csv").write_text(own.replace("carol,ravine,2,", "carol,ravine,3,"), "utf-8")
    assert "carol, ravine: scores.csv has another score" in export(anonymous=True)
    assert ["carol", "ravine", "3", "well, well"] in rows(folder / "scores.csv")

    (folder / "key.csv").unlink()
    assert "key.csv does not know" in export(anonymous=True)


def test_hostile_names_stay_names(export: Callable[..., str], tmp_path: Path) -> None:
    """Formulas, markup and controls in a student's name reach no cell, page or file name as such."""
    names = ["=cmd|'calc'!A0", "<script>x<&script>", "\x1b[31mred", "CON"]
    for name in names:
        prose.write_report(tmp_path / "run", name, {"ravine": "words"})
    export()
    export()
    assert len(rows(tmp_path / "written" / "scores.csv")) == 9
    assert ["'=cmd|'calc'!A0", "ravine", "", ""] in rows(tmp_path / "written" / "scores.csv")
    assert len([*(tmp_path / "written" / "students").iterdir()]) == 4
    for page in (tmp_path / "written").rglob("*.html"):
        assert "\x1b" not in page.read_text("utf-8") and "script" not in Outline(page.read_text("utf-8")).tags


def test_wrong_usage_is_a_sentence(export: Callable[..., str], root: Path, tmp_path: Path) -> None:
    """A folder without reports, reports of another lab, damaged ones, no place to write to."""
    assert "holds no reports of the lab prose" in export(tmp_path)
    prose.write_report(tmp_path / "other", "eve", {}, lab="optimization")
    assert "eve: graded for another lab, optimization" in export(tmp_path / "other")
    prose.write_report(tmp_path / "run", "ada", {"ravine": "x"})
    (tmp_path / "run" / "bob").mkdir()
    (tmp_path / "run" / "bob" / "report.json").write_text(json.dumps({"schema": 1, "written": 3}))
    assert "bob: its report.json is damaged" in export()
    (tmp_path / "file").write_text("")
    assert "cannot be written to" in export(out=tmp_path / "file")


def test_a_lab_that_asks_nothing_in_words_has_nothing_to_export(tmp_path: Path) -> None:
    """Through the command line: a sentence and exit code 2."""
    prose.write_lab(prose.project(tmp_path / "project"), {})
    done = prose.export(tmp_path / "project", write_class(tmp_path / "run"))
    assert done.returncode == 2 and "has no [[written]] questions" in done.stderr and "Traceback" not in done.stderr
