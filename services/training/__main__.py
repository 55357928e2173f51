"""`python -m services.training api|worker|all|migrate|programmes`."""

import sys

from services.training import check_cli
from services.training.service import PROGRAMMES, SERVICE
from services.training.settings import shipped_banks
from shared.service import main

if __name__ == "__main__":
    if sys.argv[1:2] == ["programmes"]:
        sys.exit(check_cli.run(sys.argv[2:], banks=shipped_banks(PROGRAMMES)))
    main(SERVICE)
