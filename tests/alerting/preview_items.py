"""What a preview is given: an edition's summary with two cards under it, on each kind of channel."""

from decimal import Decimal

from orchestration.alerting.message import Line, Link, Message
from orchestration.alerting.preview import PreviewItem
from orchestration.drawing.trend import Point, Trend

TREND = Trend((Point("2017-S1", Decimal(85), None), Point("2017-S2", Decimal(97), None)), Decimal(80))
PAGE = Link("Voir l’édition", "https://jalons.example/2017-S2/current/index.html")

SUMMARY = Message("s", "2 alertes pour l’édition 2017-S2", (Line("coût en hausse", "SIRHEN"),), ("Règles.",), (PAGE,))
CARD = Message("a", "🔴 Critique · SIRHEN", (Line("de 12,0 M€", "Coût en hausse"), Line("bas")), ("Motif.",), (), TREND)
CHANGE = Message("b", "🟠 Attention · X", (Line("<script>alert(1)</script>", "<b>"),), is_change=True)

ITEMS = [
    PreviewItem("suivi", "slack", SUMMARY, (CARD, CHANGE)),
    PreviewItem("salon", "tchap", SUMMARY, (CARD, CHANGE)),
    PreviewItem("cabinet", "mail", SUMMARY, (CARD, CHANGE)),
    PreviewItem("mj", "webhook", SUMMARY, (CARD, CHANGE)),
    PreviewItem("console", "console", SUMMARY, (CARD, CHANGE)),
]
