"""`segeval plot`: figures for papers, and drawings for the terminal."""

from __future__ import annotations

from segeval_cli.commands import COMMANDS
from segeval_cli.commands.plot.categories import by_category
from segeval_cli.commands.plot.compare import compare_figure
from segeval_cli.commands.plot.confusion import confusion_figure
from segeval_cli.commands.plot.cooccurrence import cooccurrence_figure
from segeval_cli.commands.plot.errors import error_figure
from segeval_cli.commands.plot.images import image_sheet
from segeval_cli.commands.plot.iou_hist import iou_hist
from segeval_cli.commands.plot.oracles import oracle_figure
from segeval_cli.commands.plot.precision import pr
from segeval_cli.commands.plot.reliability import reliability
from segeval_cli.commands.plot.scores import scores
from segeval_cli.commands.plot.size_hist import size_hist
from segeval_cli.commands.plot.sizes import sizes
from segeval_cli.commands.plot.surround import surround_figure
from segeval_cli.commands.plot.trimap import trimap
from segeval_cli.groups import group

app = group("plot", COMMANDS["plot"])
app.command("pr")(pr)
app.command("sizes")(sizes)
app.command("categories")(by_category)
app.command("scores")(scores)
app.command("reliability")(reliability)
app.command("iou-hist")(iou_hist)
app.command("errors")(error_figure)
app.command("confusion")(confusion_figure)
app.command("compare")(compare_figure)
app.command("oracles")(oracle_figure)
app.command("images")(image_sheet)
app.command("size-hist")(size_hist)
app.command("cooccurrence")(cooccurrence_figure)
app.command("surround")(surround_figure)
app.command("trimap")(trimap)
