"""A worker of an application: counts the records of the shards that it is given, and checkpoints them.

    python3 count_records.py HOST:PORT APPLICATION STREAM

Needs grpcio and protobuf (Debian: python3-grpcio). SIGTERM or SIGINT has it say goodbye: its shards go to others at once.
"""

import os
import queue
import signal
import sys
import threading
import time

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

REPORT_SECONDS = 0.5  # Good for every fail-over time that there can be.
TRANSIENT = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN)


def load(name):
    """The class of a message, from the descriptors beside this file; classes that protoc generates are as good."""
    return CLASSES(POOL.FindMessageTypeByName(name))


POOL = descriptor_pool.DescriptorPool()
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "broker.desc"), "rb") as descriptors:
    for file in descriptor_pb2.FileDescriptorSet.FromString(descriptors.read()).file:
        POOL.Add(file)
CLASSES = getattr(message_factory, "GetMessageClass", None) or message_factory.MessageFactory(POOL).GetPrototype
Request, Response = load("broker.v1.ConsumeRequest"), load("broker.v1.ConsumeResponse")
TRIM_HORIZON = POOL.FindEnumTypeByName("broker.v1.ShardIteratorType").values_by_name["SHARD_ITERATOR_TYPE_TRIM_HORIZON"].number


class Worker:
    def __init__(self, application, stream):
        self.join = Request()
        self.join.join.application_name = application
        self.join.join.stream_names.append(stream)
        self.join.join.worker_id = "python-%d-%d" % (os.getpid(), time.time_ns())
        self.join.join.initial_position.type = TRIM_HORIZON
        self.stopping = threading.Event()
        self.outbox = None
        self.leases = {}
        self.count = 0

    def stop(self, *_):
        self.stopping.set()

    def run(self, channel):
        consume = channel.stream_stream(
            "/broker.v1.ApplicationService/Consume",
            request_serializer=Request.SerializeToString,
            response_deserializer=Response.FromString,
        )
        while not self.stopping.is_set():
            self.outbox = queue.Queue()
            self.leases = {}
            try:
                for message in consume(self.requests()):
                    self.handle(message)
            except grpc.RpcError as error:
                if error.code() not in TRANSIENT:
                    raise
                print("joins again:", error.details(), file=sys.stderr)
                time.sleep(0.5)

    def requests(self):
        """What is said: first the join, then what handling messages puts out, reports between. It ends with the goodbye."""
        outbox = self.outbox
        yield self.join
        next_report = time.monotonic()
        while True:
            try:
                yield outbox.get(timeout=max(0.0, next_report - time.monotonic()))
                continue
            except queue.Empty:
                next_report = time.monotonic() + REPORT_SECONDS
            if self.stopping.is_set():
                return
            report = Request()
            report.report.SetInParent()
            yield report

    def handle(self, message):
        kind = message.WhichOneof("message")
        content = getattr(message, kind)
        if kind == "lease_granted":
            self.leases[content.lease_id] = content.shard_id
            print(content.shard_id, "is mine", flush=True)
        elif kind == "records" and content.records:
            self.records(content)
        elif kind == "shard_ended" and self.leases.pop(content.lease_id, None):
            checkpoint = Request()
            checkpoint.checkpoint.lease_id = content.lease_id
            checkpoint.checkpoint.shard_end = True
            self.outbox.put(checkpoint)
        elif kind == "hand_over" and self.leases.pop(content.lease_id, None):
            release = Request()
            release.release.lease_id = content.lease_id
            self.outbox.put(release)
        elif kind == "lease_lost":
            self.leases.pop(content.lease_id, None)
        elif kind == "checkpointed" and content.error_code:
            print("not checkpointed:", content.error_code, content.error_message, file=sys.stderr)

    def records(self, batch):
        if batch.lease_id in self.leases:
            self.count += len(batch.records)
            print(self.leases[batch.lease_id], len(batch.records), "records,", self.count, "in all", flush=True)
            checkpoint = Request()
            checkpoint.checkpoint.lease_id = batch.lease_id
            checkpoint.checkpoint.sequence_number = batch.records[-1].sequence_number
            self.outbox.put(checkpoint)
        credit = Request()
        credit.credit.bytes = batch.credit_bytes
        self.outbox.put(credit)


def main():
    if len(sys.argv) != 4:
        sys.exit("Usage: count_records.py HOST:PORT APPLICATION STREAM")
    worker = Worker(sys.argv[2], sys.argv[3])
    signal.signal(signal.SIGTERM, worker.stop)
    signal.signal(signal.SIGINT, worker.stop)
    with grpc.insecure_channel(sys.argv[1], options=[("grpc.max_receive_message_length", -1)]) as channel:
        worker.run(channel)
    print("counted", worker.count, flush=True)


if __name__ == "__main__":
    main()
