"""A certificate on paper: read as a person reads it, scanned as a phone does."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import httpx
import pypdfium2
import pytest
import zxingcpp
from PIL.Image import Image

from services.training.paper.certificate import Paper, Printed, can_be_set, certificate_pdf
from services.training.paper.texts import read_texts
from shared.clock import utc_now
from tests.support.stack import Stack
from tests.training.builders import MENTOR, SITE
from tests.training.test_api import refused
from tests.training.test_certifying import certified, get, path, post

ADDRESS = "https://training.example.org/verify/Zk3tQ0uT8mYw2Rr4nB7cD1eF5gH9jK6l"
TEXTS = read_texts()


def printed(**changes: object) -> Printed:
    values: dict[str, object] = {
        "number": "certificate-1",
        "name": "Ana Ruiz",
        "programme": "Peer Mentor, core programme",
        "site": "riverside",
        "provisional": False,
        "begins": datetime(2026, 5, 11, tzinfo=UTC),
        "ends": datetime(2028, 5, 11, tzinfo=UTC),
        "address": ADDRESS,
        **changes,
    }
    return Printed(**values)  # type: ignore[arg-type]


def page(content: bytes) -> tuple[str, Image]:
    """What is written on the one page there is, and how it looks."""
    document = pypdfium2.PdfDocument(content)
    assert len(document) == 1
    written: str = document[0].get_textpage().get_text_range()
    image: Image = document[0].render(scale=2).to_pil()
    return " ".join(written.split()), image


@pytest.mark.parametrize("paper", Paper)
@pytest.mark.parametrize("language", TEXTS)
def test_what_is_on_it(language: str, paper: Paper) -> None:
    """Name, programme, both days and the address are on the page, and its code leads to the address."""
    texts = TEXTS[language]
    written, image = page(certificate_pdf(printed(), texts, language=language, paper=paper))

    last = texts.written(datetime(2028, 5, 10, tzinfo=UTC))
    for said in ("Ana Ruiz", "Peer Mentor, core programme", "riverside", last, texts.holds, ADDRESS):
        assert said in written
    assert [code.text for code in zxingcpp.read_barcodes(image)] == [ADDRESS]


def test_a_provisional_one_says_so() -> None:
    """A provisional certificate is called that."""
    content = certificate_pdf(printed(provisional=True), TEXTS["en"], language="en", paper=Paper.A4)

    assert TEXTS["en"].provisional in page(content)[0]


@pytest.mark.parametrize("name", ["Zoë Nguyễn", "Ирина Ковалёва", "Ελένη Παπαδοπούλου", "Şükrü Öztürk"])
def test_names_as_people_write_them(name: str) -> None:
    """Names in Latin, Cyrillic and Greek letters are set as they are."""
    written, _ = page(certificate_pdf(printed(name=name), TEXTS["en"], language="en", paper=Paper.A4))

    assert name in written


@pytest.mark.parametrize("name", ["أحمد", "李小龍", "Ana 🙂"])
def test_a_name_that_cannot_be_set(name: str) -> None:
    """A name in other letters is left out, and the page says where it stands: there are no empty boxes."""
    assert not can_be_set(name)
    written, _ = page(certificate_pdf(printed(name=name), TEXTS["en"], language="en", paper=Paper.A4))

    assert TEXTS["en"].unnamed in written


def test_the_longest_names_fit() -> None:
    """The longest name and programme stay on the page, above the code."""
    long = printed(
        name="Maximiliana Esperanza " * 9, programme="A programme with a name " * 8, site="s" * 128
    )
    _, image = page(certificate_pdf(long, TEXTS["es"], language="es", paper=Paper.LETTER))

    assert [code.text for code in zxingcpp.read_barcodes(image)] == [ADDRESS]


def test_the_same_bytes_in_another_process() -> None:
    """Issued again, on another day by another process, it is the same to the byte."""
    again = (
        "import sys; from services.training.paper.certificate import *; "
        "from tests.training.test_paper import printed, TEXTS; "
        "sys.stdout.buffer.write(certificate_pdf(printed(), TEXTS['en'], language='en', paper=Paper.A4))"
    )
    other = subprocess.run(  # noqa: S603 - this interpreter, and the code above
        [sys.executable, "-c", again], check=True, capture_output=True, timeout=60
    ).stdout

    assert other == certificate_pdf(printed(), TEXTS["en"], language="en", paper=Paper.A4)


async def test_over_http(stack: Stack) -> None:
    """The person and staff of the site get it, as often as they like the same; nobody else does."""
    async with certified(stack, days_ago=100) as (app, certificate, _):
        url = path(certificate, "/paper.pdf?language=es&paper=letter")
        mine, staffs = await get(app, url, by=MENTOR, grants=()), await get(app, url)
        assert mine.status_code == 200
        assert mine.headers["content-type"] == "application/pdf"
        assert mine.content == staffs.content
        (code,) = zxingcpp.read_barcodes(page(mine.content)[1])
        async with app.client() as public:
            assert (await public.get(httpx.URL(code.text).path)).status_code == 200
        refused(await get(app, url, grants=[("certifier", "hillside")]), 404, "not_found")
        begins = utc_now() - timedelta(days=100)
        assert str(begins.year) in page(mine.content)[0]

        await post(app, path(certificate, "/suspension"), {"reason": "A concern."})

        refused(await get(app, url, by="cem", grants=[("certifier", SITE)]), 409, "certificate_not_printable")
