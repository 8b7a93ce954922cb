"""Commands that make new predictions of old ones: where they go, and what is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from segeval.frozen import frozen
from segeval_cli.options import Json, Overwrite, Quiet, Workers
from segeval_cli.prediction_files import check_prediction_file
from segeval_cli.progress import working
from segeval_cli.resampling_options import Seed
from segeval_cli.results import Output
from segeval_cli.streams import say

if TYPE_CHECKING:
    from segeval.ensemble.hierarchy.expanding import Expanded
    from segeval.rescore.result import Rescored


@frozen(kw_only=True)
class Rewriting:
    """What such commands share, as the command line has it; help texts describe each."""

    json: Json = False
    overwrite: Overwrite = False
    quiet: Quiet = False
    seed: Seed = 0
    workers: Workers = None

    def run(
        self,
        made: Callable[[], Rescored | Expanded],
        output: Path | None,
        inputs: Mapping[str, object],
        *,
        work: str,
        takes_csv: bool = False,
    ) -> None:
        """Make the predictions, write them, and print what changed.

        Args:
            made: makes them, after the output has been checked.
            output: file to write; None to print alone.
            inputs: the files that are read by role, `preds` first; None for one that is not given.
            work: what is done to the predictions, such as "rescoring".
            takes_csv: whether predictions may be a file of Open Images, which the output then is
                too.

        Raises:
            InputError: if nothing says where to write, or the file cannot be written.
        """
        files = {role: str(path) for role, path in inputs.items() if path is not None}
        preds = files["preds"]
        check_prediction_file(
            output, is_needed=not self.json, overwrite=self.overwrite,
            preds=preds if takes_csv else "",
        )  # fmt: skip
        out = Output(inputs=files, number="gain", json=self.json, quiet=self.quiet)
        with working(f"{work} {preds}", quiet=self.quiet):
            found = made()
            if output is not None:
                found.save(output)
        out.show(found)
        if output is not None and not self.quiet:
            say(f"wrote {output}")
