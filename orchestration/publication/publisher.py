"""Who publishes and under which licence, as every document of a release says it.

What belongs here: the settings in the keys of those documents. What does not: the documents (`data_package`).
"""

from orchestration.settings import Settings


def licence(settings: Settings) -> dict[str, str]:
    """The licence of what is published."""
    return _known(name=settings.licence_name, title=settings.licence_title, path=settings.licence_url)


def publisher(settings: Settings) -> dict[str, str]:
    """Who publishes it, and how to reach them."""
    return _known(title=settings.publisher, path=settings.publisher_url, email=settings.contact_email)


def _known(**said: str) -> dict[str, str]:
    return {name: text for name, text in said.items() if text}
