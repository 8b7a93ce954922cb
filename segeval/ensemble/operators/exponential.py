"""exp for kernels: the same digits on every machine, which those of C libraries are not."""

from __future__ import annotations

from segeval.kernels.promise import kernel

LOG_2 = 0.6931471805599453
LOG_2_HIGH = 0.693147180369123816490  # 32 bits, so that whole multiples are exact
LOG_2_LOW = 1.90821492927058770002e-10
SMALLEST = -745.2
"""Below it exp is less than the smallest number."""

LARGEST = 709.7
"""Above it exp is more than the largest number."""

TERMS = 14
"""Terms of the series, which leave out less than a hundredth of the last bit."""


@kernel
def exp(x: float) -> float:
    """The number e to the power of x, within 2 units of the last place.

    x = k ln 2 + r with |r| <= ln 2 / 2: the series of r, times 2 to the power of k.
    """
    if x < SMALLEST:
        return 0.0
    if x > LARGEST:
        return float("inf")
    half = 0.5 if x >= 0 else -0.5
    k = int(x / LOG_2 + half)
    r = (x - k * LOG_2_HIGH) - k * LOG_2_LOW
    value = 1.0
    for term in range(TERMS, 0, -1):
        value = 1.0 + value * r / term
    base, times = (2.0, k) if k > 0 else (0.5, -k)
    while times > 0:
        if times & 1:
            value *= base
        base *= base
        times >>= 1
    return value
