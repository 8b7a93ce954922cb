"""Where AP is lost: kinds of errors, and how much each costs."""
