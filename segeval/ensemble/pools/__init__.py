"""The predictions of several models as one set of columns, in an order that no file decides."""
