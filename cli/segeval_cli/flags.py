"""The library's arguments as flags of the command line.

The library names arguments in backticks, as Python writes them: `skip_unknown=True`. The terminal
and `--json` show the flag of the running command: --skip-unknown. A call such as
`mean_iou(trimap=[1, 3])` becomes a command: segeval miou --trimap 1,3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple

from segeval_cli import inputs

ARGUMENT = r"`([a-z]\w*(?:\.\w+)*)(?:=([^`]+))?`"
LIMITS = r"`limits\.raised\((\w+=\d+(?:,\s*\w+=\d+)*)\)`"
QUOTED = r"(?<!\w)(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")(?!\w)"
CALL = r"`(\w+)(\([^`]*\))?`"

FUNCTIONS = {
    "average_precision": "ap",
    "cityscapes_ap": "ap ... --protocol cityscapes",
    "open_images_ap": "ap ... --protocol openimages",
    "id_maps_ap": "ap ... --protocol id-maps",
    "check_id_maps": "check ... --protocol id-maps",
    "compare": "compare",
    "concept_f1": "cgf1",
    "error_differences": "errors",
    "label_errors": "errors",
    "mean_iou": "miou",
    "panoptic_errors": "errors",
    "panoptic_quality": "pq",
    "operating_point": "threshold",
    "oracles": "oracles",
    "label_suspects": "suspects",
    "report": "report",
    "rescore_calibrate": "rescore calibrate",
    "split_files": "split",
    "cocofy": "convert cocofy",
    "panoptic_to_instances": "convert panoptic-to-coco",
    "open_images_to_coco": "convert openimages-to-coco",
    "yolo_to_coco": "convert yolo-to-coco",
    "cvat_to_coco": "convert cvat-to-coco",
    "voc_to_coco": "convert voc-to-coco",
    "labelme_to_coco": "convert labelme-to-coco",
    "id_maps_to_coco": "convert idmaps-to-coco",
    "coco_to_id_maps": "convert coco-to-idmaps",
    "coco_to_open_images": "convert coco-to-openimages",
}
"""The command for each function of the library; dots stand for its files."""

READERS_OF_PARTS = {
    "match_part": "match",
    "merge_parts": "merge",
    "error_kinds_of_part": "errors",
    "ap_of_part": "ap",
    "mean_iou_of_part": "miou",
    "panoptic_quality_of_part": "pq",
}
"""The command for each function that writes or reads part files, in rooms of their own."""

COMMANDS = {**FUNCTIONS, **READERS_OF_PARTS}

FILES_OF_AP = {
    "match": "match ... -o ...",
    "errors": "errors",
    "oracles": "oracles",
    "suspects": "suspects",
    "report": "report",
    "threshold": "threshold",
    "cgf1": "cgf1",
    "show": "show ... --image ...",
    "max-dets": "sweep max-dets ... --at ...",
}
"""Commands that read the files of `ap`: a call of its function with files is shown as theirs."""

FILES_OF_PQ = {name: FILES_OF_AP[name] for name in ("errors", "report", "show")}
"""Those that read the files of `pq` too."""

OF_SEVERAL = {"average_precision": FILES_OF_AP, "panoptic_quality": FILES_OF_PQ}
"""Functions whose files several commands read."""

OTHER_MODELS = "others"
"""The argument with further models, which a command line has in front of the ground truth."""

CONFIGURATION = "settings"
"""The parameter that sets keys of a configuration, such as `schedule.clip=1.0`."""

CHOICE = r" ?Choose its images with `images`\.?"
"""Advice that only commands with a choice of images can follow."""

FOLDER = "DIR"
"""What the help calls a folder."""

PLAIN = r"[\w@%+=:,./~-]+"
"""Words that need no quotes in a shell."""

MESSAGE_KEYS = ("message", "hint", "error", "reasons")
"""Keys of JSON objects with texts for people."""


class Flag(NamedTuple):
    """How a command line writes an argument.

    Attributes:
        name: with its hyphens; of a positional argument, its name in the help.
        off: the flag that switches it off, "" for none.
        takes_value: whether a value follows.
        is_repeated: whether each value needs its own flag; otherwise commas separate them.
        is_folder: whether its value is a folder, such as the one of the photographs, which the
            library has under the name of its choice of images.
    """

    name: str
    off: str = ""
    takes_value: bool = True
    is_repeated: bool = False
    is_folder: bool = False

    def with_value(self, value: Any) -> str | None:
        """The flag with a value; None if the command line cannot express it."""
        if value is True:
            return self.name
        if value is False or value is None:
            return self.off or None
        if not self.takes_value:
            return None
        if isinstance(value, Mapping):
            values = [f"{key}={_word(each)}" for key, each in value.items()]
        elif not isinstance(value, list | tuple):
            values = [_word(value)]
        elif self.is_repeated:
            values = [_word(each) for each in value]
        else:
            values = [",".join(map(_word, value))]
        return " ".join(f"{self.name} {_quoted(each)}" for each in values)


_flags_in_use: ContextVar[Mapping[str, Flag]] = ContextVar("flags", default={})  # noqa: B039 - read only

_command_in_use: ContextVar[str] = ContextVar("command", default="")


def use_flags(params: Iterable[Any], command: str = "") -> None:
    """Name the flags of one command from now on.

    Args:
        params: its Typer parameters.
        command: its name; "" where calls are shown as the commands of `FUNCTIONS`.
    """
    _command_in_use.set(command)
    _flags_in_use.set({name: flag for param in params for name, flag in _named(param)})


def flag_of(name: str) -> Flag | None:
    """The flag of an argument of the running command; None if it has none."""
    return _flags_in_use.get().get(name)


def in_flags(
    text: str, flags: Mapping[str, Flag] | None = None, *, names: Iterable[str | None] = ()
) -> str:
    """A message of the library with flags in place of arguments.

    Args:
        text: with arguments in backticks; those that the command lacks stay, as does other text
            in backticks, and what is in quotes, where names from files are.
        flags: by name of the argument; None for those of the running command.
        names: of files in the message, which may have backticks of their own; the inputs of the
            run are known.

    Example:
        >>> flags = {"max_dets": Flag("--max-dets"), "gt": Flag("GT")}
        >>> in_flags("9 are cut (`max_dets=0` uses all); `bbox` and `ci=True` stay", flags)
        '9 are cut (--max-dets 0 uses all); `bbox` and `ci=True` stay'
    """
    known = _flags_in_use.get() if flags is None else flags
    if known and (known.get("images") is None or known["images"].is_folder):
        text = re.sub(CHOICE, "", text)
    with_backticks = [name for name in (*names, *inputs.named()) if name and "`" in name]
    parts = [*map(re.escape, sorted(with_backticks, key=len, reverse=True)), QUOTED]

    def translated(found: re.Match[str]) -> str:
        return found[0] if found["code"] is None else _translated(found["code"], known)

    return re.sub(f"{'|'.join(parts)}|(?P<code>`[^`]+`)", translated, text)


def _translated(code: str, known: Mapping[str, Flag]) -> str:
    """What stands in backticks, as a flag or a command line if it is an argument or a function."""
    if found := re.fullmatch(LIMITS, code):
        return " ".join(["segeval", *(f"--limit {each}" for each in re.split(r",\s*", found[1]))])
    if (found := re.fullmatch(CALL, code)) and found[1] in COMMANDS:
        return _as_command(found)
    found = re.fullmatch(ARGUMENT, code)
    return code if found is None else _as_flag(found, known)


def _as_flag(found: re.Match[str], known: Mapping[str, Flag]) -> str:
    """An argument as its flag; one that the command lacks stays."""
    import ast

    is_key = "." in found[1]
    flag = known.get(CONFIGURATION if is_key else found[1])
    if flag is None:
        return found[0]
    if found[2] is None:
        return f"{flag.name} {found[1]}" if is_key else flag.name
    try:
        value = ast.literal_eval(found[2])
    except (SyntaxError, ValueError):
        return found[0]
    if flag.is_folder and isinstance(value, list):  # images that are chosen: --image
        flag = known.get(found[1].removesuffix("s"), flag)
    return flag.with_value({found[1]: value} if is_key else value) or found[0]


def _as_command(found: re.Match[str]) -> str:
    """A function of the library as a command line; one that the line cannot express stays."""
    import ast

    try:
        call: Any = ast.parse(found[1] + (found[2] or "()"), mode="eval").body
        words = [word for each in call.args for word in _files(ast.literal_eval(each))]
        for each in call.keywords:
            if each.arg == OTHER_MODELS:
                words[-1:-1] = _files(ast.literal_eval(each.value))
                continue
            flag = Flag(f"--{each.arg.replace('_', '-')}")
            words.append(flag.with_value(ast.literal_eval(each.value)) or "")
    except (SyntaxError, ValueError):
        return found[0]
    name, _, rules = COMMANDS[found[1]].partition(" ...")
    own = OF_SEVERAL.get(found[1], {}).get(_command_in_use.get())
    if own is not None and words:
        # the library has one text for all who read these files; without files or options, it would
        # be what has just been run
        name, _, more = own.partition(" ...")
        rules += more
    return " ".join(filter(None, ["segeval", name, *words, rules.strip()]))


def document_in_flags(value: Any) -> Any:
    """A JSON object with flags in its messages and hints."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {
            key: _message_in_flags(each) if key in MESSAGE_KEYS else document_in_flags(each)
            for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [document_in_flags(each) for each in value]
    return value


def _message_in_flags(value: Any) -> Any:
    """One text or several with flags; anything else like a JSON object."""
    if isinstance(value, str):
        return in_flags(value)
    if isinstance(value, list | tuple):
        return [_message_in_flags(each) for each in value]
    return document_in_flags(value)


def _named(param: Any) -> Iterable[tuple[str, Flag]]:
    """The library's names for a parameter of a command, and its flag."""
    if param.param_type_name == "argument":
        name = (param.metavar or param.name.upper()).strip("[].")
        yield param.name, Flag(name.partition(" [")[0])  # "A B [C ...]" is A B
        return
    name = max(param.opts, key=len)
    off = max(param.secondary_opts, key=len, default="")
    # A list of choices takes one per flag; an option with a metavar takes several with commas.
    is_repeated = param.multiple and param.metavar is None
    is_folder = param.metavar == FOLDER
    flag = Flag(name, off, not param.is_flag, is_repeated, is_folder)
    yield param.name, flag
    yield name.lstrip("-").replace("-", "_"), flag


def _word(value: Any) -> str:
    """A value as written on a command line."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    return "..." if value is Ellipsis else str(value)


def _files(value: Any) -> list[str]:
    """A positional argument as words: a list is several, a tuple one that is joined by commas."""
    if isinstance(value, list):
        return [word for each in value for word in _files(each)]
    return [_quoted(",".join(map(_word, value)) if isinstance(value, tuple) else _word(value))]


def _quoted(word: str) -> str:
    """A word with quotes where a shell needs them."""
    import shlex

    return word if re.fullmatch(PLAIN, word) else shlex.quote(word)
