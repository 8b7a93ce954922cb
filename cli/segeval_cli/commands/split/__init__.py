"""`segeval merge`: one part file from several."""
