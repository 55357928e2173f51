"""`python -m services.supervision api|worker|all|migrate`."""

from services.supervision.service import SERVICE
from shared.service import main

if __name__ == "__main__":
    main(SERVICE)
