"""`python -m services.notifications api|worker|all|migrate`."""

from services.notifications.service import SERVICE
from shared.service import main

if __name__ == "__main__":
    main(SERVICE)
