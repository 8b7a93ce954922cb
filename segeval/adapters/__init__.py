"""Ways in from other people's loops: one module per framework, which imports it when it is used.

`segeval.Metric` itself is the way in from a plain loop of PyTorch, or of anything else.
"""
