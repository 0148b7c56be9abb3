"""Die Sätze der Abschlussbescheinigung. The sentences of a completion paper in German."""

from __future__ import annotations

from typing import Final

SENTENCES: Final = {
    "page": "Seite {page} von {pages}",
    "list.pair": "{name}: {value}",
    "date.months": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "date.form": "{day}. {month} {year}, {time}",
    "date.utc": " UTC",
    "title": "Ratenzahlungsplan: vollständig bezahlt",
    "lead": "Dieses Dokument handelt von einem Ratenzahlungsplan, dessen Zahlungen ein Smart Contract auf einer "
    "öffentlichen Blockchain angenommen und gezählt hat. Ein Programm hat es aus einer Datei erzeugt, dem Dossier, das "
    "in diesem PDF steckt: Es enthält die Bedingungen, die beide Parteien unterschrieben haben, und einen Beweis für "
    "jede Zahlung. Jeder kann beides prüfen, ohne eine der Parteien zu fragen.",
    "closed": "Alles, was in diesem Plan vereinbart war, ist gezahlt: {amount}. Zum Stand von Block {block}, {date}, "
    "ist aus diesem Plan nichts mehr geschuldet.",
    "dev": "Der Plan liegt auf einer Entwicklungs-Blockchain, deren Blöcke jeder für sich selbst erzeugen kann. Dieses "
    "Dokument beweist niemand anderem etwas.",
    "plan": "Der Plan",
    "plan.name": "Name (nicht unterschrieben)",
    "plan.id": "Kennung des Plans",
    "plan.debtor": "Adresse des Schuldners",
    "plan.creditor": "Adresse des Gläubigers",
    "plan.records": "Unterzeichnungsnachweise (SHA-256), nach Angabe des Exportierenden",
    "role.debtor": "Schuldner",
    "role.creditor": "Gläubiger",
    "role.guarantor": "Garant",
    "plan.chain": "Blockchain, mit ihrem ersten Block",
    "plan.chain.value": "Chain-ID {chain}",
    "plan.book": "Smart Contract (RepaymentBook)",
    "plan.opened": "Mit beiden Unterschriften eröffnet",
    "plan.paid": "Letzte Zahlung",
    "plan.as-of": "Dieses Dokument gibt den Stand wieder von",
    "plan.as-of.value": "Block {block}, {date}",
    "totals": "Insgesamt",
    "figures": "In Zahlen steht ein Punkt zwischen ganzen Token und ihren Bruchteilen, und zwischen Tausendern steht "
    "nichts.",
    "totals.agreed": "Vereinbarter Gesamtbetrag",
    "totals.principal": "Darauf gezahlt",
    "totals.charges": "Gezahlte Verspätungsgebühren",
    "totals.all": "Insgesamt gezahlt (Zahl der Zahlungen: {count})",
    "totals.left": "Noch geschuldet",
    "totals.withdrawable": "Im Smart Contract zur Entnahme durch den Gläubiger, Stand dieses Blocks",
    "payments": "Alle Zahlungen",
    "payments.lead": "Die Daten sind die der Blöcke, in UTC. Block und Stelle im Block sind bewiesen; die Kennung der "
    "Transaktion dient zum Nachschlagen.",
    "col.number": "Nr.",
    "col.date": "Datum",
    "col.amount": "Betrag",
    "col.sum": "Summe bis hier",
    "col.where": "Wo die Zahlung auf der Blockchain steht und wer gezahlt hat",
    "amount.parts": "{principal} auf den Gesamtbetrag, {charges} Verspätungsgebühren",
    "where.block": "Block {block}, Stelle {index}",
    "where.payer": "gezahlt von",
    "terms": "Die unterschriebenen Bedingungen in Zahlen",
    "terms.total": "Gesamtbetrag, mit vorab vereinbarten Zinsen",
    "units": "{units} der kleinsten Einheiten des Tokens, wie unterschrieben und auf der Blockchain gezählt",
    "terms.token": "Geld (ein Token)",
    "terms.token.value": "{symbol}, mit {decimals} Dezimalstellen, wie das Dossier ihn nennt",
    "terms.installments": "Anzahl der Raten",
    "terms.interval": "Zeit zwischen den Fälligkeiten",
    "terms.first": "Erste Fälligkeit",
    "terms.last": "Letzte Fälligkeit",
    "terms.grace": "Nachfrist",
    "terms.late": "Verspätungsgebühren je Rate",
    "late.value": "einmal {flat}, je Tag {daily}, höchstens {cap}",
    "terms.allocation": "Eine Zahlung tilgt zuerst",
    "allocation.principal": "die Raten",
    "allocation.charges": "die Verspätungsgebühren",
    "terms.default": "Verzug",
    "default.missed": "wenn die Zahl der verspäteten Raten {n} erreicht",
    "default.seconds": "wenn eine Rate länger als {duration} überfällig und nicht gezahlt ist",
    "terms.pledge": "Sicherheit",
    "pledge.value": "{amount} der kleinsten Einheiten dieses Tokens:",
    "terms.agreement": "SHA-256 der Vereinbarung",
    "terms.jurisdiction": "Rechtsordnung",
    "not-opened": "im Dossier nicht offengelegt",
    "none": "nicht vereinbart",
    "months": "{n} Monat(e), am Tag {day}",
    "days": "{n} Tag(e)",
    "minutes": "{n} Minute(n)",
    "seconds": "{n} Sekunde(n)",
    "means": "Was daraus folgt",
    "means.paid": "Wenn die Blöcke Blöcke dieser Blockchain sind, hat der Smart Contract diese Zahlungen für diesen "
    "Plan angenommen, und sie sind alles, was die Bedingungen verlangen.",
    "means.final": "Ein gezahlter Plan bleibt gezahlt: Der Smart Contract kennt keinen Weg zurück und nimmt für ihn "
    "keine weitere Zahlung an.",
    "means.anybody": "Wer dieses PDF hat, kann es vorlegen, mit oder ohne die andere Partei, die Hersteller des "
    "Programms oder einen ihrer Server.",
    "not": "Was daraus nicht folgt",
    "not.who": "Wer die Menschen hinter den Adressen sind. Das zeigen andere Dokumente, etwa die Vereinbarung und die "
    "Unterzeichnungsnachweise der Parteien.",
    "not.other": "Dass die Parteien einander aus anderen Gründen nichts schulden oder neben diesem Plan nichts "
    "vereinbart haben.",
    "not.pledge": "Dass eine Sicherheit zurückgegeben oder verkauft wurde. Was aus ihr wurde, sagt der Smart Contract.",
    "not.token": "Was der Token wert ist oder dass sein Herausgeber ihn einlöst. Name und Dezimalstellen sind Worte "
    "des Dossiers, bis ein Knoten (Node) gefragt wird.",
    "not.law": "Was das Recht daraus macht. Dies ist keine Rechtsberatung.",
    "not.signed": "Dass der Gläubiger dieses Dokument unterschrieben hat. Es ist keine Quittung eines Menschen; es "
    "sagt, was auf der Blockchain steht.",
    "check": "Wie man es prüft",
    "check.program": "Mit dem Programm: tallystick verify FILE.pdf --rpc ADDRESS, wobei ADDRESS ein Knoten (Node) ist, "
    "dem Sie vertrauen, oder --trust mit einer Liste von Blöcken, die Sie kennen. Es entnimmt das Dossier, prüft die "
    "Unterschriften und jeden Beweis, erzeugt dieses Dokument noch einmal und vergleicht jede Seite.",
    "check.hand": "Von Hand: Schlagen Sie jede Transaktion in einem Explorer dieser Blockchain nach, und fragen Sie "
    "den Smart Contract mit der Kennung des Plans nach seinem Konto. Das Dossier ist der Anhang dossier.json; sein "
    "SHA-256 steht am Fuß jeder Seite.",
    "check.truth": "Maßgeblich ist das Dossier. Wo dieses Dokument oder ein Ausdruck etwas anderes sagt, gilt das "
    "Dossier.",
}
