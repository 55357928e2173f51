"""Messages in and out. Its modules use the driver, which `shared.storage` sees to first."""

import shared.storage  # noqa: F401
