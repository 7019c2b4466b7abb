"""One answer as HTML: markdown as Jupyter reads it, and nothing in it that acts, loads or hides.

Raw HTML is shown as the text that it is, but for a few tags such as <sub>.  Addresses are shown and not linked;
pictures are named and not fetched.  What comes out is balanced, so that an answer cannot reach beyond the element that
it is put into.
"""

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

import bleach
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from autograder.written.formulas import math

TEXT_LIMIT = 20_000  # characters of an answer that are shown: some six pages
LINE_LIMIT = 300
_TAGS_LIMIT = 200  # each that is left open holds the next, and a browser needs minutes for thousands
_MARKS_LIMIT = 4  # accents on one letter; more of them run over the lines above
_UNUSUAL = re.compile(r"[^\n\t -~]+")
_LINE = re.compile(r"\n|\\\\|\\cr|<br", re.IGNORECASE)  # what takes a line of the page
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_HARMLESS = re.compile(r"</?(?:b|i|u|s|em|strong|sub|sup|kbd|mark)>", re.IGNORECASE)

_PROSE = {"b", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "hr", "i", "kbd", "li", "mark", "ol",
          "p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u",
          "ul"}  # fmt: skip
_MATHML = {"math", "menclose", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom",
           "mprescripts", "mroot", "mrow", "ms", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable",
           "mtd", "mtext", "mtr", "munder", "munderover"}  # fmt: skip
# Not "accent", with which Chromium puts a hat on its letter instead of above it.
_MATHML_ATTRIBUTES = {"columnalign", "display", "displaystyle", "fence", "form", "largeop", "linethickness",
                      "mathvariant", "maxsize", "minsize", "movablelimits", "scriptlevel", "stretchy", "symmetric",
                      "width"}  # fmt: skip
_MATHML_VALUE = re.compile(r"[a-z][a-z -]{0,40}|\d|\d?(?:\.\d+)?em")  # words and lengths of a few letters at most


def as_html(text: str) -> str:
    """`text`, of bounded length, as inert and balanced HTML."""
    rendered = MarkdownWithMath(renderer=_Renderer(escape=False, exclude_anchor_links=True)).render(readable(text))
    clean = bleach.clean(rendered, tags=_PROSE | _MATHML, attributes=_allowed)
    return readable(clean)  # once more: a reference such as &#8238; is a character by now


def as_written(text: str) -> str:
    """`text` as it was typed, for what cannot be read as markdown."""
    return f'<pre class="as-written">{html.escape(readable(text))}</pre>'


def cut(text: str) -> tuple[str, int]:
    """The beginning of `text` that is shown, and how many characters follow it."""
    lines = _LINE.finditer(text[:TEXT_LIMIT])
    end = next((found.start() for number, found in enumerate(lines, 1) if number == LINE_LIMIT), TEXT_LIMIT)
    return text[:end], max(0, len(text) - end)


def readable(text: str) -> str:
    """`text` without the characters that nobody sees, that turn its direction, or that pile up on one letter."""
    return _UNUSUAL.sub(lambda run: "".join(_visible(run[0])), text)


def _visible(text: Iterable[str]) -> Iterator[str]:
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if category == "Zs":
            yield character if character == "\xa0" else " "  # formulas lose other spaces at their words' ends
        elif category in ("Zl", "Zp"):
            yield "\n"
        elif character in "\n\t" or (category[0] != "C" and marks <= _MARKS_LIMIT):
            yield character


def _allowed(tag: str, name: str, value: str) -> bool:
    if tag in _MATHML:
        return name in _MATHML_ATTRIBUTES and _MATHML_VALUE.fullmatch(value) is not None
    return name == "class" or (tag == "ol" and name == "start")


class _Renderer(IPythonRenderer):
    """The notebook's own, but for what would load, link, or pass raw HTML on."""

    _tags_left = _TAGS_LIMIT

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        return f'<p class="heading level{level}">{text}</p>\n'  # the page's own headings make its bookmarks

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return text if html.unescape(text) == url else f'{text} <span class="address">({html.escape(url)})</span>'

    def image(self, text: str, url: str, title: str | None = None) -> str:
        if url.startswith("attachment:"):
            where = f"{html.escape(url.removeprefix('attachment:'))}, attached to the notebook"
        else:
            where = "in the notebook" if url.startswith("data:") else html.escape(url)
        return f'<span class="picture">[picture: {text or "without a description"} ({where})]</span>'

    def inline_html(self, markup: str) -> str:
        if _BREAK.fullmatch(markup):
            return markup
        self._tags_left -= 1
        return markup if self._tags_left >= 0 and _HARMLESS.fullmatch(markup) else html.escape(markup)

    def block_html(self, markup: str) -> str:
        return f"<p>{self.inline_html(markup.strip())}</p>\n"

    def block_code(self, code: str, info: str | None = None) -> str:
        return f"<pre>{html.escape(code)}</pre>\n"  # no colours: they make thousands of elements of some texts

    def task_list_item(self, text: str, checked: bool = False) -> str:
        return f"<li>{'☑' if checked else '☐'} {text}</li>\n"

    def inline_math(self, body: str) -> str:
        return math(body, block=False)

    def block_math(self, body: str) -> str:
        return math(body, block=True)

    def latex_environment(self, name: str, body: str) -> str:
        return math(rf"\begin{{{name}}}{body}\end{{{name}}}", block=True)
