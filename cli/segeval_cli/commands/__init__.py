"""One folder per command: its options, its request, and what it shows."""

COMMANDS = {
    "ap": "Average precision of masks, boundaries or boxes, per size, category and image.",
    "miou": "Mean IoU of label maps, over all pixels and near the boundaries.",
    "pq": "Panoptic quality: PQ, SQ and RQ of all, things and stuff, and per category.",
    "check": "Look for mistakes in the files and list them all; compute nothing.",
    "convert": "Write files of one format from files of another.",
    "plot": "Draw figures: to a file, or in the terminal.",
    "sweep": "The same number for several values of a setting.",
    "train": "Train a model on images with objects (COCO) or label maps.",
    "predict": "Find objects in images with a model, or label every pixel.",
    "models": "The presets: what they are made of, and what they cost.",
    "demo": "Write a small data set with predictions of two models, and evaluate it.",
}
"""What the help says of each command; the rest is imported when it runs."""
