"""TSD: a box stage that looks for the class and for the edges of an object in different places.

Source: Song et al. 2020, Revisiting the Sibling Head in Object Detector (arXiv 2003.07540).
"""
