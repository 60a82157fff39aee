"""What is said of faults, of their ends, and of another method."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from alert_home import alert_row

from orchestration.alerting.alerts import Alert
from orchestration.alerting.message import Line, Link
from orchestration.alerting.messages import ended_line, fault, paired, recovery, summary_of_method


def alert(subject: str = "sirhen", **changed: Any) -> Alert:
    return Alert.of(alert_row(subject, **changed))


def plain(text: str) -> str:
    """The text with ordinary spaces, to read the expected ones more easily."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_what_is_now_is_said_whole_after_what_was_told() -> None:
    line = ended_line("x" * 600, "2018-S1", "projet terminé")
    assert (len(line), plain(line[-40:])) == (500, "… Depuis, à l’édition 2018-S1 : projet terminé."[-40:])
    assert ended_line("Une phrase.", "2018-S1", "") == "Une phrase."


def test_the_summary_of_a_method_counts_all_of_it_by_rule_and_adds_up() -> None:
    news = [("creep", "2017-S1"), ("creep", "2017-S2"), ("reduced", "2017-S2")]
    message = summary_of_method("k", "2.0.0", news, [("overdue", "2017-S1")])
    assert plain(message.title) == (
        "Méthode 2.0.0 : 3 alertes nouvelles et 1 alerte close sur des éditions déjà signalées"
    )
    assert [plain(str(line)) for line in message.lines] == [
        "Dérive lente : 2 (2017-S1, 2017-S2)",
        "Coût ou délai réduit : 1 (2017-S2)",
        "Closes · Fin prévue dépassée : 1 (2017-S1)",
    ]
    assert message.notes[0].startswith("Ces éditions avaient été signalées selon une méthode antérieure")
    assert "1 alerte close sur" in plain(summary_of_method("k", "2.0.0", [], [("overdue", "2017-S1")]).title)


OVERRUN = {"rule": "budget_overrun", "level": "25", "from_value": Decimal(75), "severity": "critique"}


def test_one_rise_against_the_last_edition_and_the_baseline_is_one_line() -> None:
    found = [alert("a", **OVERRUN), alert("b", rule="went_silent"), alert("a"), alert("c", **OVERRUN)]
    assert [[one.rule for one in group] for group in paired(found)] == [
        ["budget_slip", "budget_overrun"],
        ["went_silent"],
        ["budget_overrun"],
    ]


FAULT = {"rule": "check_failed", "severity": "critique", "detail": "Le contrôle a échoué.", "level": "-"}
DAGSTER = "http://127.0.0.1:3000/"


def _fault(number: int = 0, to_do: str | None = None, run_id: str | None = None, **changed: Any) -> Alert:
    return replace(alert(f"check-{number}", **FAULT, **changed), to_do=to_do, run_id=run_id)


def test_a_fault_says_what_to_do_and_in_which_pass_with_a_link_to_it() -> None:
    message = fault("k", [_fault(to_do="Lire le journal.", run_id="abc")], DAGSTER, is_repeat=True)
    assert plain(message.title) == "🔴 Critique · Contrôle en échec · édition 2017-S2"
    assert message.lines == (Line("Le contrôle a échoué."),)
    assert message.notes == ("Lire le journal.", "Passe abc (`jalons ui`).")
    assert message.links == (Link("Voir la passe", "http://127.0.0.1:3000/runs/abc"),)
    assert (message.key, message.is_repeat) == ("k", True)


def test_a_fault_without_a_pass_or_an_address_has_no_link() -> None:
    assert fault("k", [_fault()], DAGSTER).links == ()
    assert fault("k", [_fault()], DAGSTER).notes == ()
    assert fault("k", [_fault(run_id="abc")], "").links == ()
    assert not fault("k", [_fault()], DAGSTER).is_repeat


def test_a_fault_of_several_editions_names_none_and_lists_twenty() -> None:
    message = fault("k", [_fault(0, edition="2017-S1"), *(_fault(number) for number in range(1, 22))], DAGSTER)
    assert plain(message.title) == "🔴 Critique · Contrôle en échec"
    assert len(message.lines) == 20
    assert [plain(note) for note in message.notes] == ["2 autres ne sont pas montrées ici."]


def test_the_end_of_a_fault_is_told_with_what_was_said_of_it() -> None:
    message = recovery("k", [f"Contrôle {number}." for number in range(21)], "check_failed", is_repeat=True)
    assert plain(message.title) == "✅ Rétabli · Contrôle en échec"
    assert (message.lines[0], len(message.lines)) == (Line("Contrôle 0."), 20)
    assert [plain(note) for note in message.notes] == [
        "1 autre n’est pas montrée ici.",
        "Ce défaut n’est plus constaté : il n’y a plus rien à faire.",
    ]
    assert (message.key, message.is_repeat, message.links) == ("k", True, ())
    assert recovery("k", ["Contrôle."], "check_failed").notes == message.notes[1:]


def test_an_overrun_belongs_to_the_slip_of_its_own_edition() -> None:
    found = [alert("a", **OVERRUN), alert("a", edition="2016-S2"), alert("a", rule="schedule_slip")]
    assert [len(group) for group in paired(found)] == [1, 1, 1]
