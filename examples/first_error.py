"""My model makes six kinds of errors. Which one do I fix first?"""

import matplotlib.pyplot as plt

import segeval
from segeval import plots
from segeval.data.synthetic import furniture

# A model that looks at rooms with furniture.
made = furniture(images=40)
found = segeval.error_kinds(made.weaker, made.ground_truth, per="category")

# Every false prediction and every missed object is of one kind, and what the kinds cost adds up to
# the AP that is lacking: the order of the work. Numbers of errors do not give it. There are as many
# predictions of mere background as missed objects here, and they hardly cost anything.
NAMES = {
    "miss": "missed object",
    "cls": "wrong category",
    "loc": "localisation",
    "both": "category and place",
    "dupe": "duplicate",
    "bkg": "background",
}
overall = found.first.overall
costs = {kind: 100 * (cost.share or 0) for kind, cost in overall.kinds.items()}
order = sorted(costs, key=costs.__getitem__, reverse=True)
print(f"AP50 is {100 * (overall.ap or 0):.1f}. Lost to")
for kind in order:
    print(f"  {NAMES[kind]:18} {costs[kind]:5.1f} points, {overall.kinds[kind].count:3} errors")

# In which categories does the first kind cost most?
first = order[0]
rows = {row.name: 100 * (row.lost.kinds[first].share or 0) for row in found.first.categories}
print(f"{NAMES[first]}, the points of each category:")
for name in sorted(rows, key=rows.__getitem__, reverse=True)[:4]:
    print(f"  {name:14} {rows[name]:5.1f}")

# A figure for the next meeting.
figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
plots.plot_errors(plots.error_costs({"my model": found}), ax=ax)
figure.savefig("first_error.png")
