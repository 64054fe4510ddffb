"""The readers, one module for each system, in the order in which a line is tried on them.

Those that know their lines by the program's name come first, those that go by the form of the line alone last. To
add one: write a module with a class that has the form of `maillog.reader.Reader`, and name the class here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gatepost.maillog.reader import Reader
from gatepost.maillog.readers.amavis import Amavis
from gatepost.maillog.readers.courier import Courier
from gatepost.maillog.readers.dovecot import Dovecot
from gatepost.maillog.readers.exchange import Exchange
from gatepost.maillog.readers.exim import Exim
from gatepost.maillog.readers.gatepost import Gatepost
from gatepost.maillog.readers.gwava import Gwava
from gatepost.maillog.readers.gwia import Gwia
from gatepost.maillog.readers.haraka import Haraka
from gatepost.maillog.readers.hmailserver import Hmailserver
from gatepost.maillog.readers.mailenable import Mailenable
from gatepost.maillog.readers.mdaemon import Mdaemon
from gatepost.maillog.readers.opensmtpd import Opensmtpd
from gatepost.maillog.readers.plain import Plain
from gatepost.maillog.readers.postfix import Postfix
from gatepost.maillog.readers.qmail import Qmail
from gatepost.maillog.readers.rspamd import Rspamd
from gatepost.maillog.readers.sendmail import Sendmail
from gatepost.maillog.readers.smg import Smg
from gatepost.maillog.readers.stalwart import Stalwart

READERS: Final[tuple[Callable[[], Reader], ...]] = (
    Exim,
    Postfix,
    Gatepost,
    Sendmail,
    Opensmtpd,
    Qmail,
    Dovecot,
    Amavis,
    Courier,
    Rspamd,
    Haraka,
    Stalwart,
    Hmailserver,
    Mailenable,
    Mdaemon,
    Exchange,
    Gwava,
    Smg,
    Gwia,
    # By anything else than the form of a reply: those before this line.
    Plain,
)
