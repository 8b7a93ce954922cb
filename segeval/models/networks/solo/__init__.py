"""SOLOv2: objects by the cell of a grid that their centre is in.

Source: Wang et al. 2020, SOLOv2: Dynamic and Fast Instance Segmentation (arXiv 2003.10152).
"""
