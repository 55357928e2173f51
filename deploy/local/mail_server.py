"""The mail catcher: takes every mail by SMTP, delivers none, keeps each as an .eml file and shows it.

`python -m deploy.local.mail_server` is a process of its own, so that it answers while the program that started the
stack is busy. For development only: it listens on this machine only and asks nobody who they are.
"""

import argparse
import asyncio
import email
import email.policy
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import FastAPI, HTTPException, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from starlette.responses import Response
from starlette.templating import Jinja2Templates

HOST = "127.0.0.1"
_TEMPLATES = Jinja2Templates(directory=Path(__file__).with_name("templates"))
# A mail's HTML is somebody else's: it may style itself and nothing more, no script and no tracking image.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'"
MessageId = Annotated[str, InPath(pattern=r"^\d+$")]


class Summary(BaseModel):
    """One line of the list. `recipients` is who the mail went to, hidden copies included."""

    id: str
    sender: str
    recipients: list[str]
    subject: str
    date: str


class Message(Summary):
    """One mail. `text` and `html` are empty where the mail has no such part."""

    headers: list[tuple[str, str]]
    text: str
    html: str
    attachments: list[str]


class MailFolder:
    """The mails in one folder, oldest first; an id is the time of arrival in nanoseconds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Called by aiosmtpd for each mail. No header says who it really went to, so that is added."""
        sent = "".join(f"X-RcptTo: {recipient}\r\n" for recipient in envelope.rcpt_tos)
        head = f"X-MailFrom: {envelope.mail_from}\r\n{sent}".encode()
        content = (
            envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        )
        fresh = self._folder / "arriving"
        fresh.write_bytes(head + content)
        fresh.rename(self._folder / f"{time.time_ns()}.eml")
        return "250 kept for you to look at"

    def summaries(self) -> list[Summary]:
        """Every mail, newest first."""
        return [
            _summary(file.stem, _parsed(file)) for file in sorted(self._folder.glob("*.eml"), reverse=True)
        ]

    def message(self, id: str) -> Message | None:
        """One mail, or None."""
        file = self._folder / f"{id}.eml"
        if not file.exists():
            return None
        mail = _parsed(file)
        return Message(
            **_summary(id, mail).model_dump(),
            headers=[(name, str(value)) for name, value in mail.items()],
            text=_body(mail, "plain"),
            html=_body(mail, "html"),
            attachments=[part.get_filename() or "(no name)" for part in mail.iter_attachments()],
        )


def _parsed(file: Path) -> EmailMessage:
    return email.message_from_bytes(file.read_bytes(), policy=email.policy.default)


def _summary(id: str, mail: EmailMessage) -> Summary:
    return Summary(
        id=id,
        sender=str(mail["From"] or mail["X-MailFrom"]),
        recipients=[str(value) for value in mail.get_all("X-RcptTo", [])],
        subject=str(mail["Subject"] or ""),
        date=str(mail["Date"] or ""),
    )


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def create_app(mails: MailFolder, *, smtp_port: int) -> FastAPI:
    """The page and its JSON; the SMTP server lives as long as the app does."""

    @asynccontextmanager
    async def smtp(_app: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(mails, enable_SMTPUTF8=True), HOST, smtp_port)
        async with server:
            yield

    app = FastAPI(title="Peerpath development mail", lifespan=smtp)

    def found(id: str) -> Message:
        message = mails.message(id)
        if message is None:
            raise HTTPException(404, f"no mail {id}: see /messages for those there are")
        return message

    def page(request: Request, template: str, **values: Any) -> Response:
        headers = {"Content-Security-Policy": _POLICY}
        return _TEMPLATES.TemplateResponse(request, template, values, headers=headers)

    @app.get("/messages")
    def list_messages() -> list[Summary]:
        return mails.summaries()

    @app.get("/messages/{id}")
    def get_message(id: MessageId) -> Message:
        return found(id)

    @app.get("/", response_class=HTMLResponse)
    def list_page(request: Request) -> Response:
        return page(request, "mails.html", mails=mails.summaries())

    @app.get("/mails/{id}", response_class=HTMLResponse)
    def mail_page(request: Request, id: MessageId) -> Response:
        return page(request, "mail.html", mail=found(id))

    return app


def main() -> None:
    """Runs until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.mail_server", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--page-port", type=int, required=True)
    args = parser.parse_args()
    app = create_app(MailFolder(args.folder), smtp_port=args.smtp_port)
    uvicorn.run(app, host=HOST, port=args.page_port, log_level="warning")


if __name__ == "__main__":
    main()
