"""May the new model replace the old one? Not if it is worse in any weather.

Ends with exit code 1 if it may not, so that a pipeline stops there.
"""

import sys

import segeval
from segeval.data.synthetic import furniture

# The ground truth says of every image how the weather was. The new model makes about half of the
# mistakes of the old one, but nobody showed it rain: there it is the other way round.
made = furniture(images=80)
old, new = [], []
for image in made.ground_truth["images"]:
    in_rain = image["id"] % 4 == 0
    image["weather"] = "rain" if in_rain else "clear"
    good = [row for row in made.better if row["image_id"] == image["id"]]
    weak = [row for row in made.weaker if row["image_id"] == image["id"]]
    old += good if in_rain else weak
    new += weak if in_rain else good

# On all images together the new model wins, and a gate that looks at one number lets it through.
found = segeval.compare(old, new, made.ground_truth, slices="weather")
of = found.flat()
print(f"all images: AP {100 * of['AP/a']:.1f} -> {100 * of['AP/b']:.1f}, {found.verdict}\n")

# The p-values of the slices are corrected for their number, so many slices raise few false alarms.
print(found.table("slice"))
worse = [
    part.name
    for part in found.scores.pairs[0].slices
    if part.differences[found.scores.primary].verdict.value == "worse"
]
if worse or found.verdict == "worse":
    print(f"\nno release: worse in {', '.join(worse) or 'all images'}")
    sys.exit(1)
print("\nrelease")
