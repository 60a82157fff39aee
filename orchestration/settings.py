"""Where things live and which channels are open: environment variables, read when asked.

What belongs here: addresses and secrets. What does not: rules of the domain (dbt seeds and variables hold those).
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from orchestration.places import usable_home
from orchestration.remote.address import place

if TYPE_CHECKING:
    from upath import UPath


class Settings(BaseSettings):
    """Settings of one home; `Settings()` reads `JALONS_*` from the environment.

    `inbox_url`, `archive_url` and `outbox_url` are any fsspec address (`sftp://`, `s3://`); left empty they are
    folders of the home.
    """

    # What is refused is not shown: a secret may be among it.
    model_config = SettingsConfigDict(
        env_prefix="JALONS_", extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )

    home: Path = Path(".jalons")
    # A password may be in an address: it is not shown with the rest.
    inbox_url: str = Field(default="", repr=False)
    archive_url: str = Field(default="", repr=False)
    outbox_url: str = Field(default="", repr=False)
    ledger_url: str = ""
    settle_seconds: float = Field(default=1.0, ge=0)
    history_days: int = Field(default=30, ge=1)
    site_url: str = ""
    # Where none is named, what is published is not signed.
    signing_key: Path | None = None
    dagster_url: str = ""
    slack_bot_token: SecretStr = Field(default=SecretStr(""), validation_alias="SLACK_BOT_TOKEN")
    slack_channel: str = ""
    slack_engineers_channel: str = ""
    slack_base_url: str = "https://slack.com/api/"
    tchap_homeserver: str = ""
    tchap_token: SecretStr = SecretStr("")
    tchap_room: str = ""
    tchap_engineers_room: str = ""
    # Who knows the address may write there.
    webhook_url: SecretStr = SecretStr("")
    smtp_host: str = ""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    mail_from: str = ""
    mail_to: str = ""
    mail_engineers_to: str = ""
    # What every release says of itself.
    licence_name: str = "etalab-2.0"
    licence_title: str = "Licence Ouverte 2.0"
    licence_url: str = "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"
    publisher: str = "L’administration qui publie ces données"
    publisher_url: str = ""
    contact_email: str = ""

    @field_validator("home", mode="after")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return usable_home(home)

    @field_validator("signing_key", mode="before")
    @classmethod
    def _named(cls, path: object) -> object:
        return path or None

    def _place(self, url: str, name: str) -> "UPath":
        from upath import UPath

        return place(url, f"JALONS_{name.upper()}_URL") if url else UPath(self.home / name)

    @property
    def inbox(self) -> "UPath":
        """Where ministries drop files."""
        return self._place(self.inbox_url, "inbox")

    @property
    def archive(self) -> "UPath":
        """Where the bytes received are kept for ever."""
        return self._place(self.archive_url, "archive")

    @property
    def outbox(self) -> "UPath":
        """Where receipts are written."""
        return self._place(self.outbox_url, "outbox")

    @property
    def lake(self) -> Path:
        """Accepted rows, as Parquet."""
        return self.home / "lake"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file (dbt's alone) and the marts exported from it; can be deleted and rebuilt."""
        return self.home / "warehouse"

    @property
    def marts(self) -> Path:
        """The marts as Parquet: what every stage after dbt reads."""
        return self.warehouse / "marts"

    @property
    def releases(self) -> Path:
        """One folder per edition, one immutable folder per revision."""
        return self.home / "releases"

    @property
    def public(self) -> Path:
        """The tree over all editions, under `current`."""
        return self.home / "public"

    @property
    def dagster_home(self) -> Path:
        """The Dagster instance: `DAGSTER_HOME` where it is set, else a folder of the home."""
        given = os.environ.get("DAGSTER_HOME")
        return Path(given) if given else self.home / "dagster"

    @property
    def ledger(self) -> str:
        """The SQLAlchemy address of the ledger."""
        return self.ledger_url or f"sqlite:///{self.home / 'ledger.sqlite'}"
