"""Receives on loopback what SES would send, and keeps it where a person can look at it.

    python mail_sink.py INSTANCE_DIR PORT MAILS_DIR [--until-stdin-closes]

Each message becomes `<number>-<recipient>.eml`, byte for byte as received, and, where it has an HTML part, an
`.html` of the same name with embedded pictures, so that it opens in any browser. The `.html`
is there before the `.eml`, and the `.eml` appears whole: who waits for the one can read both.
"""

import base64
import email
import email.policy
import itertools
import re
import signal
import sys
import threading
from pathlib import Path

from aiosmtpd.controller import Controller

import until_stdin_closes

LARGEST_MESSAGE_BYTES = 40 * 1024 * 1024  # what SES itself takes


def page(message):
    """The HTML part with its pictures in place of their content ids; None for a mail in text alone."""
    html = message.get_body(preferencelist=("html",))
    if html is None:
        return None
    text = html.get_content()
    for part in message.walk():
        content_id = (part.get("Content-ID") or "").strip().strip("<>")
        if content_id and part.get_content_maintype() == "image":
            picture = base64.b64encode(part.get_payload(decode=True) or b"").decode("ascii")
            text = text.replace(f"cid:{content_id}", f"data:{part.get_content_type()};base64,{picture}")
    return text


class Sink:
    def __init__(self, folder):
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        numbers = [int(found[0]) for file in folder.glob("*.eml") if (found := re.match(r"\d+", file.name))]
        self.numbers = itertools.count(max(numbers, default=0) + 1)

    async def handle_DATA(self, server, session, envelope):
        recipient = re.sub(r"[^A-Za-z0-9@._+-]", "_", ",".join(envelope.rcpt_tos))[:100]
        name = f"{next(self.numbers):05}-{recipient}"
        try:
            html = page(email.message_from_bytes(envelope.content, policy=email.policy.default))
            if html is not None:
                (self.folder / f"{name}.html").write_text(html, encoding="utf-8")
        except Exception as reason:  # a mail that cannot be shown is still a mail that was received
            print(f"{name}: no page made: {reason!r}", flush=True)
        part = self.folder / f"{name}.part"
        part.write_bytes(envelope.content)
        part.rename(self.folder / f"{name}.eml")
        print(f"{name}: {len(envelope.content)} bytes", flush=True)
        return "250 OK"


def main():
    until_stdin_closes.watch(sys.argv)
    port, folder = int(sys.argv[2]), Path(sys.argv[3])
    controller = Controller(Sink(folder), hostname="127.0.0.1", port=port, data_size_limit=LARGEST_MESSAGE_BYTES)
    controller.start()
    print(f"mails to 127.0.0.1:{port} land in {folder}", flush=True)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    stop.wait()
    controller.stop()


if __name__ == "__main__":
    main()
