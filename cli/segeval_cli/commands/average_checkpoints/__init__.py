"""`segeval average-checkpoints`: one file of weights from several of one model."""
