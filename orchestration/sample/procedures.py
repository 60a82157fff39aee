"""The made-up State's procedures, edition by edition, as the cells of the Observatoire's 23 columns.

What belongs here: which procedures exist and how good they are. What does not: how a file words a number or a date
(`cells`). The last edition is built from the figures it must give: in its TOP 250, 212 procedures online and 172 with
FranceConnect.
"""

from datetime import date, timedelta
from decimal import Decimal
from math import exp
from random import Random

from orchestration.domain.durations import DAYS_IN_A_YEAR
from orchestration.domain.edition import Edition
from orchestration.domain.perimeter import perimeter_names
from orchestration.sample.state import table

EDITIONS = ("2020-S2", "2021-S1", "2021-S2")
RANKED, FRANCECONNECT, FRANCECONNECT_PLUS = 250, 165, 7
UNKNOWN_VOLUMES = 25
ALWAYS_ONLINE = 20
# The first file of the last edition calls these two places of the ranking partial; its correction puts them online.
CORRECTED_PLACES = (21, 64)
# Places that have since gone back: online to partial, FranceConnect to none, satisfied users to less.
WENT_OFFLINE, LOST_FRANCECONNECT, LOST_SATISFACTION = 32, 35, 12
# As some real ones: a share of failures where the share of time up was meant.
IMPLAUSIBLE_AVAILABILITY = 51

ProcedureRow = dict[str, object]

_AUDIENCES = ("Particulier",) * 6 + ("Entreprise", "Particulier; Entreprise; Association", "Association")
# 38 of the TOP 250: the 212 others are online.
_NOT_ONLINE = (
    ("Partiel",) * 14
    + ("En cours de déploiement local",) * 6
    + ("Non",) * 9
    + ("À venir",) * 7
    + ("Démarche proactive",) * 2
)


def procedures(edition: str, is_first_filing: bool = False) -> list[ProcedureRow]:
    """The procedures of one edition, by id, each with its `perimeter` beside the contract's fields.

    Numbers are `int` or `Decimal` (rates are fractions), days `date`; a word stands for what is not a value.
    """
    random = Random(2021)  # noqa: S311
    # From those that millions of people go through to those of a profession (`size`, 1 to 6).
    weighted = [(int(row["size"]) + random.random(), row) for row in table("procedures")]
    catalogue = [row for _, row in sorted(weighted, key=lambda entry: entry[0])]
    statuses = _statuses(random, len(catalogue))
    authentications = _authentications(random, statuses)
    age = EDITIONS[::-1].index(edition)  # 0 is the last edition
    rows = []
    for place, row in enumerate(catalogue):
        # One generator per procedure, so that an edition more or less changes nothing of the others.
        own = Random(place)  # noqa: S311
        status, authentication = _earlier(place, age, statuses[place], authentications[place], own)
        if is_first_filing and age == 0 and place in CORRECTED_PLACES:
            status = "Partiel"
        if place >= len(catalogue) - 9 * age:
            continue  # entered since
        number = 1100 + place * 7 % 1009  # unique, and of no help to guess the ranking
        rows.append(
            {
                "perimeter": row["perimeter"],
                "procedure_id": number,
                "name": row["name"],
                "perimeter_name": perimeter_names()[row["perimeter"]],
                "administration": row["administration"],
                "online_status": status,
                "user_categories": own.choice(_AUDIENCES),
                **_volumes(place, len(catalogue), age, status, own),
                **_quality(place, age, status, Edition.parse(edition).as_of, own),
                "authentication": authentication,
                "procedure_url": f"https://demarches.example/{number}" if status == "Oui" else None,
            }
        )
    return sorted(rows, key=lambda row: str(row["procedure_id"]))


def _statuses(random: Random, count: int) -> list[str]:
    """The online status by place of the ranking, in the last edition."""
    top = list(_NOT_ONLINE)
    random.shuffle(top)
    # Spread evenly over the ranking but its first places: 59 and 230 share no divisor, so each is reached once.
    below_first = RANKED - ALWAYS_ONLINE
    places = {ALWAYS_ONLINE + place * 59 % below_first: status for place, status in enumerate(top, start=1)}
    below = ("Oui", "Oui", "Partiel", "À venir", "Non")
    return [places.get(place, "Oui") if place < RANKED else below[place % len(below)] for place in range(count)]


def _authentications(random: Random, statuses: list[str]) -> list[str]:
    """The authentication by place: exactly the FranceConnect numbers in the TOP 250, all on procedures online."""
    online = [place for place in range(RANKED) if statuses[place] == "Oui" and place != LOST_FRANCECONNECT]
    random.shuffle(online)
    connected = dict.fromkeys(online[:FRANCECONNECT], "FranceConnect")
    connected |= dict.fromkeys(online[FRANCECONNECT : FRANCECONNECT + FRANCECONNECT_PLUS], "FranceConnect +")
    # All of the TOP 250 say yes or no, so that its share is of 250; below it, the Observatoire's words for the rest.
    pending = {"Non": "–", "À venir": "À venir", "Partiel": "Non applicable"}
    return [
        connected.get(place) or ("Non" if place < RANKED else pending.get(status, "FranceConnect"))
        for place, status in enumerate(statuses)
    ]


def _earlier(place: int, age: int, status: str, authentication: str, own: Random) -> tuple[str, str]:
    """The status and the authentication `age` editions before the last: a little worse, but where they fell since."""
    came_online, was_connected = own.random(), own.random()
    if age and place == LOST_FRANCECONNECT:
        return status, "FranceConnect"
    if age and place == WENT_OFFLINE:
        return "Oui", authentication
    if status == "Oui" and came_online < 0.05 * age:
        status = "Partiel"
    if authentication.startswith("FranceConnect") and was_connected < 0.06 * age:
        authentication = "Non"
    return status, authentication


def _volumes(place: int, count: int, age: int, status: str, own: Random) -> ProcedureRow:
    """Volumes fall by 4 % from place to place: no two are equal, the 250th is beyond doubt; the last are unknown."""
    jitter, share = own.uniform(0.99, 1.01), own.uniform(0.3, 1)
    use: ProcedureRow = {"total_volume": None, "online_volume": None, "digital_use_rate": "À venir"}
    if place >= count - UNKNOWN_VOLUMES:
        return use
    total = int(60_000_000 * exp(-0.04 * place) * jitter * 0.95**age)
    if status not in ("Oui", "Partiel", "En cours de déploiement local"):
        return use | {"total_volume": total}
    online = total if share > 0.7 else int(total * share)
    return {"total_volume": total, "online_volume": online, "digital_use_rate": round(Decimal(online) / total, 4)}


def _quality(place: int, age: int, status: str, as_of: date, own: Random) -> ProcedureRow:
    """The measures of quality; a procedure that is not online has the Observatoire's word in place of each."""
    scores = (
        "satisfaction_score",
        "language_clarity_score",
        "autonomy_rate",
        "help_reachable_rate",
        "help_efficiency_score",
    )
    if status in ("Non", "À venir", "Démarche proactive"):
        word = "À venir" if status == "À venir" else "–"
        upkeep = "–" if status == "Non" else status
        return {
            **dict.fromkeys((*scores, "dlnuf_score"), word),
            **dict.fromkeys(("disability_status", "availability_rate", "load_time_ms"), upkeep),
            "accessibility_rate": status,
            "accessibility_declared_on": None,
        }
    satisfaction = min(Decimal("9.7"), _tenths(own.gauss(7.8, 1.1)) - Decimal(age) / 10)
    if place == LOST_SATISFACTION:
        satisfaction = Decimal("8.6") if age else Decimal("6.9")
    enough = own.random() < 0.8 or place == LOST_SATISFACTION
    answers: ProcedureRow = {
        "satisfaction_score": satisfaction,
        "language_clarity_score": min(Decimal("9.8"), satisfaction + _tenths(own.uniform(-0.5, 0.5))),
        "autonomy_rate": round(Decimal(own.uniform(0.3, 0.9)), 2),
        "help_reachable_rate": round(Decimal(own.uniform(0.5, 0.97)), 4),
        "help_efficiency_score": _tenths(own.uniform(5, 9)),
    }
    audited = own.choices((Decimal(1), round(Decimal(own.uniform(0.4, 0.98)), 4), None), (1, 6, 2))[0]
    declared = date(2021, 9, 1) - timedelta(days=own.randrange(60, 1500))
    return {
        **(answers if enough else dict.fromkeys(scores, "Nombre d'avis insuffisant")),
        "disability_status": "Totale" if audited == 1 else "Partielle" if audited else "Non conforme",
        "accessibility_rate": "Non" if audited is None else audited,
        "accessibility_declared_on": None if audited is None or declared > as_of else _declaration(declared, as_of),
        "dlnuf_score": own.choice((0, 0, 0, 1, 1, 2, 3, 4, 7, "Non applicable")),
        "availability_rate": Decimal(own.choice(("1", "1", "1", "0.9995", "0.9979", "0.9842", "0.9708"))),
        "load_time_ms": own.randrange(90, 900),
        **({"availability_rate": Decimal("0.0051")} if place == IMPLAUSIBLE_AVAILABILITY else {}),
    }


def _tenths(value: float) -> Decimal:
    return round(Decimal(value), 1)


def _declaration(day: date, as_of: date) -> date | str:
    """A declaration holds three years; an expired one is a text that says so."""
    return day if (as_of - day).days <= 3 * DAYS_IN_A_YEAR else f"{day:%d/%m/%Y}\n(périmée)"
