"""One folder per command: its options, its request, and what it shows."""

COMMANDS = {
    "ap": "Average precision of masks, boundaries or boxes, per size, category and image.",
    "miou": "Mean IoU of label maps, over all pixels and near the boundaries.",
    "pq": "Panoptic quality: PQ, SQ and RQ of all, things and stuff, and per category.",
    "compare": "Is model B better than model A? Differences with intervals and a verdict.",
    "errors": "How much AP each kind of error costs: localisation, missed objects ...",
    "check": "List all mistakes in the files; compute nothing.",
    "convert": "Convert files from one format to another.",
    "plot": "Draw figures, to a file or in the terminal.",
    "report": "One HTML file: how good a model is, where it fails, whether another is better.",
    "show": "One image as a picture: what the model found, what is false, what it missed.",
    "match": "A part of an evaluation as a file, for segeval merge and segeval ap, miou or pq.",
    "merge": "One part file from several, in any order and grouping.",
    "oracles": "AP if scores, masks, categories or the choice of a model were perfect.",
    "threshold": "The score to deploy at: best F and LRP, judged on unseen images; calibration.",
    "ensemble": "One file of predictions from those of several models.",
    "experts": "Which categories an expert should be trained on.",
    "rescore": "New scores for a file of predictions.",
    "expand-parents": "Copy predictions to all classes above theirs: a cat is an animal too.",
    "sweep": "One number for several values of a setting.",
    "train": "Train a model on images with objects (COCO) or label maps.",
    "average-checkpoints": "One file of weights from several of one model.",
    "predict": "Find objects in images with a model, or label every pixel.",
    "models": "The model presets: their settings and their costs.",
    "demo": "Write a small data set with predictions of two models, and evaluate it.",
}
"""The summary of each command; the rest is imported when it runs."""
