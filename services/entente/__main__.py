"""``python -m entente``."""

import sys

from entente.cli.main import main

sys.exit(main())
