"""Writes portal/verifier/src/words.json: what the browser's verifier says, from the words of the command line.

python scripts/lib/verifier_words.py           write it
python scripts/lib/verifier_words.py --check   say whether it is what the sources give
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from notary.characters import unassigned
from notary.court import reverify_words
from notary.court.words import MEANINGS
from notary.records.algorithms import default_policy
from notary.verdicts.reasons import LOCALES, words
from notary.verdicts.reasons.records import RECORD_WORDS

TARGET = Path(__file__).parents[2] / "portal/verifier/src/words.json"
POLICY = Path(__file__).parents[2] / "notary/records/algorithms.json"


def generated() -> str:
    said: dict[str, object] = {}
    for locale in LOCALES:
        language, records = words(locale), RECORD_WORDS[locale]
        said[locale] = {
            "statuses": {key.value: text for key, text in language.statuses.items()},
            "titles": list(language.titles),
            "meanings": {key.value: text for key, text in language.meanings.items()},
            "texts": {key.value: text for key, text in language.texts.items()},
            "bundle": {str(key): text for key, text in MEANINGS[locale].items()},
            "comma": language.comma,
            "brackets": list(language.brackets),
            "notProven": language.not_proven,
            "records": {
                "titles": list(records.titles),
                "meanings": {key.value: text for key, text in records.meanings.items()},
                "renew": records.renew,
                "notProven": records.not_proven,
            },
        }
    said["reverify"] = {name: text for name, text in vars(reverify_words).items() if name.isupper()}
    said["unassigned"] = unassigned()
    default_policy()  # it parses, or there is nothing to write
    said["policy"] = [
        {name: row.get(name) for name in ("kind", "algorithm", "bits_from", "bits_below", "until", "source")}
        for row in json.loads(POLICY.read_bytes())["rows"]
    ]
    return json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main() -> int:
    text = generated()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(text)
        return 0
    if TARGET.read_text() == text:
        return 0
    print(f"{TARGET.name} is not what the sources give: run scripts/lib/verifier_words.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
