"""The columns of a file of applications, by every name they may have."""

from collections.abc import Mapping

from services.recruitment.domain.search import normal

_ALSO: Mapping[str, tuple[str, ...]] = {
    "name": ("nombre", "nombre completo", "full name"),
    "email": ("e-mail", "correo", "correo electronico", "email address"),
    "phone": ("telefono", "telephone"),
    "language": ("idioma",),
    "time_zone": ("zona horaria",),
    "lived_experience": ("experiencia vivida", "experiencia propia"),
    "consents": ("consentimientos",),
    "consented_on": ("fecha de consentimiento", "signed on"),
    "reference_1_name": ("referencia 1 nombre", "first reference name"),
    "reference_1_email": ("referencia 1 correo", "first reference email"),
    "reference_2_name": ("referencia 2 nombre", "second reference name"),
    "reference_2_email": ("referencia 2 correo", "second reference email"),
    "statement": ("declaracion", "motivacion"),
    "availability": ("disponibilidad",),
    "accessibility_needs": ("necesidades de accesibilidad", "accesibilidad"),
    "external_id": ("id externo", "identificador externo"),
}
COLUMNS = tuple(_ALSO)
REQUIRED = (
    "name",
    "email",
    "lived_experience",
    "consents",
    "reference_1_name",
    "reference_1_email",
    "reference_2_name",
    "reference_2_email",
)


def _plain(title: str) -> str:
    return normal(title.replace("_", " ").replace("-", " "))


_BY_TITLE = {_plain(title): column for column, also in _ALSO.items() for title in (column, *also)}


def column_of(title: str) -> str | None:
    """The column a title stands for, in English or Spanish; None for one nobody knows."""
    return _BY_TITLE.get(_plain(title))
