"""Mails: what they say in each language, and what nobody can make them say."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from billing.notice import Notice
from billing.setting import Language
from jobs.mail import Sender, mail
from tests.jobs.letters import (
    BALANCE_REMINDER,
    ID,
    LOW_BALANCE,
    NOTICES,
    RECHARGE_FAILED,
    RECHARGED,
    REMINDER,
    letter,
)

SENDER = Sender("Kontingent <usage@kontingent.example>", "https://app.example")
LINK = "https://app.example/settings/account/usage?cycle=12"


def sent(mail_: EmailMessage) -> EmailMessage:
    """Read a mail as whoever gets it does."""
    read = message_from_bytes(mail_.as_bytes(policy=policy.SMTP), policy=policy.default)
    assert isinstance(read, EmailMessage)
    return read


def text(mail_: EmailMessage, kind: str = "plain") -> str:
    body = mail_.get_body((kind,))
    assert body is not None
    content: str = body.get_content()
    return content.replace("\r\n", "\n").replace("\xa0", "_").replace("\u202f", "_")


SUBJECTS = {
    Language.DE: "Acme Support: 75_% der Standard-Konversationen verbraucht",
    Language.EN: "Acme Support: 75% of standard conversations used",
    Language.FR: "Acme Support : 75_% des conversations standard utilisées",
    Language.NL: "Acme Support: 75% van de standaardgesprekken gebruikt",
}
BODIES = {
    Language.DE: f"""\
Im Zyklus vom 25. Oktober 2026 bis zum 24. November 2026 hat Acme Support 1.127 von 1.500
Standard-Konversationen verbraucht, das sind 75_%. Noch verfügbar: 373.

Nachrichten werden auch darüber hinaus gesendet. Ist das Kontingent aufgebraucht, kommen
automatisch Blöcke von 100 Konversationen mit 20_% Aufschlag hinzu, wenn Ihr Tarif das vorsieht.
Vorher gekaufte Blöcke sind günstiger.

Verbrauch ansehen
{LINK}

Sie erhalten diese Nachricht automatisch, weil ein Admin von Acme Support Ihre Adresse dafür
eingetragen hat.
""",
    Language.EN: f"""\
In the cycle from 25 October 2026 to 24 November 2026, Acme Support has used 1,127 of 1,500
standard conversations, which is 75%. Still available: 373.

Messages will still be sent beyond that. Once the quota is used up, blocks of 100 conversations
are added automatically at a surcharge of 20%, if your plan provides for it. Blocks bought
beforehand cost less.

See your usage
{LINK}

You receive this message automatically because an admin of Acme Support entered your address for
it.
""",
    Language.FR: f"""\
Sur le cycle du 25 octobre 2026 au 24 novembre 2026, Acme Support a utilisé 1_127 conversations
standard sur 1_500, soit 75_%. Encore disponibles : 373.

Vos messages continueront d'être envoyés au-delà. Une fois le quota épuisé, des blocs de 100
conversations sont ajoutés automatiquement avec un supplément de 20_%, si votre forfait le
prévoit. Les blocs achetés à l'avance coûtent moins cher.

Voir la consommation
{LINK}

Vous recevez ce message automatique parce qu'un administrateur du compte Acme Support a indiqué
votre adresse.
""",
    Language.NL: f"""\
In de cyclus van 25 oktober 2026 tot en met 24 november 2026 heeft Acme Support 1.127 van de 1.500
standaardgesprekken gebruikt, dat is 75%. Nog beschikbaar: 373.

Ook daarna worden berichten verzonden. Is het quotum op, dan komen er automatisch blokken van 100
gesprekken bij met een toeslag van 20%, als uw abonnement daarin voorziet. Vooraf gekochte blokken
zijn voordeliger.

Verbruik bekijken
{LINK}

U ontvangt dit bericht automatisch omdat een beheerder van Acme Support uw adres daarvoor heeft
opgegeven.
""",
}
"""Lines are broken here only; the link stands on a line of its own."""


def unbroken(body: str) -> str:
    return re.sub(r"(?<![\n])\n(?!\n|https)(?=.)", " ", body)


@pytest.mark.parametrize("language", Language)
def test_a_reminder_in_each_language(language: Language) -> None:
    read = sent(mail(letter(), "anna@acme.example", language, SENDER))
    assert read["Subject"].replace("\xa0", "_").replace("\u202f", "_") == SUBJECTS[language]
    assert text(read) == unbroken(BODIES[language])
    assert read["Content-Language"] == language.value.lower()


@pytest.mark.parametrize(
    ("notice", "subject", "happened"),
    [
        (
            BALANCE_REMINDER,
            "Acme Support: 90% of the carrier-cost balance used",
            (
                "Acme Support has used €27.01 of €30.00 of its carrier-cost balance, which is 90%. "
                "Still available: €2.99."
            ),
        ),
        (
            LOW_BALANCE,
            "Acme Support: the carrier-cost balance is low",
            (
                "Acme Support has €2.99 of carrier-cost balance left; the alert is set to €10.00. "
                "Used so far: €27.01."
            ),
        ),
        (
            RECHARGED,
            "Acme Support: €1,250.50 of balance added automatically",
            (
                "the carrier-cost balance of Acme Support was recharged automatically by "
                "€1,250.50. Used so far: €27.01. Still available: €2.99."
            ),
        ),
        (
            RECHARGE_FAILED,
            "Acme Support: automatic recharge not possible",
            (
                "the carrier-cost balance of Acme Support could not be recharged by €25.00 as set: "
                "the limit per cycle is reached, or the commitment is too small for it. Still "
                "available: €2.99."
            ),
        ),
    ],
)
def test_each_kind_of_notice_says_what_has_happened(
    notice: Notice, subject: str, happened: str
) -> None:
    read = sent(mail(letter(notice), "anna@acme.example", Language.EN, SENDER))
    assert read["Subject"] == subject
    first, follows, *_ = text(read).split("\n\n")
    assert first == f"In the cycle from 25 October 2026 to 24 November 2026, {happened}"
    interrupted = "voice, SMS, WhatsApp templates and broadcasts are interrupted" in follows
    assert interrupted == (notice is not RECHARGED)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: f"{notice.kind} {notice.meter}")
def test_every_mail_can_be_written_in_every_language(notice: Notice, language: Language) -> None:
    read = sent(mail(letter(notice), "anna@acme.example", language, SENDER))
    for shown in (read["Subject"], text(read), text(read, "html")):
        assert "Acme Support" in shown
        assert not re.search("[{}]|None", shown)
    assert LINK in text(read)
    assert f'<html lang="{language.value.lower()}">' in text(read, "html")
    assert f'<a href="{LINK}">' in text(read, "html")


def test_money_is_written_as_the_language_does() -> None:
    shown = {
        language: text(mail(letter(RECHARGED), "a@b.example", language, SENDER))
        for language in Language
    }
    assert "um 1.250,50_€ aufgeladen" in shown[Language.DE]
    assert "by €1,250.50." in shown[Language.EN]
    assert "de 1_250,50_€." in shown[Language.FR]
    assert "met €_1.250,50 opgewaardeerd" in shown[Language.NL]


def test_the_percentage_is_the_one_now_and_may_exceed_100() -> None:
    mail_ = mail(letter(used=1_876, left=0), "anna@acme.example", Language.EN, SENDER)
    assert mail_["Subject"] == "Acme Support: 125% of standard conversations used"


def test_used_and_left_are_cents_that_add_up() -> None:
    halves = letter(BALANCE_REMINDER, used=27_005_000, left=2_995_000)
    shown = text(mail(halves, "anna@acme.example", Language.EN, SENDER))
    assert "€27.01 of €30.00" in shown
    assert "Still available: €2.99." in shown


def test_its_headers_say_who_writes_and_that_nobody_did() -> None:
    read = sent(mail(letter(), "anna@acme.example", Language.DE, SENDER))
    headers = {name: str(value) for name, value in read.items() if name != "Subject"}
    assert headers == {
        "From": "Kontingent <usage@kontingent.example>",
        "To": "anna@acme.example",
        "Date": "Sun, 22 Nov 2026 12:00:00 +0000",
        "Message-ID": f"<{ID}@kontingent.example>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "de",
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="=_{ID.hex}"',
    }
    assert read.defects == []


@pytest.mark.parametrize("language", Language)
def test_it_is_the_same_at_every_attempt(language: Language) -> None:
    first, second = (mail(letter(), "a@b.example", language, SENDER).as_bytes() for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Zoë & Söhne 株式会社", "Zoë & Söhne 株式会社"),
        ("Acme\r\nBcc: eve@evil.example", "Acme Bcc: eve@evil.example"),
        ("Acme\n\nHello", "Acme Hello"),
        ("Acme\u2028Bcc: eve@evil.example\x0b\x85", "Acme Bcc: eve@evil.example"),
        ("A" * 200, "A" * 200),
        ("{used} %s =?utf-8?q?x?=", "{used} %s =?utf-8?q?x?="),
    ],
)
def test_a_name_cannot_add_a_header(name: str, shown: str) -> None:
    written = mail(letter(account_name=name), "anna@acme.example", Language.DE, SENDER)
    plain, read = sent(mail(letter(), "a@b.example", Language.DE, SENDER)), sent(written)
    assert read.keys() == plain.keys()
    assert text(read).count(shown) == 2
    if not name.endswith("?="):  # what looks like an encoded word is read as one
        assert read["Subject"].startswith(f"{shown}: 75")


def test_html_is_escaped() -> None:
    name = '<script>alert("1")</script>'
    read = sent(mail(letter(account_name=name), "a@b.example", Language.EN, SENDER))
    assert "<script>" in text(read)
    assert "<script>" not in text(read, "html")
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; has used" in text(read, "html")


@pytest.mark.parametrize(
    "to", ["anna@acme.example\r\nBcc: eve@evil.example", "anna@acme.example\nx"]
)
def test_an_address_cannot_add_a_header(to: str) -> None:
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        mail(letter(REMINDER), to, Language.EN, SENDER)
