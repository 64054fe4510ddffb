"""Replies to DATA and to the end of the content, where responsibility changes hands.

The module is long because most reasons to refuse lie in the content.
"""

from __future__ import annotations

from typing import Final

from gatepost.reply.entry import Entry

DATA_GO: Final = Entry(
    id="data-go",
    code=354,
    enhanced="",
    text="Send the content; end with <CRLF>.<CRLF>",
    stage="data",
    when="The client said DATA and has at least one accepted recipient.",
    why="The message itself comes now; a line with a single dot ends it.",
    sender_action="Nothing to do.",
    operator_action="Nothing to do. A session that ends here was cut off while the content was on its way.",
    references=("RFC 5321 §4.1.1.4", "RFC 5321 §3.3"),
)
NO_RECIPIENTS: Final = Entry(
    id="no-recipients",
    code=554,
    enhanced="5.5.1",
    text="No valid recipients",
    stage="data",
    when="The client said DATA although every recipient was refused, or none was named.",
    why="There is nobody to deliver to.",
    sender_action="Look at the replies to the recipients just before: each holds its reason.",
    operator_action="Look in the journal at the replies to RCPT in this session: the true cause is there.",
    references=("RFC 5321 §3.3",),
    cause="protocol_error",
    side="sender",
)
MESSAGE_ACCEPTED: Final = Entry(
    id="message-accepted",
    code=250,
    enhanced="2.0.0",
    text="Message accepted for delivery",
    stage="content",
    when="The message is complete, safe on disk, and nothing that the checks found is reason to refuse it.",
    why=(
        "From here on the gateway answers for it: it is delivered, or the sender is told that it was not. Where "
        "policy holds a message for a person to decide, the client is told the same: who sends such mail learns "
        "nothing from it."
    ),
    sender_action=(
        "Nothing to do. Accepted is not yet delivered; the id in the reply finds the message again."
    ),
    operator_action=(
        "Nothing to do. `gatepost trace` with the id in the reply tells what became of it, `gatepost quarantine "
        "list` what is held."
    ),
    references=("RFC 5321 §4.2.5", "RFC 5321 §6.1"),
)
SIZE_EXCEEDED: Final = Entry(
    id="size-exceeded",
    code=552,
    enhanced="5.3.4",
    text="The message is over the limit of {limit} octets",
    stage="content",
    when="The content grew larger than the gateway takes; the client had declared no size, or a smaller one.",
    why=(
        "Larger messages would fill the spool, or fail at the server behind the gateway. Attachments "
        "grow by about 37 % in mail."
    ),
    sender_action="Make the message smaller, or share the file by a link.",
    operator_action=(
        "To take larger messages, raise reception.max_message_size; the server behind the gateway must "
        "take them as well."
    ),
    references=("RFC 1870 §6.1", "RFC 5321 §4.5.3.1.7"),
    cause="message_too_big",
    side="sender",
    fields=frozenset({"limit"}),
)
CONTENT_LINE_END: Final = Entry(
    id="content-line-end",
    code=554,
    enhanced="5.6.0",
    text="The content holds a CR or LF that is not part of a CRLF",
    stage="content",
    when="A line of the content ended in a bare LF or a bare CR.",
    why=(
        "Servers that disagree on where a line ends can be made to see a second message inside the first "
        "(SMTP smuggling), so such content is never passed on."
    ),
    sender_action=(
        "Correct the sending program: every line ends in CR and LF. Often it is a script or an old device."
    ),
    operator_action=(
        "Nothing at the gateway. Let such a device send through a mail server that mends line ends."
    ),
    references=("RFC 5321 §2.3.8", "RFC 5321 §4.1.1.4"),
    cause="protocol_error",
    side="sender",
)
CONTENT_LINE_TOO_LONG: Final = Entry(
    id="content-line-too-long",
    code=554,
    enhanced="5.6.0",
    text="The content has a line of more than {limit} octets",
    stage="content",
    when="One line of the content is longer than the gateway takes.",
    why=(
        "The standard allows 1,000 octets a line; the gateway allows far more, but not without end, for "
        "the next server may cut or refuse it."
    ),
    sender_action=(
        "Correct the sending program: text must be encoded (quoted-printable or base64), which keeps "
        "lines short."
    ),
    operator_action=(
        "If such mail is normal for you and the server behind takes it, raise reception.max_text_line."
    ),
    references=("RFC 5321 §4.5.3.1.6",),
    cause="content_error",
    side="sender",
    fields=frozenset({"limit"}),
)
MAIL_LOOP: Final = Entry(
    id="mail-loop",
    code=554,
    enhanced="5.4.6",
    text="{hops} Received fields: the message goes in a circle",
    stage="content",
    when="The message already has more Received fields than the gateway allows.",
    why="Each server adds one; so many mean that servers send the message to each other without end.",
    sender_action=(
        "Nothing in the message: tell the administrator. Look for two addresses that forward to each other."
    ),
    operator_action=(
        "Read the Received fields to see which servers take turns. Often the server behind the gateway "
        "does not know the domain as its own and sends it back, or next_hop names the gateway itself. "
        "Long honest chains: raise reception.max_hops."
    ),
    references=("RFC 5321 §6.3", "RFC 3463 §3.5"),
    cause="loop",
    side="gateway",
    fields=frozenset({"hops"}),
)
CONTENT_AMBIGUOUS: Final = Entry(
    id="content-ambiguous",
    code=554,
    enhanced="5.6.0",
    text="The message can be read in more than one way: {why}",
    stage="content",
    when="The structure of the message is ambiguous, and the settings say to refuse such messages.",
    why=(
        "Mail programs differ in what they see in a message that breaks the rules of MIME; who wants to get "
        "past a scanner makes use of that."
    ),
    sender_action=(
        "Correct the sending program: one Content-Type and one Content-Transfer-Encoding in a part, as the "
        "standard has them, clean base64, plain file names. Or send the file another way."
    ),
    operator_action=(
        "The journal says what is ambiguous and where. What happens then is set by policy.findings: "
        "mime-untidy, mime-doubtful, mime-evasive, mime-name-deceptive, mime-unseen."
    ),
    references=("RFC 2045 §6", "RFC 2046 §5.1"),
    cause="content_error",
    side="sender",
    fields=frozenset({"why"}),
)
VIRUS_FOUND: Final = Entry(
    id="virus-found",
    code=554,
    enhanced="5.7.1",
    text="Message refused: it contains {signature}",
    stage="content",
    when="The virus check found a known signature in the message.",
    why=(
        "Malware is refused while the sender is on the line: an honest sender learns of it, and no "
        "bounce goes to a forged address."
    ),
    sender_action=(
        "Check the computer and the attached files for malware. Do not send the same message again."
    ),
    operator_action=(
        "The journal says which signature was found and where. If it is a false alarm, report it to the "
        "maker of the signatures."
    ),
    references=("RFC 5321 §4.2.2", "RFC 5321 §7.8"),
    cause="virus",
    side="sender",
    fields=frozenset({"signature"}),
)
VIRUS_CHECK_UNAVAILABLE: Final = Entry(
    id="virus-check-unavailable",
    code=451,
    enhanced="4.7.1",
    text="The virus check is not available; try again later",
    stage="content",
    when="The virus engine could not be asked: it is down, too slow, or answered nonsense.",
    why="The policy says that nothing passes unchecked; the sender keeps the message and tries again.",
    sender_action="Nothing to do: the message is tried again by itself.",
    operator_action=(
        "Look at the engine that checks.virus.address names (clamd): is it running, and has it loaded "
        "its signatures? What happens meanwhile is set by policy.findings, virus-unavailable."
    ),
    references=("RFC 5321 §4.2.2", "RFC 3463 §3.8"),
    cause="system_temp",
    side="gateway",
)
SPAM_LIKELY: Final = Entry(
    id="spam-likely",
    code=550,
    enhanced="5.7.1",
    text="Message refused: it looks like spam",
    stage="content",
    when="The classifier takes the message for spam, by messages learned here, and the settings refuse such.",
    why=(
        "It compares what the message says and how it is made with messages that people here have called spam, "
        "and with those they have not. What exactly it saw is not told: that would teach those who send spam."
    ),
    sender_action=(
        "If the message is honest, send this line to the postmaster of the domain you wrote to: the id in it finds "
        "what weighed."
    ),
    operator_action=(
        "`gatepost trace` with the id tells the probability and what weighed most. If it was wrong, teach it with "
        "`gatepost learn ham` and the message, or raise checks.spam.probability."
    ),
    references=("RFC 5321 §7.8", "RFC 3463 §3.8"),
    cause="spam_content",
    side="sender",
)
FILE_REFUSED: Final = Entry(
    id="file-refused",
    code=554,
    enhanced="5.7.1",
    text="Message refused: {file}: {why}",
    stage="content",
    when="A file of the message, or a file within one, is of a kind that is not taken here, or hides what it is.",
    why=(
        "Most malware comes as a file that a person is meant to open. Programs and what starts them need not come by "
        "mail; there are better ways to hand them over."
    ),
    sender_action=(
        "Send the message without that file, or hand the file over by another way, such as a link to a place that "
        "the recipient knows."
    ),
    operator_action=(
        "The journal names the file, the way to it, and its fingerprint. What is done about which kind is set in "
        "policy.findings; single files can be let in with checks.files.allowed."
    ),
    references=("RFC 5321 §4.2.2", "RFC 3463 §3.8"),
    cause="attachment",
    side="sender",
    fields=frozenset({"file", "why"}),
)
INSPECTION_UNAVAILABLE: Final = Entry(
    id="inspection-unavailable",
    code=451,
    enhanced="4.7.1",
    text="The files of the message could not be looked into; try again later",
    stage="content",
    when="No inspector was free in time, none could be started, or looking into the files took longer than it may.",
    why="The policy says that nothing passes unchecked; the sender keeps the message and tries again.",
    sender_action="Nothing to do: the message is tried again by itself.",
    operator_action=(
        "The journal says what happened. Under load raise checks.inspection.processes; a content on which inspectors "
        "fail each time is found as poison-message and no longer put off."
    ),
    references=("RFC 5321 §4.2.2", "RFC 3463 §3.8"),
    cause="system_temp",
    side="gateway",
)
MESSAGE_POISON: Final = Entry(
    id="message-poison",
    code=554,
    enhanced="5.7.1",
    text="Message refused: its files cannot be looked into",
    stage="content",
    when="Inspectors failed on the same content several times, at different tries of the sender.",
    why="What cannot be looked into at any time is not put off for ever: the sender is told.",
    sender_action="Pack the files otherwise, or hand them over by another way.",
    operator_action=(
        "The journal says how the inspectors failed. If the file is harmless, let it in by its fingerprint "
        "(checks.files.allowed), and report it, for a file should not be able to do this."
    ),
    references=("RFC 5321 §4.2.2", "RFC 3463 §3.8"),
    cause="content_policy",
    side="sender",
)
SPAM_REFUSED: Final = Entry(
    id="spam-refused",
    code=554,
    enhanced="5.7.1",
    text="Message refused: it looks like spam",
    stage="content",
    when="A spam filter that the gateway asks (Rspamd, SpamAssassin) says so, and the settings say to refuse then.",
    why="The filter weighs many small signs; which of them it saw is told to the administrator alone.",
    sender_action=(
        "If the message is honest, write to the recipient in another way, or to postmaster of the recipient's "
        "domain, with the id at the end of this reply."
    ),
    operator_action=(
        "`gatepost trace` with the id shows the score and the rules that led to it. Correct the filter, or let the "
        "sender in (checks.lists.allowed); what is done about which finding is set in policy.findings."
    ),
    references=("RFC 5321 §4.2.2", "RFC 3463 §3.8"),
    cause="spam_content",
    side="sender",
)
SPAM_LATER: Final = Entry(
    id="spam-later",
    code=451,
    enhanced="4.7.1",
    text="The message cannot be judged yet; try again later",
    stage="content",
    when="Rspamd, which the gateway asks, wants the message to come again (soft reject, or greylist where set).",
    why="Some signs show only after a while: a list that names the sender, a rate that falls.",
    sender_action="Nothing to do: the message is tried again by itself.",
    operator_action=(
        "`gatepost trace` with the id shows what Rspamd says. If such mail comes again and again, look at the rules "
        "of Rspamd that ask for it (greylist, ratelimit), or set policy.findings, rspamd-defer."
    ),
    references=("RFC 5321 §4.2.2", "RFC 3463 §3.8"),
    cause="greylist",
    side="sender",
)
SPAM_CHECK_UNAVAILABLE: Final = Entry(
    id="spam-check-unavailable",
    code=451,
    enhanced="4.7.1",
    text="The spam check is not available; try again later",
    stage="content",
    when="A spam filter could not be asked, and the settings say that nothing passes without it.",
    why="The filter is down, too slow, or answered nonsense; the sender keeps the message and tries again.",
    sender_action="Nothing to do: the message is tried again by itself.",
    operator_action=(
        "Look at the filter that checks.rspamd or checks.spamassassin names; `gatepost check` asks it once. What "
        "happens meanwhile is set by policy.findings, rspamd-unavailable and spamassassin-unavailable."
    ),
    references=("RFC 5321 §4.2.2", "RFC 3463 §3.8"),
    cause="system_temp",
    side="gateway",
)
SCANNER_FOUND: Final = Entry(
    id="scanner-found",
    code=554,
    enhanced="5.7.1",
    text="Message refused: the content scanner found {signature}",
    stage="content",
    when="The scanner that is asked by ICAP found something in the message, or would put something in its place.",
    why=(
        "Malware is refused while the sender is on the line: an honest sender learns of it, and no bounce goes to a "
        "forged address."
    ),
    sender_action=(
        "Check the computer and the attached files for malware. Do not send the same message again."
    ),
    operator_action=(
        "The journal says which scanner found it. If it is a false alarm, report it to the maker of the scanner."
    ),
    references=("RFC 5321 §4.2.2", "RFC 3507 §4.9"),
    cause="virus",
    side="sender",
    fields=frozenset({"signature"}),
)
SCANNER_UNAVAILABLE: Final = Entry(
    id="scanner-unavailable",
    code=451,
    enhanced="4.7.1",
    text="The content scanner is not available; try again later",
    stage="content",
    when="The scanner that is asked by ICAP is down, too slow, or answered nonsense.",
    why="The policy says that nothing passes unchecked; the sender keeps the message and tries again.",
    sender_action="Nothing to do: the message is tried again by itself.",
    operator_action=(
        "Look at the scanner that checks.icap.url names; `gatepost check` asks it once. What happens meanwhile is "
        "set by policy.findings, icap-unavailable."
    ),
    references=("RFC 5321 §4.2.2", "RFC 3463 §3.8"),
    cause="system_temp",
    side="gateway",
)
LINK_LISTED: Final = Entry(
    id="link-listed",
    code=554,
    enhanced="5.7.1",
    text="Message refused: it links to {host}, which is listed by {list}",
    stage="content",
    when="A link in the message, in a file of it or in a picture, leads to a domain that blocklists name.",
    why=(
        "Bad mail comes from ever new addresses and leads to few domains. Which lists of those are asked, and what "
        "each weighs here, are the choice of the administrator."
    ),
    sender_action=(
        "Look the domain up on the pages of the list, which say why it is there and how it gets off. If the link is "
        "not yours, see whether the page or the account it came from was broken into; a message that quotes it is "
        "refused too."
    ),
    operator_action=(
        "The journal names the link, where it stood, each list with its answer and weight, and the list's own words. "
        "checks.links.unasked takes a domain out; a list that is often wrong needs less weight."
    ),
    references=("RFC 5321 §4.2.2", "RFC 5782 §2.2"),
    cause="domain_blocklist",
    side="sender",
    fields=frozenset({"host", "list"}),
)
LINK_REFUSED: Final = Entry(
    id="link-refused",
    code=554,
    enhanced="5.7.1",
    text="Message refused: a link to {host}: {why}",
    stage="content",
    when="A link in the message hides where it leads, and the administrator chose to refuse such links.",
    why="Links that show one thing and lead to another are made to deceive their readers.",
    sender_action=(
        "Write the link as it is: the plain name of the host, and no other name as its text. If a program wrote it, "
        "such as one that counts clicks, tell those who run it."
    ),
    operator_action=(
        "The journal names the link and where it stood. What is done about which kind is set in policy.findings, in "
        "the rows that begin with link-; checks.links.trackers names services that may stand in for a sender."
    ),
    references=("RFC 5321 §4.2.2", "RFC 3986 §7.6"),
    cause="content_policy",
    side="sender",
    fields=frozenset({"host", "why"}),
)
HEADER_REFUSED: Final = Entry(
    id="header-refused",
    code=554,
    enhanced="5.6.0",
    text="The header is not as the standard has it: {why}",
    stage="content",
    when="A field of the header is missing, wrong or there twice, and the settings say to refuse such messages.",
    why="Programs that send honest mail write what the standard wants; many that send spam do not care.",
    sender_action="Correct the sending program, or send through a mail server that adds what is missing.",
    operator_action=(
        "The journal says which field and what stands there. What happens then is set by policy.findings, by the "
        "findings whose names begin with header-."
    ),
    references=("RFC 5322 §3.6", "RFC 5322 §2.1.1"),
    cause="content_error",
    side="sender",
    fields=frozenset({"why"}),
)
TEXT_REFUSED: Final = Entry(
    id="text-refused",
    code=554,
    enhanced="5.7.1",
    text="Message refused for what its text says",
    stage="content",
    when="A rule of the administrator about text matches the message, and it is to refuse.",
    why="The rule is a decision of this site. Which words it is about is not said: who knows could write around it.",
    sender_action="Ask the recipient by another way, or write the message in other words.",
    operator_action=(
        "The journal names the rule and shows what matched, and where. The rules are in checks.text; what follows is "
        "set by policy.findings: text-blocked, text-rule."
    ),
    references=("RFC 5321 §4.2.2", "RFC 3463 §3.8"),
    cause="content_policy",
    side="sender",
)
DATA_REFUSED: Final = Entry(
    id="data-refused",
    code=554,
    enhanced="5.7.1",
    text="Message refused: it holds {data}, which are not to be sent by mail",
    stage="content",
    when="The message holds numbers, such as those of payment cards, that a rule of the administrator is about.",
    why="Mail is read, kept and passed on in many places; who has such a number can often use it.",
    sender_action="Take the numbers out, or hand them over by a way that is made for it.",
    operator_action=(
        "The journal names the rule, how many numbers there are, and where; of the numbers only the end. The rules "
        "are in checks.text; what follows is set by policy.findings, data-leak."
    ),
    references=("RFC 5321 §4.2.2", "RFC 3463 §3.8"),
    cause="content_policy",
    side="sender",
    fields=frozenset({"data"}),
)
SPOOL_FULL: Final = Entry(
    id="spool-full",
    code=452,
    enhanced="4.3.1",
    text="Not enough free space to take mail; try again later",
    stage="mail, content",
    when="The disk that holds the spool has less free space than the gateway keeps in reserve.",
    why="A message is accepted only when it is safe on disk. Mail already accepted goes on to be delivered.",
    sender_action="Nothing to do: the message is tried again by itself.",
    operator_action=(
        "Free space on the disk of data_dir now. See with `gatepost queue list` whether mail piles up, "
        "and why; the reserve is spool.min_free (octets)."
    ),
    references=("RFC 5321 §4.2.2", "RFC 1870 §6.1"),
    cause="system_full",
    side="gateway",
)
SPOOL_FAILED: Final = Entry(
    id="spool-failed",
    code=451,
    enhanced="4.3.0",
    text="The message could not be stored; try again later",
    stage="content",
    when="Writing the message to the spool failed, though not for want of space.",
    why="A message is accepted only when it is safe on disk; the sender keeps this one and tries again.",
    sender_action="Nothing to do: the message is tried again by itself.",
    operator_action=(
        "Look in the log and the journal for the error, and in the kernel log for disk trouble. Check "
        "the rights on data_dir."
    ),
    references=("RFC 5321 §4.2.2", "RFC 5321 §4.2.5"),
    cause="system_temp",
    side="gateway",
)
