"""What mails say, in each language. Names in braces are filled in by `jobs.mail`.

Amounts, dates and percentages come as the language writes them.
"""

from dataclasses import dataclass

from billing.setting import Language


@dataclass(frozen=True, slots=True)
class Text:
    """One kind of mail: its subject, what has happened, and what follows from it."""

    subject: str
    happened: str
    follows: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """All mails in one language; `locale` is how it writes numbers and dates."""

    locale: str
    conversations: Text
    carrier: Text
    low_balance: Text
    recharged: Text
    recharge_failed: Text
    link: str
    why: str


WORDS = {
    Language.DE: Words(
        locale="de_DE",
        conversations=Text(
            "{account}: {percent} der Standard-Konversationen verbraucht",
            "Im Zyklus vom {starts_on} bis zum {ends_on} hat {account} {used} von {base} "
            "Standard-Konversationen verbraucht, das sind {percent}. Noch verfügbar: {left}.",
            "Nachrichten werden auch darüber hinaus gesendet. Ist das Kontingent aufgebraucht, "
            "kommen automatisch Blöcke von {block} Konversationen mit {surcharge} Aufschlag "
            "hinzu, wenn Ihr Tarif das vorsieht. Vorher gekaufte Blöcke sind günstiger.",
        ),
        carrier=Text(
            "{account}: {percent} des Guthabens für Anbieterkosten verbraucht",
            "Im Zyklus vom {starts_on} bis zum {ends_on} hat {account} {used} von {base} Guthaben "
            "für Anbieterkosten verbraucht, das sind {percent}. Noch verfügbar: {left}.",
            "Reicht das Guthaben nicht aus, werden Telefonie, SMS, WhatsApp-Vorlagen und "
            "Broadcasts unterbrochen, bis es aufgeladen wird.",
        ),
        low_balance=Text(
            "{account}: Das Guthaben für Anbieterkosten ist niedrig",
            "Im Zyklus vom {starts_on} bis zum {ends_on} hat {account} noch {left} Guthaben für "
            "Anbieterkosten; gewarnt wird ab {threshold}. Bisher verbraucht: {used}.",
            "Reicht das Guthaben nicht aus, werden Telefonie, SMS, WhatsApp-Vorlagen und "
            "Broadcasts unterbrochen, bis es aufgeladen wird.",
        ),
        recharged=Text(
            "{account}: {amount} Guthaben automatisch aufgeladen",
            "Das Guthaben für Anbieterkosten von {account} wurde im Zyklus vom {starts_on} bis "
            "zum {ends_on} automatisch um {amount} aufgeladen. Bisher verbraucht: {used}. Noch "
            "verfügbar: {left}.",
            "Aufgeladenes Guthaben gilt bis zum Ende des Zyklus. Ab wann, um wie viel und bis zu "
            "welcher Obergrenze aufgeladen wird, legt ein Admin fest.",
        ),
        recharge_failed=Text(
            "{account}: Automatische Aufladung nicht möglich",
            "Das Guthaben für Anbieterkosten von {account} konnte im Zyklus vom {starts_on} bis "
            "zum {ends_on} nicht wie festgelegt um {amount} aufgeladen werden: Die Obergrenze je "
            "Zyklus ist erreicht, oder das zugesagte Guthaben ist dafür zu klein. Noch "
            "verfügbar: {left}.",
            "Reicht das Guthaben nicht aus, werden Telefonie, SMS, WhatsApp-Vorlagen und "
            "Broadcasts unterbrochen. Laden Sie es auf, oder heben Sie die Obergrenze an.",
        ),
        link="Verbrauch ansehen",
        why="Sie erhalten diese Nachricht automatisch, weil ein Admin von {account} Ihre Adresse "
        "dafür eingetragen hat.",
    ),
    Language.EN: Words(
        locale="en_GB",
        conversations=Text(
            "{account}: {percent} of standard conversations used",
            "In the cycle from {starts_on} to {ends_on}, {account} has used {used} of {base} "
            "standard conversations, which is {percent}. Still available: {left}.",
            "Messages will still be sent beyond that. Once the quota is used up, blocks of "
            "{block} conversations are added automatically at a surcharge of {surcharge}, if "
            "your plan provides for it. Blocks bought beforehand cost less.",
        ),
        carrier=Text(
            "{account}: {percent} of the carrier-cost balance used",
            "In the cycle from {starts_on} to {ends_on}, {account} has used {used} of {base} of "
            "its carrier-cost balance, which is {percent}. Still available: {left}.",
            "If the balance does not suffice, voice, SMS, WhatsApp templates and broadcasts are "
            "interrupted until it is topped up.",
        ),
        low_balance=Text(
            "{account}: the carrier-cost balance is low",
            "In the cycle from {starts_on} to {ends_on}, {account} has {left} of carrier-cost "
            "balance left; the alert is set to {threshold}. Used so far: {used}.",
            "If the balance does not suffice, voice, SMS, WhatsApp templates and broadcasts are "
            "interrupted until it is topped up.",
        ),
        recharged=Text(
            "{account}: {amount} of balance added automatically",
            "In the cycle from {starts_on} to {ends_on}, the carrier-cost balance of {account} "
            "was recharged automatically by {amount}. Used so far: {used}. Still available: "
            "{left}.",
            "Recharged balance is valid until the end of the cycle. An admin sets when, by how "
            "much and up to which limit it is recharged.",
        ),
        recharge_failed=Text(
            "{account}: automatic recharge not possible",
            "In the cycle from {starts_on} to {ends_on}, the carrier-cost balance of {account} "
            "could not be recharged by {amount} as set: the limit per cycle is reached, or the "
            "commitment is too small for it. Still available: {left}.",
            "If the balance does not suffice, voice, SMS, WhatsApp templates and broadcasts are "
            "interrupted. Top it up, or raise the limit.",
        ),
        link="See your usage",
        why="You receive this message automatically because an admin of {account} entered your "
        "address for it.",
    ),
    Language.FR: Words(
        locale="fr_FR",
        conversations=Text(
            "{account} : {percent} des conversations standard utilisées",
            "Sur le cycle du {starts_on} au {ends_on}, {account} a utilisé {used} conversations "
            "standard sur {base}, soit {percent}. Encore disponibles : {left}.",
            "Vos messages continueront d'être envoyés au-delà. Une fois le quota épuisé, des "
            "blocs de {block} conversations sont ajoutés automatiquement avec un supplément de "
            "{surcharge}, si votre forfait le prévoit. Les blocs achetés à l'avance coûtent "
            "moins cher.",
        ),
        carrier=Text(
            "{account} : {percent} du solde pour frais d'opérateur utilisés",
            "Sur le cycle du {starts_on} au {ends_on}, {account} a utilisé {used} sur {base} de "
            "solde pour frais d'opérateur, soit {percent}. Encore disponible : {left}.",
            "Si le solde ne suffit plus, la téléphonie, les SMS, les modèles WhatsApp et les "
            "diffusions sont interrompus jusqu'à ce qu'il soit rechargé.",
        ),
        low_balance=Text(
            "{account} : le solde pour frais d'opérateur est bas",
            "Sur le cycle du {starts_on} au {ends_on}, il reste à {account} {left} de solde pour "
            "frais d'opérateur ; le seuil d'alerte est de {threshold}. Utilisé jusqu'ici : {used}.",
            "Si le solde ne suffit plus, la téléphonie, les SMS, les modèles WhatsApp et les "
            "diffusions sont interrompus jusqu'à ce qu'il soit rechargé.",
        ),
        recharged=Text(
            "{account} : {amount} de solde ajoutés automatiquement",
            "Sur le cycle du {starts_on} au {ends_on}, le solde pour frais d'opérateur du "
            "compte {account} a été rechargé automatiquement de {amount}. Utilisé jusqu'ici : "
            "{used}. Encore disponible : {left}.",
            "Le solde rechargé est valable jusqu'à la fin du cycle. Un administrateur fixe le "
            "seuil, le montant et le plafond des recharges.",
        ),
        recharge_failed=Text(
            "{account} : recharge automatique impossible",
            "Sur le cycle du {starts_on} au {ends_on}, le solde pour frais d'opérateur du "
            "compte {account} n'a pas pu être rechargé de {amount} comme prévu : le plafond par "
            "cycle est atteint, ou l'engagement est trop faible. Encore disponible : {left}.",
            "Si le solde ne suffit plus, la téléphonie, les SMS, les modèles WhatsApp et les "
            "diffusions sont interrompus. Rechargez-le, ou relevez le plafond.",
        ),
        link="Voir la consommation",
        why="Vous recevez ce message automatique parce qu'un administrateur du compte "
        "{account} a indiqué votre adresse.",
    ),
    Language.NL: Words(
        locale="nl_NL",
        conversations=Text(
            "{account}: {percent} van de standaardgesprekken gebruikt",
            "In de cyclus van {starts_on} tot en met {ends_on} heeft {account} {used} van de "
            "{base} standaardgesprekken gebruikt, dat is {percent}. Nog beschikbaar: {left}.",
            "Ook daarna worden berichten verzonden. Is het quotum op, dan komen er automatisch "
            "blokken van {block} gesprekken bij met een toeslag van {surcharge}, als uw "
            "abonnement daarin voorziet. Vooraf gekochte blokken zijn voordeliger.",
        ),
        carrier=Text(
            "{account}: {percent} van het tegoed voor providerkosten gebruikt",
            "In de cyclus van {starts_on} tot en met {ends_on} heeft {account} {used} van {base} "
            "tegoed voor providerkosten gebruikt, dat is {percent}. Nog beschikbaar: {left}.",
            "Als het tegoed niet toereikend is, worden telefonie, sms, WhatsApp-sjablonen en "
            "broadcasts onderbroken totdat het wordt opgewaardeerd.",
        ),
        low_balance=Text(
            "{account}: het tegoed voor providerkosten is laag",
            "In de cyclus van {starts_on} tot en met {ends_on} heeft {account} nog {left} tegoed "
            "voor providerkosten; de waarschuwing staat op {threshold}. Tot nu toe gebruikt: "
            "{used}.",
            "Als het tegoed niet toereikend is, worden telefonie, sms, WhatsApp-sjablonen en "
            "broadcasts onderbroken totdat het wordt opgewaardeerd.",
        ),
        recharged=Text(
            "{account}: {amount} tegoed automatisch opgewaardeerd",
            "In de cyclus van {starts_on} tot en met {ends_on} is het tegoed voor providerkosten "
            "van {account} automatisch met {amount} opgewaardeerd. Tot nu toe gebruikt: {used}. "
            "Nog beschikbaar: {left}.",
            "Opgewaardeerd tegoed geldt tot het einde van de cyclus. Een beheerder bepaalt vanaf "
            "wanneer, met hoeveel en tot welk maximum er wordt opgewaardeerd.",
        ),
        recharge_failed=Text(
            "{account}: automatisch opwaarderen niet mogelijk",
            "In de cyclus van {starts_on} tot en met {ends_on} kon het tegoed voor "
            "providerkosten van {account} niet zoals ingesteld met {amount} worden "
            "opgewaardeerd: het maximum per cyclus is bereikt, of het toegezegde tegoed is "
            "daarvoor te klein. Nog beschikbaar: {left}.",
            "Als het tegoed niet toereikend is, worden telefonie, sms, WhatsApp-sjablonen en "
            "broadcasts onderbroken. Waardeer het op, of verhoog het maximum.",
        ),
        link="Verbruik bekijken",
        why="U ontvangt dit bericht automatisch omdat een beheerder van {account} uw adres "
        "daarvoor heeft opgegeven.",
    ),
}
