"""How boxes are classified: numbers of each box, their loss, and the probabilities they mean."""

from segeval.models.networks.classifiers.seesaw import Seesaw
from segeval.models.networks.classifiers.softmax import Softmax

__all__ = ["Seesaw", "Softmax"]
