"""Types of options that may be left out, and of options that take several texts.

To compare a default with `str | None` or `tuple[str, ...]`, tyro loads a type checker, which takes
longer than tyro itself. With these types it needs none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

from tyro.constructors import PrimitiveConstructorSpec

OptionalText = Optional[str]  # noqa: UP045
OptionalInt = Optional[int]  # noqa: UP045
OptionalFloat = Optional[float]  # noqa: UP045
OptionalPath = Optional[Path]  # noqa: UP045
_TEXTS = PrimitiveConstructorSpec(
    nargs="*",
    metavar="[STR [STR ...]]",
    instance_from_str=tuple,
    is_instance=lambda value: isinstance(value, tuple),
    str_from_instance=list,
)
Texts = Annotated[tuple, _TEXTS]  # of str
