"""DMARC (RFC 9989): whether the domain that readers see stands behind the message, and what its owner asks for.

On the way of a message: `author` reads the From field, `evaluate` finds the owner's record (`discovery`, `record`)
and compares what SPF and DKIM have authenticated. Around it the reports of RFC 9990: `report`, `report_xml`,
`report_mail` and `destination`. Nothing here decides what becomes of a message.
"""
