"""Examining the way out: whether mails leave the house."""

from jobs.smtp import Relay
from jobs.undelivered import UndeliveredError
from resolvers.doctor import Finding, Level


async def mails(relay: Relay | None, *, needed: bool) -> Finding:
    """Check that there is a mail server, and that it takes mails of ours; none is sent."""
    remedy = "Set KONTINGENT_SMTP_URL, and KONTINGENT_MAIL_FROM."
    if relay is None:
        level = Level.WARNING if needed else Level.OK
        return Finding("mails", level, "They are shown in the log.", remedy if needed else None)
    try:
        await relay.greet()
    except UndeliveredError as error:
        return Finding("mails", Level.FAILURE, str(error), "Is KONTINGENT_SMTP_URL right?")
    return Finding("mails", Level.OK, f"{relay.host} takes them.")
