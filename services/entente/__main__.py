"""``python -m entente``."""

import sys

from entente.cli import main

sys.exit(main())
