"""My new model has a higher AP. Is it really better, or is it luck?"""

import random

import segeval
from segeval.data.synthetic import furniture

# Rooms with furniture, and what two models predict in them: `good` makes about half of the mistakes
# of `weak`.
made = furniture(images=40)
gt, good, weak = made.ground_truth, made.better, made.weaker

# Two more models are equally good on purpose. For every image a coin decides which of the first two
# answers, so whatever lies between these two is luck.
random.seed(1)


def by_coins() -> list[dict[str, object]]:
    """The predictions of `good` in about half of the images, those of `weak` in the others."""
    heads = {image["id"] for image in gt["images"] if random.random() < 0.5}
    rows = [row for row in good if row["image_id"] in heads]
    return rows + [row for row in weak if row["image_id"] not in heads]


coins, other_coins = by_coins(), by_coins()

# `compare` says better or worse only if the interval of the difference leaves out 0, and if models
# that swap their answers at random seldom differ as much (p is the share that does).
for title, old, new in (("luck", other_coins, coins), ("skill", coins, good)):
    found = segeval.compare(old, new, gt, plan=0.05)
    of = found.flat()
    print(f"{title}: AP {100 * of['AP/a']:.1f} -> {100 * of['AP/b']:.1f}, {found.verdict}")
    print(f"  the change lies between {100 * of['AP/low']:+.1f} and {100 * of['AP/high']:+.1f}")
    print(f"  swapped at random, models differ as much in {100 * of['AP/p']:.1f} % of cases")

    # Undecided does not mean equal: this is what it would take to know.
    plan = found.scores.pairs[0].plan
    print(f"  to show a change of 5 points takes {plan.images if plan else '-'} such images")
