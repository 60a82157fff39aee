"""Faults of the machine, for its engineers: checks and passes that failed, passes that died, a late sensor, a channel.

What belongs here: what each fault says, in French, and what to do next. What does not: finding them
(`orchestration.passes.faults` asks Dagster) and delivery, which is that of every alert.
"""

import errno
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, get_args

from orchestration.alerting import matrix_codes
from orchestration.alerting.alerts import COLUMNS, Alert
from orchestration.alerting.channel_kinds import ChannelKind
from orchestration.alerting.slack_codes import family_of
from orchestration.domain.alert_rules import AlertKey, Severity
from orchestration.domain.french import LABELS, and_others, moment, plural
from orchestration.intake.incidents import Incident, IncidentRule

# What delivery itself knows to be wrong.
DeliveryRule = Literal["channel_unreachable", "message_refused"]
FaultRule = (
    Literal["check_failed", "check_broken", "pass_failed", "pass_died", "history_set_aside", "tick_late"]
    | DeliveryRule
    | IncidentRule
)
DELIVERY_RULES: tuple[DeliveryRule, ...] = get_args(DeliveryRule)
# The rules of what went wrong with stores and clock.
INCIDENT_RULES: tuple[IncidentRule, ...] = get_args(IncidentRule)
_HELD = {True: " Aucune révision de cette édition ne paraît tant qu’il échoue.", False: " Rien n’est retenu."}
_ALL_HELD = {True: " Aucune révision ne paraît tant qu’il échoue.", False: " Rien n’est retenu."}


def check_failed(
    name: str, mart: str, edition: str | None, *, found: str, remedy: str, is_error: bool, run_id: str | None
) -> Alert:
    """A rule on a mart that rows of an edition (`None`: of nobody knows which) do not keep; `found` says which."""
    held = (_HELD if edition else _ALL_HELD)[is_error]
    return _fault(
        "check_failed",
        name,
        level="error" if is_error else "warning",
        severity="critique" if is_error else "information",
        edition=edition,
        detail=f"{name} (table {mart}) : {found}{held}",
        to_do=f"À faire : {_small(remedy)} La prochaine passe juge de nouveau.",
        run_id=run_id,
    )


def check_broken(name: str, mart: str, *, reason: str, is_error: bool, run_id: str | None) -> Alert:
    """A rule on a mart that could not be judged, and why, in the words of the machine."""
    return _fault(
        "check_broken",
        mart,
        level=name,
        severity="critique" if is_error else "attention",
        detail=f"{name} (table {mart}) n’a pas pu être jugé : {reason}.{_ALL_HELD[is_error]}",
        to_do="À faire : la cause est chez nous, jamais dans les données ; la corriger, puis relancer une passe.",
        run_id=run_id,
    )


def pass_failed(subject: str, *, step: str | None, cause: str, to_do: str | None, run_id: str) -> Alert:
    """A pass that stopped at a step, or at none: the cause and what to do, or the words of the machine alone."""
    return _fault(
        "pass_failed",
        subject,
        level="error",
        severity="critique",
        detail=f"La passe s’est arrêtée{f' à l’étape {step}' if step else ''} : {cause}",
        to_do=f"À faire : {to_do}"
        if to_do
        else "À faire : lire l’étape dans Dagster (`jalons ui`), corriger la cause, puis relancer une passe "
        "(`jalons run`). Les dépôts attendent, aucun n’est perdu.",
        run_id=run_id,
    )


def cannot_begin(cause: str, *, said: str, to_do: str) -> Alert:
    """What lets no pass begin or tell: its cause is known, and the outbox may be out of reach."""
    given = {"severity": "critique", "detail": f"Aucune passe ne peut aboutir. {said}", "to_do": f"À faire : {to_do}"}
    return _fault("pass_failed", cause, level="error", **given)


def pass_died(subject: str, *, step: str | None, is_step_over: bool, is_by_hand: bool, run_id: str) -> Alert:
    """A pass, or a run begun by hand, whose process died without a word, in or after which step if it had begun one."""
    where = f"{'après' if is_step_over else 'à'} l’étape {step}" if step else "avant sa première étape"
    if is_by_hand:
        said = f"Une exécution lancée à la main est morte {where} : son processus n’est plus là. Rien n’est perdu."
        again = "la relancer à la main dans Dagster (`jalons ui`)."
    else:
        said = (
            f"La passe est morte {where} : son processus n’est plus là. "
            "Rien n’est perdu : la passe suivante prend tout ce qui attend."
        )
        again = "la passe suivante part d’elle-même avec `jalons watch` ou `jalons ui`, sinon avec `jalons run`."
    return _fault(
        "pass_died",
        subject,
        level="error",
        severity="critique",
        detail=said,
        to_do=f"À faire : {again} Si cela se répète, chercher dans le journal de la machine ce qui a tué le "
        "processus (mémoire épuisée, arrêt de la machine).",
        run_id=run_id,
    )


def history_set_aside(folder: str) -> Alert:
    """Databases of Dagster that could not be read any more, set aside in a folder (its path)."""
    return _fault(
        "history_set_aside",
        folder,
        level="error",
        severity="attention",
        detail="Une base de données de Dagster était illisible : elle est mise de côté, et une autre est commencée. "
        "L’interface ne montre plus ce qu’elle contenait ; les accusés, les publications et les alertes envoyées "
        "ne sont pas concernés.",
        to_do=f"À faire : vérifier le disque de la machine ; la base est gardée dans {folder}, à supprimer "
        "lorsqu’elle ne sert plus.",
    )


def tick_late(sensor: str, *, last: datetime, cause: str) -> Alert:
    """A sensor that has not looked since `last` (UTC), and why, as far as Dagster knows."""
    return _fault(
        "tick_late",
        sensor,
        level="error",
        severity="critique",
        detail=f"Le capteur {sensor} n’a plus rien regardé depuis le {moment(last)} : {cause}.",
        to_do="À faire : remettre le capteur en marche dans Dagster (`jalons ui`, Automation) ; d’ici là, "
        "`jalons run` prend ce qui attend.",
    )


def channel_unreachable(
    channel: str, act: Literal["send", "look_up"], code: str, since: datetime, kind: ChannelKind = "slack"
) -> Alert:
    """A channel that does not take messages, or does not say which arrived, since when (UTC) and with which code."""
    why, to_do = _words_of_channel(kind, code)
    if act == "look_up":
        said = (
            f"Le canal « {channel} » ne dit plus quels messages lui sont parvenus depuis le {moment(since)} ({code}). "
            "Ceux dont l’arrivée n’est pas connue attendent, pour ne rien dire deux fois."
        )
    else:
        said = (
            f"Le canal « {channel} » ne prend plus de message depuis le {moment(since)} ({code}). Les messages "
            "qui lui sont destinés attendent, et partiront d’eux-mêmes dès qu’il les prendra."
        )
    to_do = to_do or "vérifier le réseau et le mandataire de la machine, puis chercher ce code dans la documentation."
    return _fault(
        "channel_unreachable",
        channel,
        level="error",
        severity="critique",
        detail=f"{said} {why}" if why else said,
        to_do=f"À faire : {to_do.format(setting=_SETTINGS.get(channel, 'JALONS_…'))}",
    )


def channel_off(channel: str, missing: Sequence[str]) -> Alert:
    """A channel of which only a part of the settings is there."""
    lacks = ", ".join(f"`{name}`" for name in missing)
    return _fault(
        "channel_unreachable",
        channel,
        level="off",
        severity="attention",
        detail=f"Le canal « {channel} » est fermé, faute de réglages ({lacks}). Ce qu’il dirait attend.",
        to_do="À faire : donner les réglages qui manquent, ou retirer les autres.",
    )


def table_unreadable(name: str, fault: str) -> Alert:
    """A table of channels, routes or contacts, or a setting of a channel, that cannot be read."""
    return _fault(
        "channel_unreachable",
        name,
        level="unreadable",
        severity="critique",
        detail=f"« {name} » ne peut être lu ({fault}). Ce qui en dépend n’est pas envoyé, et attend.",
        to_do="À faire : corriger la ligne ou le réglage ; la prochaine passe envoie ce qui attend.",
    )


def message_refused(channel: str, message_key: str, *, headline: str, rows: int, code: str, is_dead: bool) -> Alert:
    """A message (its first headline, of how many alerts it is) that a channel refuses, or answers with a code that
    nobody knows.
    """
    what = f"« {headline} »{and_others(rows - 1)}"
    if is_dead:
        said = f"Le canal « {channel} » refuse pour toujours un message ({code}) : {what}. Il n’est plus tenté."
        to_do = (
            "chercher ce code dans la documentation du canal, corriger la cause (elle est chez nous), puis remettre "
            "le message à envoyer (`jalons alerts retry`)."
        )
    else:
        said = (
            f"Le canal « {channel} » a répondu à un message par un code que Jalons ne connaît pas ({code}) : {what}. "
            "Le message est cherché dans le canal, puis tenté de nouveau, de plus en plus rarement."
        )
        to_do = (
            "chercher ce code dans la documentation du canal, et corriger sa cause ; le message partira de lui-même."
        )
    level = "dead" if is_dead else "unfamiliar"
    given = {"severity": "critique" if is_dead else "attention", "detail": said, "to_do": f"À faire : {to_do}"}
    return _fault("message_refused", f"{channel}:{message_key}", level=level, **given)


def of_incident(one: Incident) -> Alert:
    """What went wrong with a store of the home, with its inbox, or with its clock."""
    severity, detail, to_do = _INCIDENTS[one.rule](one)
    given = {"severity": severity, "detail": detail, "to_do": f"À faire : {to_do}"}
    return _fault(one.rule, one.subject, edition=one.edition, level="error", **given)


def _store_mended(one: Incident) -> tuple[Severity, str, str]:
    if one.details["store"] == "lake":
        said = (
            f"Le fichier du lac {one.subject} ({_whose(one)}) manquait, ou n’était plus celui qui avait été écrit : "
            "il a été refait à partir des octets archivés, avec autant de lignes que celles acceptées."
        )
    elif one.subject.endswith("/current"):
        said = (
            f"Le lien publié {one.subject} ne menait plus à la révision {one.details['revision']}, la dernière parue : "
            "il y mène de nouveau."
        )
    else:
        said = f"Le fichier publié {one.subject} n’était plus tel qu’il a été publié : il a été refait à l’identique."
    return "attention", f"{said} Rien n’est perdu.", "chercher ce qui a touché aux fichiers de la machine."


def _store_damaged(one: Incident) -> tuple[Severity, str, str]:
    about = one.details
    if about["store"] == "archive":
        said = (
            f"Le dépôt {about['path']} (n° {about['drop_id']}) attend : ses octets, dans l’archive "
            f"{_in_archive(one.subject)}, manquent ou sont abîmés, et la boîte de dépôt ne les a plus."
        )
    else:
        said = (
            f"Les lignes acceptées de {_whose(one)} ne sont plus dans le lac ({one.subject}), et n’ont pas pu être "
            f"refaites : {about['reason']}. Cette édition et les suivantes gardent la révision qu’elles ont. Les "
            f"octets reçus ({about['path']}) sont, dans l’archive, {_in_archive(about['sha256'])}."
        )
    return (
        "critique",
        said,
        "remettre depuis une copie ce qui est nommé ici, ou le fichier d’origine à sa place dans la boîte de dépôt, "
        "puis relancer une passe (`jalons run`), qui vérifie. Si les octets sont là, mais que les règles "
        "d’aujourd’hui les lisent autrement, et à raison, relire la case dans Dagster (`jalons ui`).",
    )


def _release_altered(one: Incident) -> tuple[Severity, str, str]:
    whose = "celle que voient les lecteurs" if one.details["is_latest"] else "qui n’est plus la dernière"
    return (
        "critique",
        f"La révision {one.details['revision']} de l’édition {one.edition} (releases/{one.subject}), {whose}, n’est "
        f"plus telle qu’elle a été publiée : {_named(one.details['files'])}.",
        "remettre ces fichiers depuis une copie, et retirer ceux qui n’en sont pas ; la passe suivante vérifie.",
    )


def _scrub_found(one: Incident) -> tuple[Severity, str, str]:
    if one.subject == "ledger":
        return (
            "critique",
            "La vérification complète a trouvé la base du registre abîmée.",
            "vérifier le disque, puis refaire le registre à partir de sa dernière copie et de l’archive "
            "(`jalons restore`), et relancer une passe (`jalons run`).",
        )
    return (
        "critique",
        f"La vérification complète {_STORES[one.subject]} a trouvé des fichiers absents ou abîmés : "
        f"{_named(one.details['files'])}.",
        "lancer une passe (`jalons run`), qui refait ce qui peut l’être, puis `jalons scrub` ; remettre le reste "
        "depuis une copie, et vérifier le disque.",
    )


def _clock_behind(one: Incident) -> tuple[Severity, str, str]:
    now, latest = (datetime.fromisoformat(one.details[name]) for name in ("now", "latest"))
    return (
        "attention",
        f"L’horloge de la machine indiquait le {moment(now)}, et le dernier dépôt du registre est daté du "
        f"{moment(latest)}. Ce qui arrive d’ici là porte cette dernière date, dans l’ordre d’arrivée : aucune "
        "correction n’est perdue.",
        "mettre l’horloge à l’heure ; si c’est le registre qui se trompe, donner l’heure vraie à ce qu’il date trop "
        "tard (`jalons clock mend`, suivi de cette heure).",
    )


def _inbox_missing(one: Incident) -> tuple[Severity, str, str]:
    about = one.details
    held = f"Elle contenait {plural(about['files'], 'fichier')}."
    kept, nothing = "Ce qui a été reçu avant est gardé", " ; plus rien n’est reçu d’ici là."
    match about["what"]:
        case "absent":
            said = f"La boîte de dépôt n’est plus là ({about['inbox']}). {held} {kept}{nothing}"
            to_do = "monter son disque, ou remettre le dossier à sa place"
        case "emptied":
            said = f"La boîte de dépôt ({about['inbox']}) est vide tout à coup. {held} {kept}."
            to_do = (
                "monter son disque, ou remettre les fichiers à leur place ; si elle a été vidée exprès, le dire "
                "(`jalons inbox confirm`)"
            )
        case _:
            said = f"La boîte de dépôt ({about['inbox']}) ne peut pas être lue : {_reason(one)}. {kept}{nothing}"
            to_do = "donner le droit de lecture au compte qui lance Jalons, ou vérifier le disque"
    return "critique", said, f"{to_do}."


def _inbox_unreachable(one: Incident) -> tuple[Severity, str, str]:
    why, to_do = _UNREACHABLE[one.subject]
    return (
        "critique",
        f"La boîte de dépôt ({one.details['inbox']}) ne peut pas être atteinte : {why}. Ce qui a été reçu avant est "
        "gardé, et ce qui a été déposé depuis y attend.",
        f"{to_do}.",
    )


def _inbox_unreadable(one: Incident) -> tuple[Severity, str, str]:
    if one.details["what"] == "folder":
        said = (
            f"Le dossier {one.subject} de la boîte de dépôt ne peut pas être lu : {_reason(one)}. Rien de ce qu’il "
            "contient n’est reçu ; le reste de la boîte l’est."
        )
    else:
        said = (
            f"Le fichier {one.subject} de la boîte de dépôt ne peut pas être lu : {_reason(one)}. Rien n’en est reçu "
            "d’ici là ; la lecture est tentée de nouveau, et les autres fichiers sont reçus."
        )
    return "critique", said, "donner le droit de lecture au compte qui lance Jalons, ou vérifier le disque."


def _reason(one: Incident) -> str:
    return _REASONS.get(one.details["errno"], str(one.details["reason"]))


def _named(files: Sequence[str]) -> str:
    return ", ".join(files[:_SHOWN_FILES]) + and_others(len(files) - _SHOWN_FILES)


def _whose(one: Incident) -> str:
    about = one.details
    return f"{about['perimeter']}, édition {one.edition}, {LABELS[about['kind']]}, dépôt n° {about['drop_id']}"


def _in_archive(digest: str) -> str:
    return f"{digest[:2]}/{digest}"


_STORES = {"archive": "de l’archive", "lake": "du lac", "releases": "des publications", "receipts": "des accusés"}
_INCIDENTS: Mapping[IncidentRule, Callable[[Incident], tuple[Severity, str, str]]] = {
    "store_mended": _store_mended,
    "store_damaged": _store_damaged,
    "release_altered": _release_altered,
    "scrub_found": _scrub_found,
    "clock_behind": _clock_behind,
    "inbox_missing": _inbox_missing,
    "inbox_unreachable": _inbox_unreachable,
    "inbox_unreadable": _inbox_unreadable,
}
_REASONS = {
    errno.EACCES: "droit de lecture manquant",
    errno.EPERM: "droit de lecture manquant",
    errno.EIO: "le disque ne donne pas ses octets",
    errno.ENOTDIR: "un fichier se trouve à sa place",
}
# Why an inbox on another machine cannot be reached, and what to do.
_UNREACHABLE: Mapping[str, tuple[str, str]] = {
    "unknown_server": (
        "la clé de son serveur n’est pas connue du compte qui lance Jalons",
        "comparer cette clé à celle que donne l’exploitant du serveur, puis l’inscrire dans `~/.ssh/known_hosts` de ce "
        "compte",
    ),
    "changed_server": (
        "son serveur présente une autre clé que celle qui est connue",
        "demander à l’exploitant du serveur si sa clé a été changée exprès ; si oui, la remplacer dans "
        "`~/.ssh/known_hosts` ; sinon, quelqu’un s’interpose",
    ),
    "refused": (
        "son serveur refuse le compte de Jalons",
        "vérifier le nom du compte, sa clé ou son secret, et ce qu’il a le droit de faire là-bas",
    ),
    "nowhere": (
        "rien ne se trouve à cette adresse",
        "corriger l’adresse (`JALONS_INBOX_URL`), ou créer le dossier ou le bucket",
    ),
    "no_answer": ("son serveur ne répond pas", "vérifier le réseau et le serveur ; la lecture est tentée de nouveau"),
    "failing": (
        "son serveur ne fait pas ce qui lui est demandé",
        "vérifier le disque, les quotas et le journal du serveur ; la lecture est tentée de nouveau",
    ),
}
_SHOWN_FILES = 5

# Why a channel refuses, and what to do, by what of it a person must mend; `{setting}` holds its identifier.
_OF_CHANNELS: Mapping[str, tuple[str, str]] = {
    "membership": ("Le robot n’en est pas membre.", "inviter le robot dans ce canal de Slack (`/invite`)."),
    "address": (
        "Slack ne connaît pas ce canal, ou n’y laisse pas entrer le robot.",
        "vérifier l’identifiant du canal (`{setting}`), et inviter le robot dans le canal s’il est privé.",
    ),
    "archived": ("Il est archivé.", "le désarchiver dans Slack, ou donner l’identifiant d’un autre (`{setting}`)."),
    "token": (
        "Slack ne reconnaît plus le robot.",
        "vérifier dans Slack que l’application est installée, et renouveler son jeton (`SLACK_BOT_TOKEN`).",
    ),
    "rights": (
        "Il manque un droit au robot.",
        "donner au robot les droits `chat:write` et `channels:history` (`groups:history` pour un canal privé), "
        "réinstaller l’application et renouveler son jeton (`SLACK_BOT_TOKEN`) s’il a changé.",
    ),
    "policy": (
        "Un réglage de l’espace Slack l’interdit, ou l’espace est en maintenance.",
        "demander à l’administrateur de l’espace Slack de laisser le robot écrire dans ce canal.",
    ),
    "network": (
        "Aucune connexion n’a pu être établie.",
        "vérifier le réseau et le mandataire de la machine, et l’adresse du serveur (`JALONS_SLACK_BASE_URL`, "
        "`JALONS_TCHAP_HOMESERVER`).",
    ),
}
# The same of Tchap, by families of its own (`matrix_codes`).
_OF_TCHAP: Mapping[str, tuple[str, str]] = {
    "membership": (
        "Le robot n’y est pas invité, ou en a été exclu.",
        "inviter le robot dans ce salon de Tchap ; il y entre de lui-même.",
    ),
    "address": (
        "Le serveur de Tchap ne connaît pas ce salon.",
        "vérifier l’identifiant ou l’adresse du salon (`{setting}`), et l’adresse du serveur du robot "
        "(`JALONS_TCHAP_HOMESERVER`).",
    ),
    "token": (
        "Tchap ne reconnaît plus le robot, ou son compte a expiré.",
        "ouvrir une session du compte du robot, le renouveler s’il a expiré, et mettre son nouveau jeton "
        "(`JALONS_TCHAP_TOKEN`).",
    ),
    "rights": (
        "Le robot n’a pas le droit d’écrire dans ce salon.",
        "lui donner dans les paramètres du salon un rôle qui permet d’envoyer des messages ; si le salon a été "
        "remplacé par un autre, donner l’identifiant de celui-ci (`{setting}`).",
    ),
    "policy": (
        "Une règle du serveur de Tchap l’interdit.",
        "demander à l’administrateur du serveur de laisser écrire le compte du robot.",
    ),
}
# Of these the code says the rest: the server's own words, or none.
_OF_MAIL = (
    "Le serveur de messagerie ne prend pas les messages du robot.",
    "vérifier l’adresse du serveur (`JALONS_SMTP_HOST`), le compte et son mot de passe (`JALONS_SMTP_USER`, "
    "`JALONS_SMTP_PASSWORD`), l’expéditeur (`JALONS_MAIL_FROM`), et le droit d’écrire à ces destinataires.",
)
_OF_WEBHOOK = (
    "L’adresse à laquelle les messages sont postés ne les prend plus.",
    "créer un nouveau webhook entrant dans le canal, et donner son adresse (`JALONS_WEBHOOK_URL`, ou la variable "
    "que nomme `channels.csv`).",
)
_SETTINGS = {
    "slack": "JALONS_SLACK_CHANNEL",
    "engineers-slack": "JALONS_SLACK_ENGINEERS_CHANNEL",
    "tchap": "JALONS_TCHAP_ROOM",
    "engineers-tchap": "JALONS_TCHAP_ENGINEERS_ROOM",
}


def _words_of_channel(kind: ChannelKind, code: str) -> tuple[str | None, str | None]:
    if kind in ("mail", "webhook"):
        return _OF_MAIL if kind == "mail" else _OF_WEBHOOK
    if kind == "tchap" and (family := matrix_codes.family_of(code)) in _OF_TCHAP:
        return _OF_TCHAP[family or ""]
    return _OF_CHANNELS.get(family_of(code) or "", (None, None))


def _fault(rule: FaultRule, subject: str, *, edition: str | None = None, level: str, **given: Any) -> Alert:
    key = str(AlertKey(rule, subject, edition, level))
    values: dict[str, Any] = dict.fromkeys(COLUMNS)
    values |= {"alert_key": key, "rule": rule, "subject": subject, "edition": edition, "level": level}
    return Alert(**values | given)


def _small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
