"""`yingshang verify` and `yingshang cosign`: the verifiable log from outside."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yingshang.cli.output import EXIT_FOUND, Language, messages, print_json, progress_bar, results

if TYPE_CHECKING:
    from yingshang.kernel.ledger.standalone.verify_receipt import Verdict


def verify(
    file: Annotated[
        Path | None, typer.Argument(help="A receipt, as JSON.", dir_okay=False, exists=True)
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option(help="The log's public key, name+id+base64; repeatable.")
    ] = None,
    fingerprint: Annotated[
        list[str] | None, typer.Option(help="SHA-256 of the key the receipt carries.")
    ] = None,
    cosigner: Annotated[list[str] | None, typer.Option(help="A cosigner's public key; repeatable.")] = None,
    event: Annotated[int | None, typer.Option(help="The number of the event it should be for.")] = None,
    log: Annotated[bool, typer.Option("--log", help="Audit the whole log of this platform instead.")] = False,
    last: Annotated[int | None, typer.Option(min=1, help="With --log: only so many newest entries.")] = None,
    language: Annotated[Language, typer.Option(help="The language of the text.")] = Language.CHINESE,
    json_output: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> None:
    """Verify a receipt: offline under keys you give, otherwise by the log of this platform. Or audit the log itself.

    Example: `yingshang verify receipt.json --key 'yingshang-1f3a/log+0a1b2c3d+AQ…'`
    """
    english = language is Language.ENGLISH
    if log:
        _audit(last, english=english, json_output=json_output)
        return
    if file is None:
        raise typer.BadParameter("give a receipt, or --log", param_hint="FILE")
    verdict = _verdict(file, key or [], fingerprint or [], cosigner or [], event)
    if json_output:
        print_json(verdict.as_dict())
    else:
        from yingshang.kernel.ledger.standalone import verify_receipt as standalone

        standalone.show(verdict, not english)
    if not verdict.ok:
        raise typer.Exit(EXIT_FOUND)


def _verdict(
    file: Path, keys: list[str], fingerprints: list[str], cosigners: list[str], event: int | None
) -> Verdict:
    from yingshang.kernel.ledger.standalone import verify_receipt as standalone

    with file.open("rb") as opened:
        content = opened.read(standalone.MAX_BYTES + 1)
    if keys or fingerprints:
        try:
            known = [standalone.parse_key(each) for each in keys]
            others = [standalone.parse_key(each) for each in cosigners]
        except standalone.Unreadable as error:
            raise typer.BadParameter(error.message, param_hint="--key") from None
        return standalone.verify(content, known, others, fingerprints, event=event)
    import django

    from yingshang.operations.environment import default_directory, platform

    with platform(default_directory()):
        django.setup()
        from yingshang.kernel.ledger.api import verify_receipt

        return verify_receipt(content, event_id=event)


def _audit(last: int | None, *, english: bool, json_output: bool) -> None:
    import django

    from yingshang.operations.environment import default_directory, platform

    with platform(default_directory()):
        django.setup()
        from dataclasses import asdict

        from yingshang.kernel.ledger.api import audit_log, log_size

        size = log_size()
        with progress_bar("存证 log", size if last is None else min(size, last), quiet=json_output) as told:
            report = audit_log(progress=lambda each: told(each.done), last=last)
    if json_output:
        print_json({"ok": report.ok, **asdict(report)})
    else:
        for problem in report.problems:
            messages.print(
                problem.message if english else problem.message_zh, style="red", markup=False, highlight=False
            )
        results.print(
            f"{report.size:,} entries, {report.checkpoints:,} checkpoints, {report.cosignatures:,} cosignatures, "
            f"{report.unsequenced:,} waiting, {report.count:,} problems"
            if english
            else f"日志 {report.size:,} 条，检查点 {report.checkpoints:,} 个，见证签名 {report.cosignatures:,} 个，"
            f"待归档 {report.unsequenced:,} 条，问题 {report.count:,} 个",
            markup=False,
        )
    if not report.ok:
        raise typer.Exit(EXIT_FOUND)


def cosign(
    key_file: Annotated[Path, typer.Option(help="Your private key; --new-key makes it.", dir_okay=False)],
    url: Annotated[str, typer.Option(help="Where the platform is.")] = "http://127.0.0.1:8000",
    log_key: Annotated[
        str, typer.Option(help="The log's public key, learnt by another way; needed the first time.")
    ] = "",
    state: Annotated[
        Path | None, typer.Option(help="What you signed last; beside the key when left out.", dir_okay=False)
    ] = None,
    new_key: Annotated[
        str, typer.Option(help="Draw a key under this name, print the public one, and stop.")
    ] = "",
    json_output: Annotated[bool, typer.Option("--json", help="Print what was signed as JSON.")] = False,
) -> None:
    """Sign the newest checkpoint of a platform's log as a second key holder, if it continues what you signed before.

    Run it on a machine that is not the platform's, every few minutes.

    Example: `yingshang cosign --key-file witness.json --url https://yingshang.example.gov.cn`
    """
    from yingshang.operations.cosigner import asking, read_key
    from yingshang.operations.cosigner import cosign as sign
    from yingshang.operations.cosigner import new_key as draw

    if new_key:
        typer.echo(draw(key_file, new_key))
        return
    done = sign(
        signer=read_key(key_file),
        state=state or key_file.with_name(f"{key_file.name}.state"),
        ask=asking(url),
        now=int(time.time()),
        log_key=log_key,
    )
    if json_output:
        print_json({"origin": done.origin, "size": done.size, "before": done.before})
    else:
        messages.print(f"{done.origin}: {done.before:,} → {done.size:,}", markup=False)
