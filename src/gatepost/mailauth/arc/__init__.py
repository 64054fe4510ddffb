"""The Authenticated Received Chain (RFC 8617): who handled a message on its way, and what each of them had found."""

from gatepost.mailauth.arc.chain import read_chain
from gatepost.mailauth.arc.result import Chain, Sealer, Status
from gatepost.mailauth.arc.seal import seal
from gatepost.mailauth.arc.verify import verify, verify_read, wanted

__all__ = ["Chain", "Sealer", "Status", "read_chain", "seal", "verify", "verify_read", "wanted"]
