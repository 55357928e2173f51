"""`python -m services.recruitment api|worker|all|migrate|park`."""

from services.recruitment.service import SERVICE
from shared.service import main

if __name__ == "__main__":
    main(SERVICE)
