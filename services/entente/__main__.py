"""``python -m entente``."""

import sys

from entente.cli.main import buffered, main

buffered()
sys.exit(main())
