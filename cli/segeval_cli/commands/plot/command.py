"""`segeval plot`: figures for papers, and drawings for the terminal."""

from __future__ import annotations

from segeval_cli.commands import COMMANDS
from segeval_cli.commands.plot.size_hist import size_hist
from segeval_cli.commands.plot.trimap import trimap
from segeval_cli.groups import group

app = group("plot", COMMANDS["plot"])
app.command("size-hist")(size_hist)
app.command("trimap")(trimap)
