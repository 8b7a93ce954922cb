"""My product shows predictions above one score. Which score do I deploy?"""

import matplotlib.pyplot as plt

import segeval
from segeval.data.synthetic import furniture

# A model that looks at rooms with furniture.
made = furniture(images=60)

# It depends on which mistake is worse. F1 weighs precision and recall alike; F2 gives recall twice
# the weight, for products that must not miss anything, and F0.5 half of it.
#
# The range holds the scores that other images like these would have chosen: tuning within it is of
# no use. Precision and recall are those of each half of the images at the score that the other half
# chose, so these are the numbers to promise.
figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
print("           score       range   precision   recall")
for beta in (0.5, 1, 2):
    found = segeval.operating_point(made.weaker, made.ground_truth, beta=beta).first
    score, (low, high), unseen = found.point.score or 0, found.interval or (0, 0), found.held_out
    print(f"best F{beta:<3}{score:7.2f}{low:7.2f}-{high:.2f}", end="")
    print(f"{100 * (unseen.precision or 0):12.1f}{100 * (unseen.recall or 0):9.1f}")
    [line] = ax.plot(found.counts.score, found.counts.f(beta), label=f"F{beta}")
    ax.axvspan(low, high, alpha=0.15, color=line.get_color())
ax.set(xlabel="score from which on predictions are shown", ylabel="F")
ax.legend()
figure.savefig("deploy_score.png")
