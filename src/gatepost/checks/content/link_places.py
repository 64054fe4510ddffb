"""Hosts that are known for what they do with links: shorten them, lead on to any address, count clicks.

Beside the check of links; short tables of our own making, by registered domain unless a host is named. A host that is
not in them is judged like any other, so what they lack costs nothing but a hint.
"""

from __future__ import annotations

from typing import Final

from gatepost.mail.links import Address

SHORTENERS: Final = frozenset(
    (
        "bit.ly", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "v.gd", "buff.ly", "rebrand.ly",
        "cutt.ly", "rb.gy", "shorturl.at", "tiny.cc", "lnkd.in", "t.ly", "bl.ink", "s.id", "qr.ae", "adf.ly",
        "bit.do", "soo.gd", "clck.ru", "vk.cc", "u.to", "x.co", "j.mp", "trib.al", "dlvr.it", "spr.ly",
        "shorte.st", "short.io", "urlz.fr", "urls.fr", "kutt.it", "1url.com", "hyperurl.co", "lc.chat",
        "tny.im", "shrtco.de", "2no.co", "iplogger.org", "grabify.link", "n9.cl", "acortar.link",
        "kurzelinks.de", "t1p.de", "ogy.de", "qrco.de", "q-r.to", "me-qr.com", "l.ead.me", "tr.ee", "surl.li",
        "dub.sh", "shorturl.gg", "shorturl.asia", "tinu.be", "u.nu", "zpr.io", "han.gl", "xurl.es",
    )
)  # fmt: skip

# Host, or registered domain: what the path begins with where it leads on to any address that is named to it.
_REDIRECTORS: Final[dict[str, tuple[str, ...]]] = {
    "google.com": ("/url", "/amp/", "/imgres", "/local_url"),
    "google.de": ("/url", "/amp/"),
    "google.co.uk": ("/url", "/amp/"),
    "googleadservices.com": ("/pagead/aclk",),
    "doubleclick.net": ("/",),
    "youtube.com": ("/redirect",),
    "facebook.com": ("/l.php", "/flx/warn"),
    "instagram.com": ("/linkshim", "/?u="),
    "linkedin.com": ("/redir/", "/slink", "/safety/go"),
    "bing.com": ("/ck/a", "/alink"),
    "yahoo.com": ("/_ylt", "/r/", "/rd"),
    "yandex.ru": ("/redirect", "/clck/", "/redir"),
    "baidu.com": ("/link",),
    "vk.com": ("/away.php",),
    "t.umblr.com": ("/redirect",),
    "reddit.com": ("/t3_", "/r?url"),
    "steamcommunity.com": ("/linkfilter",),
    "slack-redir.net": ("/link",),
    "medium.com": ("/r/", "/m/global-identity"),
    "adobe.com": ("/r/",),
    "pinterest.com": ("/offsite",),
    "archive.org": ("/web/",),
    "disq.us": ("/",),
}

TRACKERS: Final = frozenset(
    (
        "list-manage.com", "mailchimp.com", "mailchi.mp", "mandrillapp.com", "rsgsv.net", "mcsv.net",
        "sendgrid.net", "exacttarget.com", "exct.net", "sparkpostmail.com", "mailgun.org", "awstrack.me",
        "hubspotlinks.com", "hubspotemail.net", "hs-sites.com", "cmail19.com", "cmail20.com",
        "createsend.com", "createsend1.com", "rs6.net", "constantcontact.com", "klclick.com", "klclick1.com",
        "klaviyomail.com", "sendinblue.com", "sendibt2.com", "sendibm1.com", "brevo.com", "mjt.lu",
        "mailjet.com", "mktoweb.com", "mktdns.com", "pardot.com", "e2ma.net", "emarsys.net", "inxmail.com",
        "inxserver.de", "crsend.com", "cleverreach.com", "emailsys1a.net", "emailsys2a.net", "rapidmail.de",
        "getresponse.com", "activehosted.com", "acemlnb.com", "emlnk.com", "customeriomail.com",
        "postmarkapp.com", "pstmrk.it", "mlsend.com", "mailerlite.com", "convertkit-mail.com",
        "convertkit-mail2.com", "substack.com", "beehiiv.com", "salesforce.com", "eloqua.com", "en25.com",
        "dotdigital-pages.com", "trackedlink.net", "iterable.com", "braze.com", "aweber.com",
        "infusionsoft.com", "keap-link003.com", "newsletter2go.com", "evalanche.com", "optivo.net",
        "episerver.net", "agnitas.de", "mailing-work.de", "kajabimail.net", "omnisend.com",
    )
)  # fmt: skip

# Gateways that write links anew so that they can look at the target when it is clicked.
REWRITERS: Final = frozenset(
    (
        "safelinks.protection.outlook.com", "urldefense.com", "urldefense.proofpoint.com",
        "protect-eu.mimecast.com", "protect-us.mimecast.com", "linkprotect.cudasvc.com",
        "clicktime.symantec.com", "secure-web.cisco.com",
    )
)  # fmt: skip


def leads_on(address: Address, registered: str) -> bool:
    """Tell whether a host is known to lead on to whatever address it is given."""
    begins = _REDIRECTORS.get(address.host) or _REDIRECTORS.get(registered)
    return begins is not None and address.rest.startswith(begins)


def is_below(host: str, places: frozenset[str]) -> bool:
    """Tell whether a host is one of the places, or below one."""
    while host:
        if host in places:
            return True
        host = host.partition(".")[2]
    return False
