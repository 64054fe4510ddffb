"""`gatepost init`: an annotated settings file to start from."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--domain", required=True, help="The domain to take mail for, such as example.org.")
@click.option(
    "--next-hop", required=True, help='Where its mail goes, such as 10.0.0.5:25 or "lmtp:127.0.0.1:24".'
)
@click.option("--listen", default="0.0.0.0:25", show_default=True, help="Address and port to take mail at.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default="gatepost.toml",
    show_default=True,
)
@click.option("--force", is_flag=True, help="Overwrite the file if it is there.")
def init(domain: str, next_hop: str, listen: str, output: Path, force: bool) -> None:
    """Write a settings file for one domain and its mail server, the other settings beside it as comments.

    \b
    Example:
      gatepost init --domain example.org --next-hop 10.0.0.5:25
    """  # noqa: D301 - click wants the character itself
    from pydantic import ValidationError

    from gatepost.delivery.routes import parse_next_hop
    from gatepost.gateway.describe import starting_file
    from gatepost.gateway.settings import host_and_port
    from gatepost.policy.domains import DomainSettings

    try:
        parse_next_hop(next_hop)
        host_and_port(listen)
        DomainSettings(name=domain, next_hop=(next_hop,))
    except ValidationError as error:
        said = "; ".join(fault["msg"].removeprefix("Value error, ") for fault in error.errors())
        raise click.UsageError(said) from None
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if output.exists() and not force:
        raise click.UsageError(
            f"{output} is there already; add --force to overwrite it, or choose another -o"
        )
    try:
        output.write_text(starting_file(domain, next_hop, listen))
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}") from None
    click.echo(f"Wrote {output}. Next: gatepost check -c {output}, then gatepost run -c {output}")
