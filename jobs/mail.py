"""A letter as a mail: plain text with an HTML alternative, the same at every attempt."""

from dataclasses import dataclass
from decimal import Decimal
from email.message import EmailMessage
from html import escape

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent

from billing.commitment import Meter
from billing.conversation import percent
from billing.money import MICROS, rounded_to_cents, shown_in_cents
from billing.notice import Letter, NoticeKind
from billing.plan import BLOCK_SIZE
from billing.setting import Language
from billing.surcharge import SURCHARGE_PERCENT
from jobs.words import WORDS, Text, Words

HTML = """\
<!DOCTYPE html>
<html lang="{language}">
<body>
{paragraphs}
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes, and where the pages are that mails link to."""

    mailbox: str
    public_url: str


def mail(letter: Letter, to: str, language: Language, sender: Sender) -> EmailMessage:
    """Write a letter to one recipient."""
    words = WORDS[language]
    values = _values(letter, words)
    text = _text(letter, words)
    link = f"{sender.public_url}/settings/account/usage?cycle={letter.notice.cycle}"
    body = [text.happened.format_map(values), text.follows.format_map(values)]
    why = words.why.format_map(values)
    tag = language.value.lower()
    message = EmailMessage()
    message["From"] = sender.mailbox
    message["To"] = to
    message["Subject"] = text.subject.format_map(values)
    message["Date"] = letter.written_at
    message["Message-ID"] = f"<{letter.id}@{message['From'].addresses[0].domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join([*body, f"{words.link}\n{link}", why]) + "\n")
    anchor = f'<a href="{escape(link)}">{escape(words.link)}</a>'
    paragraphs = [*map(escape, body), anchor, escape(why)]
    html = HTML.format(
        language=tag, paragraphs="\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    )
    message.add_alternative(html, subtype="html")
    message["Content-Language"] = tag  # set earlier, it would move into the first part
    message.set_boundary(f"=_{letter.id.hex}")
    return message


def _text(letter: Letter, words: Words) -> Text:
    notice = letter.notice
    if notice.kind is NoticeKind.REMINDER:
        return words.conversations if notice.meter is Meter.CONVERSATIONS else words.carrier
    return {
        NoticeKind.LOW_BALANCE: words.low_balance,
        NoticeKind.RECHARGED: words.recharged,
        NoticeKind.RECHARGE_FAILED: words.recharge_failed,
    }[notice.kind]


def _values(letter: Letter, words: Words) -> dict[str, str]:
    """Return what stands for the names in the texts, as the language writes it."""
    locale, notice = words.locale, letter.notice

    def money(micros: int) -> str:
        return format_currency(Decimal(micros) / MICROS, letter.currency, locale=locale)

    def share(of_hundred: int) -> str:
        return format_percent(Decimal(of_hundred) / 100, locale=locale)

    if notice.meter is Meter.CONVERSATIONS:
        amounts = (letter.used, letter.left, letter.base)
        used, left, base = (format_decimal(amount, locale=locale) for amount in amounts)
    else:
        used, left = (money(micros) for micros in shown_in_cents((letter.used, letter.left)))
        base = money(rounded_to_cents(letter.base))
    return {
        "account": " ".join(letter.account_name.split()),  # no line of it ends a header
        "starts_on": format_date(letter.starts_on, "long", locale=locale),
        "ends_on": format_date(letter.ends_on, "long", locale=locale),
        "used": used,
        "base": base,
        "left": left,
        "percent": share(percent(letter.used, letter.base) or 0),
        "threshold": money(notice.threshold_micros or 0),
        "amount": money(notice.amount_micros or 0),
        "block": format_decimal(BLOCK_SIZE, locale=locale),
        "surcharge": share(SURCHARGE_PERCENT - 100),
    }
