"""The words of the command line, as the user typed them."""

from __future__ import annotations

from contextvars import ContextVar

WORDS: ContextVar[tuple[str, ...]] = ContextVar("words", default=())


def files_named() -> list[str]:
    """Everything that may be the path of a file: whole words, lists behind "@", values of options.

    A file that is named twice, such as by an input and by `--output`, is in it twice.
    """
    found: list[str] = []
    for word in WORDS.get():
        text = word.partition("=")[2] if word.startswith("--") and "=" in word else word
        text = text[2:] if text.startswith("-o") else text
        found += [part.removeprefix("@") for part in {text, *text.split(",")}]
    return found
