"""A kept answer is computed once for each object, and goes with the object."""

import gc
import weakref

from pipeline.planning.cached import cached_method


class Sums:
    def __init__(self, base: int):
        self.base, self.asked = base, 0

    @cached_method
    def plus(self, number: int, times: int = 1) -> list[int]:
        self.asked += 1
        return [self.base + number * times]


def test_an_answer_is_computed_once_for_each_object_and_arguments():
    ones, tens = Sums(1), Sums(10)
    assert ones.plus(2) is ones.plus(2)
    assert ones.plus(2, times=3) == [7]
    assert tens.plus(2) == [12], "of another object"
    assert (ones.asked, tens.asked) == (2, 1)


def test_kept_answers_do_not_keep_their_object():
    ones = Sums(1)
    ones.plus(2)
    seen = weakref.ref(ones)
    del ones
    gc.collect()
    assert seen() is None
