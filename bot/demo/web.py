"""The demo's web process: the product's application and the stand-in's behind one address."""

from __future__ import annotations

import click

from bot.cli import run_web


@click.command()
@click.option("--host", required=True)
@click.option("--port", required=True, type=int)
@click.option("--threads", default=32, show_default=True)
def main(host: str, port: int, threads: int) -> None:
    """One process, because the stand-in keeps its push queue in memory."""
    run_web("webhook.demo:make_app", host=host, port=port, workers=1, threads=threads)


if __name__ == "__main__":
    main()
