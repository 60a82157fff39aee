"""Inbox and receipts in buckets, on a server that speaks S3: an object is there whole or not at all."""

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from moto.core.responses import ActionAuthenticatorMixin

from orchestration.intake import archive, inbox, inbox_faults, incidents, settling
from orchestration.intake.ledger import Ledger
from orchestration.intake.take_in import take_in
from orchestration.passes.causes import cause_of
from orchestration.remote.faults import StoreUnreachable
from orchestration.settings import Settings
from orchestration.store.whole_file import sweep, write_whole
from tests.conftest import NOW
from tests.intake.drops import GOOD, OTHER, projects_csv

PATH = "2021-S2/MI/p.csv"
POLICY = Path(__file__).resolve().parents[2] / "deploy" / "bucket-policy.json"


def _owed(home: Settings) -> bool:
    with Ledger(home.ledger) as ledger:
        return bool(settling.pending(home, ledger, NOW).owed)


def _taken(home: Settings) -> list[tuple[str, str, int]]:
    return [(one.path, one.receipt.status, one.receipt.rows_accepted) for one in take_in(home, NOW).outcomes]


def _why(home: Settings) -> list[str]:
    with Ledger(home.ledger) as ledger:
        return [
            one.subject if one.rule == "inbox_unreachable" else one.details["what"]
            for one in incidents.open_incidents(ledger.engine, NOW)
        ]


def _put(bucket, data: bytes, path: str = PATH) -> None:
    bucket.client().put_object(Bucket="jalons", Key=f"inbox/{path}", Body=data)


def _keys(bucket, prefix: str) -> list[str]:
    return [one["Key"] for one in bucket.client().list_objects_v2(Bucket="jalons", Prefix=prefix).get("Contents", ())]


def test_a_drop_gets_its_receipt_in_the_bucket(in_bucket, bucket):
    assert not _owed(in_bucket), "a bucket without a drop yet is an inbox"
    _put(bucket, projects_csv(GOOD))
    assert _owed(in_bucket)
    assert _taken(in_bucket) == [(PATH, "accepted", 1)]
    keys = _keys(bucket, "receipts/")
    assert {key.rpartition("/")[2] for key in keys} == {"accuse.html", "accuse.json", "annote.xlsx"}
    accuse = bucket.client().get_object(Bucket="jalons", Key=next(key for key in keys if key.endswith("accuse.json")))
    assert json.loads(accuse["Body"].read())["status"] == "accepted"
    assert not _owed(in_bucket)


def test_the_same_bytes_put_again_are_no_work_and_other_bytes_are(in_bucket, bucket):
    _put(bucket, projects_csv(GOOD))
    assert len(_taken(in_bucket)) == 1
    _put(bucket, projects_csv(GOOD))
    assert not _owed(in_bucket)
    _put(bucket, projects_csv(GOOD.replace("42,5", "43,5")))
    assert _owed(in_bucket)
    assert _taken(in_bucket) == [(PATH, "accepted", 1)]


def test_an_upload_in_parts_that_stalls_is_not_there_until_it_is_whole(in_bucket, bucket):
    client, data = bucket.client(), projects_csv(GOOD)
    about = {"Bucket": "jalons", "Key": f"inbox/{PATH}"}
    about["UploadId"] = client.create_multipart_upload(**about)["UploadId"]
    part = client.upload_part(**about, PartNumber=1, Body=data)
    assert inbox.look(in_bucket.inbox).files == set()
    assert not _owed(in_bucket)
    client.complete_multipart_upload(**about, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    assert _taken(in_bucket) == [(PATH, "accepted", 1)]


def test_an_object_is_as_seen_until_another_is_put_in_its_place_and_folders_are_no_files(in_bucket, bucket):
    for folder in ("", "2021-S2/", "2021-S2/MI/", "2021-S2/MI/essai.csv/"):
        _put(bucket, b"", folder)
    _put(bucket, projects_csv(GOOD))
    files = inbox.look(in_bucket.inbox).files
    assert {(seen.path, seen.is_readable) for seen in files} == {(PATH, True), ("2021-S2/MI/essai.csv", False)}
    (seen,) = (one for one in files if one.is_readable)
    assert inbox.read_file(in_bucket.inbox, seen) == projects_csv(GOOD)
    assert inbox.is_as_seen(in_bucket.inbox, seen)
    _put(bucket, projects_csv(GOOD, OTHER))
    assert not inbox.is_as_seen(in_bucket.inbox, seen)


def test_no_more_is_read_of_an_object_than_of_one_that_is_too_large(in_bucket, bucket, monkeypatch):
    monkeypatch.setattr(inbox, "MAX_BYTES", 100_000)
    _put(bucket, bytes(300_000))
    (seen,) = inbox.look(in_bucket.inbox).files
    assert inbox.read_file(in_bucket.inbox, seen) == bytes(100_001)


def test_a_server_that_stops_is_a_fault_until_it_is_back_and_a_bucket_that_is_emptied_is_another(in_bucket, bucket):
    _put(bucket, projects_csv(GOOD))
    assert len(_taken(in_bucket)) == 1
    bucket.stop()
    assert _owed(in_bucket)
    assert _taken(in_bucket) == []
    assert _why(in_bucket) == ["no_answer"]
    with Ledger(in_bucket.ledger) as ledger:
        (said,) = inbox_faults.sentences(ledger, NOW)
    assert said.startswith("The inbox cannot be reached: s3://jalons/inbox: the server does not answer.")
    bucket.start()
    assert _taken(in_bucket) == []
    assert _why(in_bucket) == []
    bucket.client().delete_object(Bucket="jalons", Key=f"inbox/{PATH}")
    assert _taken(in_bucket) == []
    assert _why(in_bucket) == ["emptied"]


def test_a_bucket_that_is_not_there_is_a_fault_of_a_new_home_too(in_bucket):
    home = in_bucket.model_copy(update={"inbox_url": "s3://jalon/inbox"})
    assert _owed(home)
    assert _taken(home) == []
    assert _why(home) == ["nowhere"]


def test_an_account_without_keys_is_told_so(in_bucket, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    in_bucket.inbox.fs.clear_instance_cache()
    assert _taken(in_bucket) == []
    assert _why(in_bucket) == ["refused"]


def test_a_receipt_that_cannot_be_written_keeps_its_drop_waiting_and_the_cause_is_said(in_bucket, bucket):
    _put(bucket, projects_csv(GOOD))
    home = in_bucket.model_copy(update={"outbox_url": "s3://receipts"})
    with pytest.raises(StoreUnreachable) as stopped:
        take_in(home, NOW)
    cause = cause_of(stopped.value)
    assert cause is not None
    assert cause.key == "store_unreachable"
    assert "there is nothing at this address" in cause.sentence
    assert _taken(in_bucket) == [(PATH, "accepted", 1)]


def test_a_file_is_put_whole_under_its_own_name_and_an_archive_gives_its_bytes(in_bucket, bucket):
    place = in_bucket.outbox / "one" / "file.json"
    write_whole(place, b"one")
    write_whole(place, b"another")
    assert place.read_bytes() == b"another"
    assert _keys(bucket, "receipts/") == ["receipts/one/file.json"]
    assert sweep(in_bucket.outbox) == 0
    kept = in_bucket.outbox / "archive"
    assert archive.get(kept, archive.put(kept, b"bytes")) == b"bytes"
    bucket.stop()
    with pytest.raises(StoreUnreachable):
        archive.get(kept, "0" * 64)


def test_by_the_policy_a_ministry_reaches_its_own_objects_only(in_bucket, bucket, monkeypatch):
    # moto holds no policy against who asks, and no condition against a prefix: each account is given its own part.
    policy, iam, clients = json.loads(POLICY.read_text()), bucket.client("iam"), {}
    for who in ("jalons", "MI"):
        own = [
            {name: value for name, value in statement.items() if name != "Principal"}
            for statement in policy["Statement"]
            if statement["Principal"]["AWS"].endswith(f"/{who}") and "Condition" not in statement
        ]
        iam.create_user(UserName=who)
        document = json.dumps({"Version": policy["Version"], "Statement": own})
        iam.put_user_policy(UserName=who, PolicyName="own", PolicyDocument=document)
        made = iam.create_access_key(UserName=who)["AccessKey"]
        clients[who] = bucket.client(key=made["AccessKeyId"], secret=made["SecretAccessKey"])
    monkeypatch.setattr("moto.settings.INITIAL_NO_AUTH_ACTION_COUNT", 0)
    monkeypatch.setattr(ActionAuthenticatorMixin, "request_count", 0)
    jalons, ministry, data = clients["jalons"], clients["MI"], projects_csv(GOOD)
    ministry.put_object(Bucket="jalons", Key=f"inbox/{PATH}", Body=data)
    assert jalons.get_object(Bucket="jalons", Key=f"inbox/{PATH}")["Body"].read() == data
    for ministry_code in ("MI", "MJ"):
        jalons.put_object(Bucket="jalons", Key=f"receipts/2021-S2/{ministry_code}/1/accuse.json", Body=b"{}")
    assert ministry.get_object(Bucket="jalons", Key="receipts/2021-S2/MI/1/accuse.json")["Body"].read() == b"{}"
    for asked in (
        lambda: ministry.put_object(Bucket="jalons", Key="inbox/2021-S2/MJ/p.csv", Body=data),
        lambda: ministry.put_object(Bucket="jalons", Key="receipts/2021-S2/MI/1/accuse.json", Body=data),
        lambda: ministry.get_object(Bucket="jalons", Key="receipts/2021-S2/MJ/1/accuse.json"),
        lambda: ministry.list_objects_v2(Bucket="jalons"),
        lambda: jalons.put_object(Bucket="jalons", Key=f"inbox/{PATH}", Body=data),
    ):
        with pytest.raises(ClientError, match=r"AccessDenied|403"):
            asked()
