"""The sizes of the networks of Theorem 1 (depth 2) and of its corollary (depth k), appendix C."""


def intervals_of(points: int, depth: int) -> list[int]:
    """The bounds [0, …, points] of the intervals of a network of ``depth`` layers of weights, in points.

    Depth 2 has one interval. A deeper network has depth - 2, one in each hidden layer after the first. Raises
    ``ValueError`` for a depth below 2, and for one at which an interval would hold no point.
    """
    if not 2 <= depth <= points + 2:
        raise ValueError(
            f"depth is {depth}; expected 2 to {points + 2}: of {points} points, each hidden layer after the "
            "first takes at least one"
        )
    count = max(1, depth - 2)
    return [points * each // count for each in range(count + 1)]


def weights_needed(points: int, inputs: int, outputs: int, depth: int) -> int:
    """The number of weights: (1 + c)n + d at depth 2, which is 2n + d for one column of labels.

    At depth k the intervals have 2(k - 2) ends besides.
    """
    intervals = len(intervals_of(points, depth)) - 1
    return inputs + (1 + outputs) * points + 2 * intervals * (depth > 2)
