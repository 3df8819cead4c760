"""Load torch at the start of a process, without the part that only compilers need.

Nearly half of the time of `import torch` goes into `torch._meta_registrations`: the kernels of
tensors without data (torch's *meta tensors*), from which compilers learn shapes. The learners of
this project have no such tensors. The kernels are loaded as soon as torch's compiler or an external
learner is; other code that wants meta tensors in the same process calls `load_meta_kernels`.
"""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

META_KERNELS, COMPILER = "torch._meta_registrations", "torch._dynamo"


class _Postponed(MetaPathFinder, Loader):
    """Finds an empty module in place of the meta kernels, until a compiler is looked for."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name == COMPILER:
            load_meta_kernels()
        return ModuleSpec(name, self) if name == META_KERNELS else None

    def exec_module(self, module: ModuleType) -> None:
        """Leave the module empty."""


def load_torch(threads: int = 1) -> None:
    """Load torch without its meta kernels, and set the number of its threads.

    The garbage collector is paused: modules leave nothing to collect, and looking through torch's
    for it takes an eighth of the time.
    """
    if "torch" not in sys.modules:
        sys.meta_path.insert(0, _Postponed())
    collecting = gc.isenabled()
    gc.disable()
    try:
        import torch
    finally:
        if collecting:
            gc.enable()
    torch.set_num_threads(threads)


def load_meta_kernels() -> None:
    """Load the meta kernels if `load_torch` has postponed them."""
    postponed = [finder for finder in sys.meta_path if isinstance(finder, _Postponed)]
    for finder in postponed:
        sys.meta_path.remove(finder)
    if postponed and META_KERNELS in sys.modules:
        del sys.modules[META_KERNELS]
        importlib.import_module(META_KERNELS)
