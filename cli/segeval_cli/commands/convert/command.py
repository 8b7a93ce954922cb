"""`segeval convert`: files from one format to another, one kind of conversion per command."""

from __future__ import annotations

from segeval_cli.commands import COMMANDS
from segeval_cli.commands.convert.cocofy import cocofy
from segeval_cli.commands.convert.cvat import cvat_to_coco
from segeval_cli.commands.convert.id_maps import coco_to_idmaps, idmaps_to_coco
from segeval_cli.commands.convert.labelme import labelme_to_coco
from segeval_cli.commands.convert.open_images import coco_to_openimages, openimages_to_coco
from segeval_cli.commands.convert.panoptic import panoptic_to_coco
from segeval_cli.commands.convert.voc import voc_to_coco
from segeval_cli.commands.convert.yolo import yolo_to_coco
from segeval_cli.groups import group

app = group("convert", COMMANDS["convert"])
app.command("panoptic-to-coco")(panoptic_to_coco)
app.command("cocofy")(cocofy)
app.command("openimages-to-coco")(openimages_to_coco)
app.command("coco-to-openimages")(coco_to_openimages)
app.command("idmaps-to-coco")(idmaps_to_coco)
app.command("coco-to-idmaps")(coco_to_idmaps)
app.command("labelme-to-coco")(labelme_to_coco)
app.command("yolo-to-coco")(yolo_to_coco)
app.command("cvat-to-coco")(cvat_to_coco)
app.command("voc-to-coco")(voc_to_coco)
