"""`segeval threshold`: the score to deploy at."""
