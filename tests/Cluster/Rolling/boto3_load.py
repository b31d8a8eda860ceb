"""Puts and reads with an unmodified boto3, its default three attempts a call, until standard input ends; then prints what went wrong as JSON."""
import json
import sys
import threading
import time

import boto3
from botocore.config import Config

endpoint, stream = sys.argv[1:3]
stop = threading.Event()
errors = []
counts = {"put": 0, "refused": 0, "read": 0}
latencies = []


def client():
    return boto3.session.Session().client(
        "kinesis", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s",
        config=Config(retries={"mode": "standard", "total_max_attempts": 3}))


def run(work):
    try:
        kinesis = client()
        while not stop.is_set():
            work(kinesis)
    except Exception as error:  # whatever boto3 raises after its attempts is what a user would see
        errors.append(f"{work.__name__}: {error!r}")


def put(kinesis):
    name = threading.current_thread().name
    began = time.monotonic()
    answer = kinesis.put_records(
        StreamName=stream,
        Records=[{"PartitionKey": f"{name}-{i}", "Data": b"boto3 " + str(time.time()).encode()} for i in range(10)])
    latencies.append((time.monotonic() - began) * 1000)
    counts["put"] += 10 - answer["FailedRecordCount"]
    counts["refused"] += answer["FailedRecordCount"]
    time.sleep(0.05)


def read(kinesis):
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        iterator = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        counts["read"] += len(kinesis.get_records(ShardIterator=iterator, Limit=1000)["Records"])
        if stop.is_set():
            return
    time.sleep(0.2)


threads = [threading.Thread(target=run, args=(work,), name=f"boto{i}") for i, work in enumerate([put, put, read])]
for thread in threads:
    thread.start()
sys.stdin.read()
stop.set()
for thread in threads:
    thread.join()
latencies.sort()
print(json.dumps({"errors": errors, **counts, "p99": latencies[int(len(latencies) * 0.99)] if latencies else None}))
