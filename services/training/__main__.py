"""`python -m services.training api|worker|all|migrate`."""

from services.training.service import SERVICE
from shared.service import main

if __name__ == "__main__":
    main(SERVICE)
