"""The AP family: COCO, LVIS, fixed AP, AP*."""
