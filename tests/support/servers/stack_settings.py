"""The settings of the stack that browsers use: its static files are in a folder of its own.

Stacks start at the same time, and each collects the files while others serve them.
"""

import os
from pathlib import Path

from codatdash.settings import *  # noqa: F403  all of them but one

STATIC_ROOT = Path(os.environ["STACK_STATIC_ROOT"])
