"""Alerting: alert rows become French messages, pass through an outbox, and reach each channel once."""
