from collections.abc import Callable
from typing import Any, Self

class Recorder:
    def __new__(
        cls,
        get_objects: Callable[[int], list[Any]],
        module_of: Callable[[type], object],
        types: dict[str, int],
        census: tuple[int, int, int, int],
        /,
    ) -> Self: ...
    def __call__(self, phase: str, info: dict[str, int], /) -> None: ...
    def read(self, generation: int, /) -> tuple[dict[int, int], int, int]: ...
    def clear(self) -> None: ...
