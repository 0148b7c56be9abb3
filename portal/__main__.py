"""`python -m portal` is `tallystick`."""

import sys

from portal.cli import main

sys.exit(main())
