"""LaTeX as MathML, which browsers show without a script or a font from elsewhere; or as it was written."""

import html
import re
from xml.etree import ElementTree

from latex2mathml.converter import convert_to_element

_LENGTH_LIMIT = 2000  # characters of a formula
# Each definition would hold for one formula only, and a few of them make a formula of any size.
_DEFINITION = re.compile(
    r"\\(?:[egx]?def|let|(?:re|provide)?newcommand|newenvironment|DeclareMathOperator)(?![A-Za-z])"
)
_ENVIRONMENT = re.compile(r"\\(begin|end)\{([a-z]+)\*?\}")
_ALIGNED = {"align", "aligned", "alignat", "alignedat", "eqnarray", "split", "flalign"}
_CENTRED = {"gather", "gathered", "multline"}
_COLUMNS = re.compile(r"(\\begin\{alignat(?:ed)?\*?\})\{\d\}")
_SPACED_EQUALS = re.compile(r"&\s*(=|\\[a-z]+)\s*&")


def math(tex: str, block: bool) -> str:
    """HTML for a formula, without its dollars: MathML where the formula is understood, else its source.

    Whatever stands in the formula is text or an element of MathML's afterwards; attributes are not looked at here.
    """
    tex = tex.strip()
    markup = None if len(tex) > _LENGTH_LIMIT or _DEFINITION.search(tex) else _mathml(tex, block)
    if markup is None:
        dollars = "$$" if block else "$"
        markup = f'<code class="tex">{html.escape(f"{dollars}{tex}{dollars}")}</code>'
    return f'<span class="formula">{markup}</span>' if block else markup


def _mathml(tex: str, block: bool) -> str | None:
    try:
        element = convert_to_element(_usual(tex), display="block" if block else "inline")
        for part in element.iter():
            if part.text:
                part.text = html.unescape(part.text)  # the library writes its symbols as references
        return ElementTree.tostring(element, "unicode", short_empty_elements=False)
    except Exception:  # its own errors for what is no LaTeX, and Python's for what it did not foresee
        return None


def _usual(tex: str) -> str:
    """`tex` with the environments that the library knows, and without numbers at lines, as notebooks show it."""
    if "eqnarray" in tex:
        tex = _SPACED_EQUALS.sub(r"&\1", tex)
    tex = _ENVIRONMENT.sub(_known_environment, _COLUMNS.sub(r"\1", tex))
    if "\\\\" in tex and "\\begin" not in tex:
        return rf"\begin{{matrix}}{tex}\end{{matrix}}"
    return tex


def _known_environment(found: re.Match[str]) -> str:
    end, name = found.groups()
    if name in _ALIGNED:
        return rf"\{end}{{split}}"
    return rf"\{end}{{matrix}}" if name in _CENTRED else found[0]
