"""Which images go wrong most?

python ../examples/worst_images.py model_a.json gt.json
"""

import sys

import segeval


def main(preds: str, gt: str) -> None:
    """Print the ten images with the most misses and false alarms, worst first."""
    images = segeval.average_precision(preds, gt).scores["segm"].images
    mistakes = {image.id: (image.fp50 or 0) + (image.fn50 or 0) for image in images}
    print("  image   false alarms   missed   file")
    for image in sorted(images, key=lambda image: mistakes[image.id], reverse=True)[:10]:
        print(f"{image.id:7d}{image.fp50:15d}{image.fn50:9d}   {image.file_name}")


if __name__ == "__main__":
    main(*sys.argv[1:])
