"""Packages that a part of the tests needs, which is left out where they are missing."""

from __future__ import annotations

NEED = {
    "torch": [
        "segeval/adapters",
        "segeval/models",
        "tests/bright_models.py",
        "tests/cli/commands/models",
        "tests/cli/commands/predict",
        "tests/cli/commands/train",
        "tests/fuzz/model_formats.py",
        "tests/cuda_stand_in.py",
        "tests/detector_batches.py",
        "tests/fill_rule.py",
        "tests/gathering.py",
        "tests/gpu",
        "tests/loop_images.py",
        "tests/own_kinds.py",
        "tests/parity/test_transformers_points.py",
        "tests/parity/test_transformers_swin.py",
        "tests/published_weights.py",
        "tests/small_models.py",
        "tests/softmaxes.py",
        "tests/test_cascade_htc_swin_example.py",
        "tests/test_chain_examples.py",
        "tests/test_mask_scoring_example.py",
        "tests/test_pointrend_example.py",
        "tests/test_rare_classes_example.py",
        "tests/test_seesaw_example.py",
        "tests/test_solov2_example.py",
        "tests/test_tsd_example.py",
        "tests/tiny_training.py",
        "tests/two_loops.py",
        "tests/two_processes.py",
        "tests/unit/adapters",
        "tests/unit/metrics/loop/test_gather_gloo.py",
        "tests/unit/test_tensors_of_a_device.py",
        "tests/unit/models",
    ],
    "accelerate": ["tests/unit/adapters/test_transformers.py"],
    "lightning": [
        "segeval/adapters/lightning.py",
        "tests/lightning_loop.py",
        "tests/unit/adapters/test_lightning.py",
    ],
    "mmengine": [
        "segeval/adapters/mmengine.py",
        "tests/mmengine_samples.py",
        "tests/unit/adapters/test_mmengine.py",
    ],
    "torchmetrics": [
        "segeval/adapters/torchmetrics.py",
        "segeval/adapters/torchmetrics_states.py",
        "tests/unit/adapters/test_torchmetrics.py",
    ],
    "transformers": [
        "segeval/adapters/transformers.py",
        "tests/unit/adapters/test_transformers.py",
    ],
}
"""What is left out where a package is missing; so are pages whose `needs` comment names it."""
