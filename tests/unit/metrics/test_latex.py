"""Tables in LaTeX: rules, signs, undefined numbers, and names with anything in them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from segeval.metrics.latex import escaped, latex_text, numbers
from segeval.metrics.tables import Field, Table

FIELDS = (
    Field("category", "category", "text"),
    Field("area", "area px2", "label"),
    Field("gt", "gt", "count"),
    Field("ap", "AP in %"),
    Field("difference", "B - A", "signed"),
    Field("interval", "95 %", "signed interval"),
    Field("count", "errors", "change"),
)

ROWS = (
    ("all", "0 - inf", 12041, 0.5, 0.004, (-0.01, 0.02), (12, 7)),
    ("[b] & c", "0 - 32^2", 0, None, None, None, None),
)

NASTY = r"""\ & % $ # _ { } ~ ^ < > | " ' '' `` ?` !` -- --- ,, [ * / @ = + é ß"""


def test_a_table_has_rules_signs_and_escaped_names() -> None:
    assert Table("category", FIELDS, ROWS, totals=1).to_latex().splitlines() == [
        r"\begin{tabular}{@{}lrrrrrr@{}}",
        r"\toprule",
        r"category & area px$^{2}$ & gt & AP in \% & B - A & 95 \% & errors \\",
        r"\midrule",
        r"all & 0--$\infty$ & 12,041 & 50.0 & $+0.4$ & $-1.0$ to $+2.0$ & 12 $\to$ 7 \\",
        r"\midrule",
        r"{}[b] \& c & 0--$32^{2}$ & 0 & -- & -- & -- & -- \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


def test_what_means_something_to_latex_is_escaped() -> None:
    assert escaped(r"\&%$#_{}") == r"\textbackslash{}\&\%\$\#\_\{\}"
    assert escaped("~^<>|") == (
        r"\textasciitilde{}\textasciicircum{}\textless{}\textgreater{}\textbar{}"
    )
    assert escaped('6"') == r"6{\ttfamily\char34}"


def test_characters_that_fonts_join_stay_apart() -> None:
    assert escaped("a--b") == "a-{}-b"
    assert escaped("?`, ''") == "?{}`{}, '{}'"


def test_names_are_text_and_never_numbers_or_commands() -> None:
    name = Table("a", (Field("name", "name", "text"),), (("+5 .. 7 -> x^2",), ("a\x1b\u202eb\nc",)))
    lines = name.to_latex().splitlines()
    assert lines[4] == r"+5 .. 7 -\textgreater{} x\textasciicircum{}2 \\"
    assert lines[5] == r"a\textbackslash{}x1b\textbackslash{}u202eb\textbackslash{}nc \\"


def test_a_title_cannot_end_its_comment() -> None:
    text = latex_text("a\n\\end{x}\r\u2028b", ["T"], ["up: 50 % (+0.4)"])
    assert text == (
        "% a \\end{x} b\n% needs \\usepackage{booktabs}\n\nT\n\n"
        "\\par\\smallskip\\noindent{\\footnotesize up: 50 \\% ($+0.4$)}\n"
    )


def test_letters_that_pdflatex_lacks_are_told() -> None:
    told = "% has letters that need LuaLaTeX or XeLaTeX, with a font that holds them\n"
    assert told in latex_text("t", ["日本"])
    assert told not in latex_text("日本", ["é ł \u2013 \u201c\u201d"])


def test_our_own_words_are_set_as_papers_set_them() -> None:
    assert numbers("at -0.5, >= 3") == "at $-0.5$, at least 3"
    assert numbers("B - A, 3 - A") == "B - A, 3 - A"
    assert numbers("32^2 - inf") == r"$32^{2}$--$\infty$"
    assert numbers("1e5^2") == r"1e5\textasciicircum{}2"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex")
def test_pdflatex_sets_every_character(tmp_path: Path) -> None:
    names = tuple((letter, *ROWS[0][1:]) for letter in (*NASTY.split(), NASTY))
    table = Table("category", FIELDS, (*ROWS, *names), totals=1).to_latex()
    (tmp_path / "table.tex").write_text(latex_text(f"names: {NASTY}", [table], [NASTY]))
    head = r"\documentclass{article}\usepackage{booktabs}"
    page = head + r"\begin{document}\input{table}\end{document}"
    (tmp_path / "page.tex").write_text(page)
    run = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "page.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stdout[-2000:]
