"""Names of the arrays that the package passes around."""

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
"""Numbers of rows, one per pair or per place of a block."""

Codes = npt.NDArray[np.int32]
"""For each row the number of its value in a vocabulary; -1 where it has none."""

Levels = npt.NDArray[np.uint8]
"""For each pair how well a field agrees: 0 is equality, larger is worse, MISSING where a side has no value."""

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MISSING = 15
