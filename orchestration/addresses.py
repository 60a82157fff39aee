"""The addresses of what is published, for whoever leads a reader there.

What belongs here: which page stands where under the address at which the folder `releases` is served
(`JALONS_SITE_URL`). What does not: the pages (`publication.site`).
"""

from urllib.parse import quote


def edition_page(site_url: str, edition: str) -> str | None:
    """The page of an edition as it is now; none where no site is set."""
    # No server need know what to show of a folder.
    return f"{site_url.rstrip('/')}/{quote(edition)}/current/index.html" if site_url else None


def project_page(site_url: str, edition: str, project_id: str) -> str | None:
    """The row of a project on the page of an edition; where it has none, browsers show the page from its top."""
    page = edition_page(site_url, edition)
    return page and f"{page}#{quote(project_id)}"


def rules_page(site_url: str, edition: str) -> str | None:
    """What the page of an edition says of its method, the thresholds of alerts too."""
    page = edition_page(site_url, edition)
    return page and f"{page}#methode"


def tree_address(site_url: str) -> str:
    """The root of what is published, in which `releases` stands, with a slash at its end; empty where none is set."""
    return f"{site_url.rstrip('/').removesuffix('/releases')}/" if site_url else ""
