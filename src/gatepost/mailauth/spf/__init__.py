"""SPF (RFC 7208): whether a client may speak for the domain of HELO or of MAIL.

On the way of a message: the client's address, HELO and the reverse-path -> `check_helo`, `check_mail` -> `Spf`, for
the finding, for DMARC and for Authentication-Results. DNS is asked through the resolver that is passed in. What
follows from a result is policy.
"""

from gatepost.mailauth.spf.check import check_helo, check_host, check_mail
from gatepost.mailauth.spf.result import Identity, Result, Spf, Step

__all__ = ["Identity", "Result", "Spf", "Step", "check_helo", "check_host", "check_mail"]
