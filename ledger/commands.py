"""`zhanggui ledger …`: verify, seal, prove, import. The engine comes from `ctx.obj["engine"]()`."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeRemainingColumn
from sqlalchemy import Engine

from ledger.book import chain
from ledger.book.opening import OpeningRow, import_rows, read_rows
from ledger.book.seals import Proof, prove, root_by, seal
from ledger.book.values import KeyConflict
from ledger.book.verify import verify
from ledger.records import members

MOST_SHOWN = 100


def _engine(context: click.Context) -> Engine:
    make: Callable[[], Engine] = context.obj["engine"]
    return make()


@click.group("ledger")
def ledger() -> None:
    """账本：核对、封存、证明、导入。"""


@ledger.command("verify")
@click.option("--since-seal", is_flag=True, help="链条只从上次封存以后查起")
@click.option("--root", "root_hex", help="老板手机里的封存码：账本里应当有它")
@click.pass_context
def verify_command(context: click.Context, since_seal: bool, root_hex: str | None) -> None:
    """重算余额、借贷、批次、链条和封存；有不对的就列出来，并以 1 结束。"""
    try:
        known_root = bytes.fromhex(root_hex) if root_hex else None
    except ValueError:
        raise click.BadParameter("不是十六进制的封存码", param_hint="--root") from None
    with _engine(context).connect() as connection, _progress() as progress:
        task = progress.add_task("")
        findings = verify(
            connection,
            since_seal=since_seal,
            known_root=known_root,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    for finding in findings[:MOST_SHOWN]:
        click.echo(str(finding))
    if len(findings) > MOST_SHOWN:
        click.echo(f"… 还有 {len(findings) - MOST_SHOWN} 处")
    if findings:
        click.echo(f"账本有 {len(findings)} 处不对。")
        sys.exit(1)
    click.echo("账本完好。")


def _progress() -> Progress:
    columns = ("核对", BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


@ledger.command("seal")
@click.pass_context
def seal_command(context: click.Context) -> None:
    """封存：把所有动过的钱包封进一个码，请把码存到账本以外的地方。"""
    with _engine(context).begin() as connection:
        sealed = seal(connection, now=datetime.now(UTC))
    click.echo(f"第 {sealed.id} 次封存，{sealed.wallets} 个钱包")
    click.echo(sealed.root.hex())


@ledger.command("prove")
@click.argument("transfer")
@click.pass_context
def prove_command(context: click.Context, transfer: str) -> None:
    """证明一笔账（T000123）在封存之中，不露出别人的账。"""
    match = re.fullmatch(r"[Tt]?(\d{1,18})", transfer)
    if match is None:
        raise click.BadParameter(f"不是一笔账的编号：{transfer}")
    with _engine(context).connect() as connection:
        proof = prove(connection, int(match[1]))
    if proof is None:
        raise click.ClickException(f"没有 {transfer} 这笔账，或者它还没有被封存。")
    for line in _proof_lines(proof):
        click.echo(line)


def _proof_lines(proof: Proof) -> list[str]:
    """The steps, so that anyone can redo them with sha256 alone (docs/ledger.md, Evidence)."""
    head = chain.link(proof.before, proof.digest)
    return [
        f"transfer {proof.transfer_id} of wallet {proof.member_id}",
        f"digest   {proof.digest.hex()}",
        f"before   {proof.before.hex()}",
        f"hash     {head.hex()}",
        *(f"later    {digest.hex()}" for digest in proof.later),
        f"leaf     wallet {proof.member_id}, link {proof.seq}",
        *(f"{'left ' if at_left else 'right'}    {neighbour.hex()}" for neighbour, at_left in proof.path),
        f"previous {proof.previous.hex()}",
        f"root     {root_by(proof).hex()} (seal {proof.seal_id})",
    ]


@ledger.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, help="旧系统的名字；同一个名字再导一次不会重复")
@click.option("--store", "store_id", required=True, help="余额归哪家店")
@click.option("--level", default="", help="新会员的等级")
@click.option("--zone", default="Asia/Shanghai", show_default=True, help="日期的时区")
@click.option("--dry-run", is_flag=True, help="只检查，不入账")
@click.pass_context
def import_command(
    context: click.Context, path: Path, source: str, store_id: str, level: str, zone: str, dry_run: bool
) -> None:
    """从旧系统导入期初余额（CSV）。全部检查通过才入账；可以重复运行。"""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows, errors = read_rows(lines, ZoneInfo(zone))
    for error in errors:
        click.echo(f"第 {error.line} 行：{error.message}")
    if errors:
        raise click.ClickException(f"{len(errors)} 行有问题，什么都没有导入。")
    if dry_run:
        click.echo(f"{len(rows)} 张卡可以导入。")
        return
    now = datetime.now(UTC)
    with _engine(context).begin() as connection:

        def member_of(row: OpeningRow) -> int:
            found = members.by_phone(connection, row.phone) if row.phone else None
            if found is not None:
                return found.id
            return members.create(
                connection, name=row.name, phone=row.phone, home_store_id=store_id, level=level, joined_at=now
            )

        try:
            report = import_rows(
                connection,
                rows,
                source=source,
                store_id=store_id,
                actor="import",
                now=now,
                member_of=member_of,
            )
        except KeyConflict as conflict:
            raise click.ClickException(f"{conflict}。什么都没有导入。") from conflict
    click.echo(f"导入 {report.posted} 张卡，以前导过 {report.already} 张。")
