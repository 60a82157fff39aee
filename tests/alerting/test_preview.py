"""What each channel would show, as a page and as text."""

import base64
import html
import re

from preview_items import CARD, CHANGE, ITEMS, SUMMARY

from orchestration.alerting.message import Line, Message
from orchestration.alerting.preview import PreviewItem, preview_page, preview_text
from orchestration.drawing.picture import png
from orchestration.drawing.text_bars import text_bars


def section(page: str, channel: str) -> str:
    """What a page shows of a channel."""
    return re.split(r"<section ", page)[[item.channel for item in ITEMS].index(channel) + 1]


def test_each_channel_shows_its_messages_and_the_cards_under_them_whole():
    page = preview_page(ITEMS)
    for item in ITEMS:
        shown = html.unescape(re.sub(r"<[^>]*>", "", section(page, item.channel)))
        for message in (SUMMARY, CARD, CHANGE):
            for text in (message.title, *message.notes, *(line.text for line in message.lines)):
                assert text in shown, (item.channel, text)
        assert shown.index(SUMMARY.title) < shown.index(CARD.title) < shown.index(CHANGE.title)
        assert SUMMARY.links[0].address in section(page, item.channel)
        assert "(mise à jour)" in shown


def test_a_picture_stands_where_the_channel_shows_one_and_bars_stand_elsewhere():
    page, (bars,) = preview_page(ITEMS), text_bars(CARD.trend)
    picture = f'src="data:image/png;base64,{base64.b64encode(png(CARD.trend)).decode()}"'
    shows_picture = {item.channel: picture in section(page, item.channel) for item in ITEMS}
    shows_bars = {item.channel: bars in section(page, item.channel) for item in ITEMS}
    assert shows_picture == {"suivi": True, "salon": True, "cabinet": False, "mj": False, "console": False}
    assert shows_bars == {channel: not shown for channel, shown in shows_picture.items()}


def test_what_a_ministry_wrote_is_never_markup_and_never_turns_what_stands_beside_it():
    page = preview_page(ITEMS)
    assert "<script" not in page and "<b>" not in page
    line = Line("\N{RIGHT-TO-LEFT OVERRIDE}texte", "مشروع")
    page = preview_page([PreviewItem("suivi", "slack", Message("k", "Titre", (line,)))])
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in page and "<bdi>مشروع</bdi>" in page


def test_messages_of_a_channel_stand_together_and_are_counted():
    other = Message("o", "Autre", (Line("seule"),))
    items = [ITEMS[0], ITEMS[2], PreviewItem("suivi", "slack", other)]
    page = preview_page(items).replace("\N{NO-BREAK SPACE}", " ")
    assert page.count("<section ") == 2 and "Slack, 2 messages, 2 fiches" in page
    assert "=== suivi (Slack) : 2 messages, 2 fiches ===" in preview_text(items).replace("\N{NO-BREAK SPACE}", " ")


def test_the_text_says_the_same_with_cards_under_their_message():
    (bars,) = text_bars(CARD.trend)
    assert preview_text(ITEMS[:1]).replace("\N{NO-BREAK SPACE}", " ") == (
        "=== suivi (Slack) : 1 message, 2 fiches ===\n\n"
        "  2 alertes pour l’édition 2017-S2\n"
        "     SIRHEN coût en hausse\n"
        "     Règles.\n"
        "     Voir l’édition : https://jalons.example/2017-S2/current/index.html\n\n"
        "      🔴 Critique · SIRHEN\n"
        "         Coût en hausse de 12,0 M€\n"
        "         bas\n"
        f"         {bars}\n"
        "         Motif.\n\n"
        "      🟠 Attention · X (mise à jour)\n"
        "         <b> <script>alert(1)</script>\n"
    ).replace("\N{NO-BREAK SPACE}", " ")


def test_where_no_channel_gets_anything_the_preview_says_so():
    assert "Aucun canal ne recevrait de message." in preview_page([])
    assert preview_text([]) == "Aucun canal ne recevrait de message.\n"
