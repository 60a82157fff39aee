"""Words that stand for "no value", by the reason that is kept (docs/rules.md §4).

What belongs here: the words, and what stands where there is no id. What does not: which of them a column allows (its
contract).
"""

from collections.abc import Mapping

from orchestration.contracts.cells.cell import MAX_TYPED
from orchestration.domain.folding import fold_header

# Words that stand for "no value", by the reason that is kept; the first of each is the one that pages offer.
WORDS_FOR_NONE: Mapping[str, tuple[str, ...]] = {
    "en_cadrage": ("En cadrage",),
    "non_applicable": ("Non applicable", "NA", "N/A", "Sans objet"),
    "non_communique": ("Non communiqué", "NC", "N/C", "ND", "N/D"),
    "a_venir": ("À venir",),
    "avis_insuffisants": ("Nombre d'avis insuffisant",),
    "demarche_proactive": ("Démarche proactive",),
    "non": ("Non",),
    "tiret": ("–", "-", "—", "−"),
}
_DASHES = frozenset(WORDS_FOR_NONE["tiret"])
ABSENCES: Mapping[str, str] = {
    fold_header(word): reason for reason, words in WORDS_FOR_NONE.items() for word in words if word not in _DASHES
}


def absence_of(text: str) -> str | None:
    """The reason for which a text stands for no value; `None` where it is none of the known words."""
    stripped = text.strip()
    if len(stripped) > MAX_TYPED:
        return None
    # `- €` is how a money format shows nothing.
    return "tiret" if stripped.removesuffix("€").rstrip() in _DASHES else ABSENCES.get(fold_header(stripped))


def is_no_id(text: str) -> bool:
    """Whether what stands where an id is expected is none: a word for "no value", or signs alone, as `-` and `#`."""
    return len(text) <= MAX_TYPED and (not any(map(str.isalnum, text)) or absence_of(text) is not None)
