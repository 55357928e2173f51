"""A certificate as a PDF: one page, the same bytes for the same certificate whenever it is asked for.

ReportLab sets it (its `invariant` mode leaves out time and chance), segno makes the QR code. The typeface has the
letters of Latin, Greek and Cyrillic script; a name in another one is left out, and the page says where it stands:
a name in empty boxes would be none.
"""

from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from io import BytesIO

import segno
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4, LETTER, landscape
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from services.training.paper.texts import PaperTexts

_REGULAR, _BOLD = "OpenSans-Regular", "OpenSans-SemiBold"
_INK, _QUIET, _LINE = HexColor(0x1A1A1A), HexColor(0x4A4A4A), HexColor(0x2F5D62)
_MARGIN = 34.0
_QR_SIDE = 104.0
_SMALLEST = 9.0


class Paper(StrEnum):
    """The size of the page, which lies on its side."""

    A4 = "a4"
    LETTER = "letter"


_SIZES = {Paper.A4: landscape(A4), Paper.LETTER: landscape(LETTER)}


@dataclass(frozen=True, kw_only=True)
class Printed:
    """What is printed; `ends` is the first day no longer covered, `address` where anybody can verify it."""

    number: str
    name: str
    programme: str
    site: str
    provisional: bool
    begins: datetime
    ends: datetime
    address: str


def certificate_pdf(printed: Printed, texts: PaperTexts, *, language: str, paper: Paper) -> bytes:
    """The page as PDF."""
    _register()
    buffer, (width, height) = BytesIO(), _SIZES[paper]
    canvas = Canvas(buffer, pagesize=(width, height), invariant=1, lang=language, pageCompression=1)
    canvas.setTitle(f"{texts.heading} {printed.number}")
    canvas.setSubject(printed.programme)
    canvas.setAuthor(printed.site)
    canvas.setCreator("Peerpath")
    canvas.bookmarkPage("certificate")
    canvas.addOutlineEntry(texts.heading, "certificate")
    _frame(canvas, width, height)
    _words(canvas, printed, texts, width, height)
    _proof(canvas, printed, texts, width)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def can_be_set(text: str) -> bool:
    """Has the typeface every letter of this text?"""
    _register()
    letters = pdfmetrics.getFont(_REGULAR).face.charToGlyph
    return all(ord(letter) in letters for letter in text)


@cache
def _register() -> None:
    for name in (_REGULAR, _BOLD):
        pdfmetrics.registerFont(TTFont(name, str(files("ttf_opensans") / "ttf" / f"{name}.ttf")))


def _frame(canvas: Canvas, width: float, height: float) -> None:
    canvas.setStrokeColor(_LINE)
    for inset, line in ((_MARGIN - 12, 2.2), (_MARGIN - 6, 0.6)):
        canvas.setLineWidth(line)
        canvas.rect(inset, inset, width - 2 * inset, height - 2 * inset)


def _words(canvas: Canvas, printed: Printed, texts: PaperTexts, width: float, height: float) -> None:
    last = printed.ends - timedelta(days=1)
    valid = texts.valid.format(begins=texts.written(printed.begins), last=texts.written(last))
    name = printed.name if can_be_set(printed.name) else texts.unnamed
    holds = texts.provisional if printed.provisional else texts.holds
    lines = (
        _Line(texts.heading, size=40, font=_BOLD, color=_LINE, above=30),
        _Line(texts.certifies, size=15, color=_QUIET, above=22),
        _Line(name, size=32, font=_BOLD, above=6),
        _Line(holds, size=15, color=_QUIET, above=14),
        _Line(printed.programme, size=21, font=_BOLD, above=4),
        _Line(valid, size=15, above=18),
        _Line(texts.granted.format(site=printed.site), size=12, color=_QUIET, above=4),
    )
    at = height - _MARGIN
    for line in lines:
        at = line.drawn(canvas, at, width=width)


@dataclass(frozen=True)
class _Line:
    """Centred text, in two lines or smaller where it is long."""

    text: str
    _: KW_ONLY
    size: float
    above: float
    font: str = _REGULAR
    color: Color = _INK

    def drawn(self, canvas: Canvas, top: float, *, width: float) -> float:
        """Draws it below `top`; returns how far down that came."""
        size, room = self.size, width - 2 * _MARGIN - 60
        while len(lines := simpleSplit(self.text, self.font, size, room)) > 2 and size > _SMALLEST:
            size -= 1
        canvas.setFont(self.font, size)
        canvas.setFillColor(self.color)
        at = top - self.above
        for line in lines:
            at -= size * 1.25
            canvas.drawCentredString(width / 2, at, line)
        return at


def _proof(canvas: Canvas, printed: Printed, texts: PaperTexts, width: float) -> None:
    left, bottom = width - _MARGIN - _QR_SIDE - 8, _MARGIN + 8
    _qr(canvas, printed.address, left, bottom)
    canvas.setFillColor(_QUIET)
    canvas.setFont(_REGULAR, 10)
    canvas.drawString(_MARGIN + 12, bottom + 44, texts.verify)
    canvas.setFillColor(_INK)
    for number, line in enumerate(simpleSplit(printed.address, _REGULAR, 10, left - _MARGIN - 24)):
        canvas.drawString(_MARGIN + 12, bottom + 28 - 13 * number, line)
    canvas.linkURL(printed.address, (left, bottom, left + _QR_SIDE, bottom + _QR_SIDE))
    canvas.setFillColor(_QUIET)
    canvas.setFont(_REGULAR, 8)
    canvas.drawString(_MARGIN + 12, bottom, f"{texts.number} {printed.number}")


def _qr(canvas: Canvas, address: str, left: float, bottom: float) -> None:
    """Drawn as squares, dark on white, with the quiet zone of four modules that ISO/IEC 18004 asks for."""
    code = segno.make(address, error="m", micro=False)
    rows = [list(row) for row in code.matrix_iter(border=4)]
    side = _QR_SIDE / len(rows)
    canvas.setFillColor(_INK)
    for down, row in enumerate(rows):
        for across, dark in enumerate(row):
            if dark:
                # A hair larger than the module: renderers leave no light seams between neighbours then.
                y = bottom + _QR_SIDE - (down + 1) * side
                canvas.rect(left + across * side, y, side + 0.05, side + 0.05, stroke=0, fill=1)
