"""Guarantee: a plan of ten thousand runs plans each result once, and a plan that is dropped is freed.

The answers of a method are kept with the object that it belongs to.
"""

from collections.abc import Callable
from functools import cache, cached_property
from typing import TypeVar, cast

Method = TypeVar("Method", bound=Callable)


def cached_method(method: Method) -> Method:
    """A method that computes its answer to the same arguments once for each object.

    ``functools.cache`` on the method itself would keep every object for as long as the class.
    """
    return cast(Method, cached_property(lambda self: cache(method.__get__(self))))
