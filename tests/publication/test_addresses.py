"""Addresses lead to what a release wrote."""

from made_marts import State

from orchestration.addresses import edition_page, project_page, rules_page


def test_each_address_is_a_file_of_the_release_and_a_place_on_its_page(state: State) -> None:
    state.release()
    site = state.settings.releases.as_uri()
    for row in state.marts["portfolio"]:
        page = state.settings.releases / row["edition"] / "current" / "index.html"
        assert edition_page(site, row["edition"]) == page.as_uri()
        for address in (project_page(f"{site}/", row["edition"], row["project_id"]), rules_page(site, row["edition"])):
            file, _, place = (address or "").partition("#")
            assert file == page.as_uri() and f'id="{place}"' in page.read_text(encoding="utf-8")


def test_where_no_site_is_set_nothing_has_an_address() -> None:
    assert [edition_page("", "2021-S2"), project_page("", "2021-S2", "a"), rules_page("", "2021-S2")] == [None] * 3


def test_an_id_is_written_as_addresses_are() -> None:
    expected = "https://jalons.example/2021-S2/current/index.html#a%20%C3%A9%23"
    assert project_page("https://jalons.example/", "2021-S2", "a é#") == expected
