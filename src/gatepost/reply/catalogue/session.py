"""Replies to EHLO, HELO, STARTTLS and AUTH: who is there, and how well the line is protected."""

from __future__ import annotations

from typing import Final

from gatepost.reply.entry import Entry

EHLO_OK: Final = Entry(
    id="ehlo-ok",
    code=250,
    enhanced="",
    text="{host}",
    stage="helo",
    when="The client said EHLO; the further lines name the extensions it may use.",
    why="The client learns here what this gateway offers, on this connection and at this moment.",
    sender_action="Nothing to do. The SIZE line holds the largest message taken, in octets.",
    operator_action=(
        "Nothing to do. STARTTLS is shown only where a certificate is set and TLS is not active yet."
    ),
    references=("RFC 5321 §4.1.1.1",),
    fields=frozenset({"host"}),
)
HELO_OK: Final = Entry(
    id="helo-ok",
    code=250,
    enhanced="",
    text="{host}",
    stage="helo",
    when="The client said HELO: it speaks SMTP without extensions.",
    why="Old clients are served as well.",
    sender_action="Nothing to do; EHLO would give pipelining, size limits and TLS.",
    operator_action="Nothing to do. HELO rather than EHLO is common with devices, and with spam programs.",
    references=("RFC 5321 §4.1.1.1",),
    fields=frozenset({"host"}),
)
BAD_HELO: Final = Entry(
    id="bad-helo",
    code=501,
    enhanced="5.5.4",
    text="HELO or EHLO wants a domain name or an address literal",
    stage="helo",
    when=(
        "The name after HELO or EHLO is missing, or is neither a domain name nor an address such as "
        "[192.0.2.7]."
    ),
    why="The name goes into the trace fields and must be readable there.",
    sender_action="Set the HELO name of the sending server to its full host name, such as mail.example.org.",
    operator_action="Nothing at the gateway. If the client is a device of yours, give it a proper host name.",
    references=("RFC 5321 §4.1.1.1", "RFC 5321 §4.1.3"),
    cause="protocol_error",
    side="sender",
)
HELO_FIRST: Final = Entry(
    id="helo-first",
    code=503,
    enhanced="5.5.1",
    text="Say EHLO or HELO first",
    stage="mail, rcpt, data",
    when=(
        "The client gave MAIL, RCPT or DATA before it had said who it is; also after STARTTLS, which "
        "begins anew."
    ),
    why="The order of commands is fixed: EHLO comes first, and once more after TLS has started.",
    sender_action="Correct the sending program: EHLO first, and again after STARTTLS.",
    operator_action="Nothing at the gateway: this is a mistake in the client's program.",
    references=("RFC 5321 §4.1.4", "RFC 3207 §4.2"),
    cause="protocol_error",
    side="sender",
)
TLS_GO: Final = Entry(
    id="tls-go",
    code=220,
    enhanced="2.0.0",
    text="Ready to start TLS",
    stage="starttls",
    when="The client asked for TLS; the TLS handshake begins after this reply.",
    why="From here on the connection is encrypted, and all that was said before is forgotten.",
    sender_action="Nothing to do: start the handshake, then say EHLO again.",
    operator_action="Nothing to do.",
    references=("RFC 3207 §4",),
)
TLS_TWICE: Final = Entry(
    id="tls-twice",
    code=503,
    enhanced="5.5.1",
    text="TLS is active already",
    stage="starttls",
    when="The client asked for TLS on a connection that has it already.",
    why="TLS can be started once in a connection, and is no longer offered then.",
    sender_action=(
        "Correct the sending program: it asks for STARTTLS although the EHLO reply no longer names it."
    ),
    operator_action="Nothing at the gateway: this is a mistake in the client's program.",
    references=("RFC 3207 §4.2",),
    cause="protocol_error",
    side="sender",
)
TLS_UNAVAILABLE: Final = Entry(
    id="tls-unavailable",
    code=454,
    enhanced="4.7.0",
    text="TLS is not available just now",
    stage="starttls",
    when="The client asked for TLS, which was offered, but the certificate or its key cannot be used.",
    why="The gateway cannot prove who it is without them. The client may go on without TLS, or try later.",
    sender_action="Nothing to do: the message is tried again, or sent without TLS where that is allowed.",
    operator_action=(
        "Check the listener's certificate and key: do the files exist, may the gateway read them, do "
        "they belong together, has the certificate run out? Then reload. (4.7.0 is no TLS version.)"
    ),
    references=("RFC 3207 §4",),
    cause="tls",
    side="gateway",
)
AUTH_CONTINUE: Final = Entry(
    id="auth-continue",
    code=334,
    enhanced="",
    text="{challenge}",
    stage="auth",
    when="The client began to authenticate, and the gateway asks for the next part of its answer, in base64.",
    why="Some ways to authenticate need a question and an answer.",
    sender_action="Nothing to do: the mail program answers by itself.",
    operator_action="Nothing to do.",
    references=("RFC 4954 §4",),
    fields=frozenset({"challenge"}),
)
AUTH_OK: Final = Entry(
    id="auth-ok",
    code=235,
    enhanced="2.7.0",
    text="Authentication succeeded",
    stage="auth",
    when="The name and password of the client are right.",
    why="From here on the client may send to any recipient that its account allows.",
    sender_action="Nothing to do.",
    operator_action="Nothing to do.",
    references=("RFC 4954 §6",),
)
AUTH_REQUIRED: Final = Entry(
    id="auth-required",
    code=530,
    enhanced="5.7.0",
    text="Authentication required",
    stage="mail",
    when="A client gave MAIL on a submission listener before it had authenticated.",
    why="A submission listener sends mail out for people with an account, and for nobody else.",
    sender_action="Switch authentication on in the mail program (often called outgoing server login).",
    operator_action=(
        "If the client is a device that cannot authenticate, let it use a relay listener and add its "
        "network to relay_networks."
    ),
    references=("RFC 4954 §6", "RFC 6409 §4.3"),
    cause="smtp_auth",
    side="sender",
)
AUTH_FAILED: Final = Entry(
    id="auth-failed",
    code=535,
    enhanced="5.7.8",
    text="Authentication credentials invalid",
    stage="auth",
    when="The name or the password of the client is wrong.",
    why="The reply does not say which of the two, so that nobody can find out names by trying.",
    sender_action="Check the user name and the password in the mail program.",
    operator_action=(
        "One user: help with the password. Many names from one address: someone is guessing passwords; "
        "block the address."
    ),
    references=("RFC 4954 §6",),
    cause="smtp_auth",
    side="sender",
)
