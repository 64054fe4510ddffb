"""Replies to the end of the content that follow from what was found in it: files, links, words, viruses, spam."""

from __future__ import annotations

from typing import Final

from gatepost.reply.entry import Entry

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
