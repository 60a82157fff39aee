"""The page of a release: what it says, what it leaves out, and that submitted text stays text."""

import json
import re
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from made_marts import State

from orchestration.domain import french

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;"


class Page(HTMLParser):
    """What a page holds: tags with their attributes, ids, and its text with plain spaces."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.pieces: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep a piece of text."""
        self.pieces.append(data)

    @property
    def text(self) -> str:
        """All the text, its spaces made plain."""
        return " ".join("".join(self.pieces).split())

    @property
    def ids(self) -> set[str | None]:
        """The anchors of the page."""
        return {attributes["id"] for _, attributes in self.tags if "id" in attributes}

    def values(self, attribute: str) -> list[str]:
        """Every value that a tag gives to an attribute."""
        return [value for _, attributes in self.tags if (value := attributes.get(attribute))]


def html_of(state: State, edition: str = "2021-S2") -> str:
    return (state.release([edition])[0].path / "index.html").read_bytes().decode()


def page_of(state: State, edition: str = "2021-S2") -> Page:
    return Page(html_of(state, edition))


def test_the_page_says_its_edition_its_state_and_its_revision_in_french(state: State) -> None:
    page = page_of(state)

    assert ("html", {"lang": "fr"}) in page.tags
    assert "Second semestre 2021 : situation au 31 décembre 2021" in page.text
    assert "Révision 1, remontées reçues jusqu’au 15 décembre 2021 à 09:00 (UTC)" in page.text


def test_headline_figures_are_compared_with_the_previous_edition(state: State) -> None:
    text = page_of(state).text

    assert "Grands projets 3 dont 1 interministériel 2 au premier semestre 2021, soit +1" in text
    assert (
        "Coût total estimé 0,07 Md€ 0,06 Md€ au premier semestre 2021, soit +0,02 Md€ (calculé avant arrondi) Durée"
        in text
    )
    assert "Durée prévue moyenne 6,0 ans 5,7 ans au premier semestre 2021, soit +0,3 an" in text
    assert "Entrées et sorties +1 / −1 1 entrée 1 sortie depuis le premier semestre 2021" in text
    # Of two projects the number comes first; a baseline that was not declared makes it a drift.
    drift = "depuis la première valeur reçue de chaque projet, faute de valeurs initiales déclarées"
    outside = "hors calcul : 1 dont c’est la première valeur reçue"
    assert f"Dérive moyenne des coûts 2 projets : −3,2 % agrégé : +21,4 % {drift} {outside}" in text
    assert f"Écart calendaire moyen 2 projets : 0,0 % agrégé : 0,0 % {outside}" in text
    assert "Écart de durée moyen" not in text
    connected = "2 sur 3 démarches évaluées, soit 66,7 % dont 1 avec FranceConnect seul et 1 avec"
    assert f"Avec FranceConnect ou FranceConnect+ {connected} FranceConnect+" in text
    # The card gives the share of the chart of the goals, over the same procedures.
    assert "Entièrement en ligne 1 sur 2 démarches évaluées, soit 50,0 %" in text
    assert "En ligne (2 évaluées) 50,0 %" in text
    assert "Accessibilité totale 0 sur 0 démarche évaluée" in text


def test_a_definitive_edition_has_no_provisional_banner(state: State) -> None:
    assert "provisoire" not in page_of(state).text


def test_a_mean_of_many_is_said_first_and_the_state_is_quoted_beside_it(state: State) -> None:
    headline = state.row("headline_figures", edition="2021-S2")
    headline |= {"budget_variance_projects": 20, "budget_variance_baseline_source": "declared"}
    headline |= {"published_on": date(2021, 12, 20), "published_budget_variance_pct": Decimal("32.0")}
    headline |= {"duration_variance_projects": 0, "published_duration_variance_pct": Decimal("38.0")}
    state.marts["headline_figures"] = [
        headline if row["edition"] == "2021-S2" else row for row in state.marts["headline_figures"]
    ]
    text = page_of(state).text

    said = "hors calcul : 1 dont c’est la première valeur reçue publié par l’État le 20 décembre 2021"
    assert f"Écart budgétaire moyen −3,2 % moyenne de 20 projets agrégé : +21,4 % {said} : +32,0 %" in text
    assert f"Écart de durée moyen – {said} : +38,0 %" in text


def test_a_revision_by_another_method_says_so_and_is_in_force_from_its_adoption(state: State) -> None:
    state.release()
    for row in state.marts["headline_figures"]:
        row["method_version"] = "3.0.0"
    page = page_of(state)

    assert "Révision 2, la première selon la méthode 3.0.0 (la précédente suivait la méthode 2.0.0)" in page.text
    manifest = json.loads((state.settings.releases / "2021-S2" / "r2" / "MANIFEST.json").read_bytes())
    assert (manifest["method_version"], manifest["method_before"]) == ("3.0.0", "2.0.0")


def test_a_provisional_edition_says_so_at_the_top_and_ranks_and_compares_nothing_that_is_incomplete(
    state: State,
) -> None:
    state.row("headline_figures", edition="2021-S2").update(
        provisional=True, missing_perimeters="MC, MTE", missing_perimeters_projects="MC, MTE"
    )
    page = page_of(state)

    banner = (
        "Édition provisoire Grands projets : 2 périmètres ministériels ont déposé à ce jour. Rien n’est classé ni "
        "comparé tant qu’il manque : Culture Transition écologique, cohésion des territoires et mer"
    )
    assert banner in page.text
    assert page.text.index(banner) < page.text.index("Chiffres clés")
    assert "Grands projets 3 dont 1 interministériel Coût total" in page.text
    assert "soit +1" not in page.text
    assert "Projets de plus de 9 M€ reçus à ce jour" in page.text
    assert "Bêta 53,02 Justice Déploiement" in page.text
    # The procedures are whole.
    assert "1 Payer une amende 229 801 113" in page.text


def test_an_edition_that_was_closed_without_a_perimeter_says_whose_figures_are_not_in_it(state: State) -> None:
    state.row("headline_figures", edition="2021-S2").update(
        missing_perimeters="MC, MTE", missing_perimeters_projects="MC, MTE"
    )
    text = page_of(state).text

    said = (
        "Grands projets : n’ont rien déposé pour cette édition, et manquent à ses chiffres : Culture ; "
        "Transition écologique, cohésion des territoires et mer."
    )
    assert text.index(said) < text.index("Chiffres clés")
    assert "provisoire" not in text


def test_who_came_and_went_over_an_edition_that_never_was_whole_did_so_since_each_perimeter_filed(state: State) -> None:
    state.row("headline_figures", edition="2021-S2").update(previous_edition="2020-S2")
    text = page_of(state).text

    assert "Entrées et sorties +1 / −1 1 entrée 1 sortie depuis la remontée précédente de chaque périmètre" in text
    assert "Mouvements Par rapport à la remontée précédente de chaque périmètre." in text


def test_the_top_50_shows_rank_cost_change_and_end(state: State) -> None:
    text = page_of(state).text

    assert "1 Bêta 53,02 – 1 Justice Déploiement 5,7 oct. 2022 – –" in text
    assert "2 Gamma 12,50 −1,50 2 Justice Déploiement – – −3,2 –" in text


def test_the_chart_and_its_table_sum_the_known_costs_of_each_perimeter(state: State) -> None:
    html = html_of(state)
    text = Page(html).text

    assert "Justice 2 1 53,02 Services du Premier ministre 1 1 12,50 Ensemble 3 2 65,52" in text
    assert re.findall(r'<rect x="0" y="\d+" width="([\d.]+)%"', html)[:2] == ["72.00", "16.97"]
    assert 'role="img" aria-labelledby="graphique-couts-titre graphique-couts-desc"' in html


def test_every_project_is_found_with_its_baselines_and_what_its_ministry_says(state: State) -> None:
    state.row("portfolio", project_id="beta", edition="2021-S2").update(
        baseline_cost_meur=Decimal("40.1"), baseline_end_date=date(2021, 6, 30), variance_comment="Deux lots de plus."
    )
    html = html_of(state)
    text = Page(html).text

    # What an alert links to.
    assert all(f'<tr id="{project}">' in html for project in ("alpha", "beta", "gamma"))
    assert "Bêta Justice Déploiement 53,02 40,10 – juin 2021 Deux lots de plus." in text
    # Nobody owes a word on what has not moved.
    assert "Alpha Justice Cadrage – – – – –" in text


def test_each_movement_is_said_with_its_reason_or_its_old_name(state: State) -> None:
    text = page_of(state).text

    assert "Entrées (1) Alpha – Justice" in text
    assert "Sorties (1) Delta – Justice ; motif : abandonné" in text
    assert "Retours (1) Epsilon – Justice" in text
    assert "Changements de nom (1) Bêta – auparavant : Beta" in text
    assert "Attendus (1) Zêta – Culture, dont la remontée manque encore" in text


def test_slips_are_listed_the_gravest_first_with_both_sides(state: State) -> None:
    words = {"variance_comment": "Marché relancé.", "to_submission_id": "2021-S2/MJ/projects/7"}
    state.row("slips", rule="schedule_slip").update(words)
    text = page_of(state).text
    none = "aucune explication reçue"
    grave = (
        "Critique Bêta Justice Fin reportée août 2021 oct. 2022 +14 mois « Marché relancé. » reçu le 15 décembre 2021"
    )
    cost = "Attention Bêta Justice Coût en hausse 49,90 M€ 53,02 M€ +3,12 M€ (+6,3 %)"
    cost_lost = "Attention Alpha Justice Chiffre retiré (coût) 9,50 M€ En cadrage –"
    duration_lost = "Attention Alpha Justice Chiffre retiré (durée) 5,7 ans non renseigné –"
    silent = "Information Delta Justice N’est plus déclaré – – –"

    assert f"{grave} {cost} {none} {cost_lost} {none} {duration_lost} {none} {silent} {none}" in text


def test_a_rise_over_the_baseline_and_the_last_edition_is_one_line_that_says_both(state: State) -> None:
    overrun = state.row("slips", rule="budget_slip") | {"rule": "budget_overrun", "from_value": Decimal("40.1")}
    state.marts["slips"].append(overrun | {"severity": "critique", "delta_pct": Decimal("32.2")})
    text = page_of(state).text

    overrun = "dépassement de coût : +32,2 % sur 40,10 M€ au départ"
    assert f"Critique Bêta Justice Coût en hausse {overrun} 49,90 M€ 53,02 M€ +3,12 M€" in text
    assert "Dépassement de coût" not in text


def test_an_overrun_without_a_slip_is_a_line_of_its_own(state: State) -> None:
    state.row("slips", rule="budget_slip")["rule"] = "budget_overrun"

    assert "Attention Bêta Justice Dépassement de coût 49,90 M€ 53,02 M€ +3,12 M€ (+6,3 %)" in page_of(state).text


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("NC", "NC (non communiqué)"),
        ("nd", "nd (non communiqué)"),
        ("N/A", "N/A (non applicable)"),
        ("En cadrage", "En cadrage"),
        ("à voir", "à voir"),
        ("-", "non renseigné"),
        (None, "non renseigné"),
    ],
)
def test_what_stands_for_a_figure_that_is_gone_is_explained(state: State, typed: str | None, shown: str) -> None:
    state.row("slips", measure="cost", rule="figure_withdrawn")["to_text"] = typed

    assert f"Chiffre retiré (coût) 9,50 M€ {shown} –" in page_of(state).text


def test_months_are_counted_between_the_months_that_are_shown(state: State) -> None:
    state.row("slips", rule="schedule_slip").update(from_text="2017-08-31", to_text="2018-02-01", slip_months=6)

    assert "Fin reportée août 2017 févr. 2018 +6 mois" in page_of(state).text


def test_the_chart_of_the_goals_says_how_many_procedures_each_share_is_of(state: State) -> None:
    assert "En ligne (2 évaluées) 50,0 %" in page_of(state).text


def test_a_long_table_shows_its_first_rows_and_keeps_the_rest_behind_a_line(state: State) -> None:
    row = state.row("top250", procedure_id="D2")
    state.marts["top250"] = [row | {"rank": n, "procedure_id": f"P{n}", "name": f"Démarche {n}."} for n in range(1, 41)]
    before, _, after = html_of(state).partition("<details>")

    assert ("Démarche 25." in before, "Démarche 26." in before) == (True, False)
    assert "<summary>Voir les 15 démarches suivantes</summary>" in after
    assert [f"Démarche {n}." in after.partition("</details>")[0] for n in (25, 26, 40)] == [False, True, True]


def test_a_table_of_thirty_rows_is_shown_whole(state: State) -> None:
    row = state.row("top250", procedure_id="D2")
    state.marts["top250"] = [row | {"rank": n, "procedure_id": f"P{n}", "name": f"Démarche {n}."} for n in range(1, 31)]

    assert "<details>" not in html_of(state)


def test_the_slips_of_procedures_are_in_the_open_data_and_not_among_those_of_the_projects(state: State) -> None:
    lost = {"rule": "procedure_regressed", "kind": "procedures", "subject": "D1", "project_id": None, "name": "Recul"}
    state.marts["slips"].append(state.marts["slips"][0] | lost)

    assert "Recul" not in page_of(state).text
    assert "Recul" in (state.settings.releases / "2021-S2/r1/data/slips.csv").read_text(encoding="utf-8")


def test_the_top_250_leaves_out_what_is_below_rank_250_and_links_the_procedures(state: State) -> None:
    page = page_of(state)

    assert "1 Payer une amende 229 801 113 Oui Intérieur et outre-mer 97,0 – – – FranceConnect+" in page.text
    # Without a volume it has no rank, and each cell without a value says why.
    assert "non classée Déclarer À venir Partiellement Économie et finances – 8,3 Non Illisible Sans objet" in page.text
    assert "Hors classement" not in page.text
    assert "https://www.amendes.gouv.fr/" in page.values("href")


def test_goals_are_counted_over_the_top_250(state: State) -> None:
    text = page_of(state).text

    assert "En ligne entièrement en ligne 1 1 0 50,0" in text
    assert "Accessibilité conformité au RGAA de 100 % 0 0 2, dont 1 de valeur invraisemblable –" in text


def test_the_roadmap_is_counted_by_mission_and_names_what_is_late_or_new(state: State) -> None:
    text = page_of(state).text

    assert "Actions de la feuille de route 4 dans 2 missions dont 1 nouvelle action" in text
    assert "Actions achevées 1 0 à achever d’ici la fin de l’année" in text
    # Mission, actions, completed, running, coming, given up.
    assert "Bêta 2 0 0 1 0 Label 2 1 1 0 0" in text
    assert "En retard (1) Évaluer – LABEL, fin prévue : T4 2021 Nouvelles (1) beta-01 – Bêta" in text


def test_an_indicator_shows_its_way_from_the_baseline_to_the_target(state: State) -> None:
    text = page_of(state).text

    assert "Agents en télétravail % 5,5 35 septembre 2021 25 31 décembre 2022 151 Atteint en avance" in text
    assert "delai – – 27,5 – – – – Non évalué" in text


def test_an_edition_that_has_a_roadmap_alone_is_said_to_open(state: State) -> None:
    headline = state.row("headline_figures", edition="2021-S2")
    headline |= dict.fromkeys(("projects", "entrants", "procedures", "indicators"))
    headline |= {"provisional": True, "perimeters_filed": 0}
    page = page_of(state)

    assert "Cette édition s’ouvre : ni les grands projets ni les démarches n’ont encore été déposés." in page.text
    assert "feuille-de-route" in page.ids


def test_sections_of_a_kind_that_the_edition_lacks_are_absent(state: State) -> None:
    first = page_of(state, "2021-S1")
    assert {"couts", "top50"} <= first.ids
    assert not {"objectifs", "top250", "mouvements", "glissements", "feuille-de-route", "indicateurs"} & first.ids
    assert "data/top250.csv" not in first.values("href")

    for figure in ("projects", "interministerial", "total_cost_bn_eur", "entrants", "leavers"):
        state.row("headline_figures", edition="2021-S2")[figure] = None
    second = page_of(state)
    assert {"objectifs", "top250"} <= second.ids
    assert not {"couts", "top50", "mouvements", "glissements"} & second.ids


def test_every_link_inside_the_page_and_the_release_leads_somewhere(state: State) -> None:
    made = state.release()[1]
    page = Page((made.path / "index.html").read_bytes().decode())

    inside = [link[1:] for link in page.values("href") if link.startswith("#")]
    assert set(inside) <= page.ids
    files = [link for link in page.values("href") if not link.startswith(("#", "http", "data:"))]
    assert "data/portfolio.csv" in files
    assert [link for link in files if not (made.path / link).is_file()] == []


def test_the_page_needs_no_network_and_no_script(state: State) -> None:
    page = page_of(state)

    assert not {"script", "img", "iframe", "object"} & {tag for tag, _ in page.tags}
    assert page.values("src") == []
    assert [attributes["href"] for tag, attributes in page.tags if tag == "link"] == ["data:,"]
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page.values("content")


def test_submitted_text_stays_text_wherever_it_is_shown(state: State) -> None:
    for table, columns in {
        "top50": ("name", "perimeter_name", "phase"),
        "portfolio": ("perimeter_name",),
        "movements": ("name", "previous_name", "perimeter", "previous_perimeter", "reason"),
        "slips": ("name", "perimeter", "from_text", "rule", "unit"),
        "top250": ("name", "perimeter", "online_status", "authentication", "procedure_url"),
        "submissions": ("file_name", "perimeter", "file_sha256"),
        "procedure_scores": ("indicator_name", "goal"),
        "roadmap": ("title", "mission"),
        "indicators": ("title", "unit", "status"),
        "headline_figures": ("method_version", "missing_perimeters"),
    }.items():
        for row in state.marts[table]:
            if row["edition"] == "2021-S2":
                row.update(dict.fromkeys(columns, HOSTILE))
    state.row("headline_figures", edition="2021-S2")["provisional"] = True
    html = html_of(state)
    page = Page(html)

    assert not {"script", "img"} & {tag for tag, _ in page.tags}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert page.text.count(HOSTILE) > 40


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//example.org", "www.example.org", ""])
def test_an_address_that_is_not_of_the_web_is_not_linked(state: State, url: str) -> None:
    state.row("top250", procedure_id="D2")["procedure_url"] = url

    assert '<th scope="row" class="name">Payer une amende</th>' in html_of(state)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (french.number(Decimal("1234567.85"), 1), "1\u202f234\u202f567,9"),
        (french.number(Decimal("0.25"), 1), "0,3"),
        (french.number(Decimal("-0.25"), 1), "−0,3"),
        (french.signed(Decimal("-0.04"), 1), "0,0"),
        (french.signed(Decimal("0.05"), 1), "+0,1"),
        (french.number(None), "–"),
        (french.plural(0, "projet"), "0\u00a0projet"),
        (french.plural(2, "projet"), "2\u00a0projets"),
        (french.quantity(Decimal("12.5"), "meur"), "12,50\u00a0M€"),
        (french.semester("2017-S1"), "premier semestre 2017"),
        (french.file_size(12), "1\u00a0ko"),
        (french.file_size(12_500), "13\u00a0ko"),
        (french.label("code_inconnu"), "code_inconnu"),
    ],
)
def test_numbers_and_words_follow_french_use(said: str, expected: str) -> None:
    assert said == expected


def test_the_first_of_a_month_is_said_as_such() -> None:
    assert french.day(date(2011, 1, 1)) == "1er\u00a0janvier\u00a02011"
    assert french.day(date(2011, 1, 11)) == "11\u00a0janvier\u00a02011"
    assert french.month(date(2017, 7, 1)) == "juil.\u00a02017"
