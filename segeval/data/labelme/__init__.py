"""Folders of labelme: a JSON file with drawn shapes for each image."""
