// AWS's own aggregation library in both directions, for AggregationTests.cs: node aggregation.mjs read|write < JSON.
// read: base64 of aggregated records, each answered with its user records. write: user records, answered with aggregated records.
import { readFileSync } from "node:fs";
import agg from "aws-kinesis-agg";

const input = JSON.parse(readFileSync(0, "utf8"));

function read(data) {
  let answer;
  agg.deaggregateSync({ partitionKey: "outer", sequenceNumber: "1", data }, true, (error, records) => {
    if (error) {
      throw error;
    }
    answer = records.map((r) => ({
      partitionKey: r.partitionKey,
      explicitHashKey: r.explicitPartitionKey,
      subSequenceNumber: r.subSequenceNumber,
      data: r.data,
    }));
  });
  return answer;
}

function write(records) {
  const answer = [];
  const aggregator = new agg.RecordAggregator((error, record) => {
    if (error) {
      throw error;
    }
    answer.push({ partitionKey: record.partitionKey, explicitHashKey: record.ExplicitHashKey, data: record.data.toString("base64") });
  });
  aggregator.aggregateRecords(
    records.map((r) => ({ partitionKey: r.partitionKey, explicitHashKey: r.explicitHashKey ?? undefined, data: Buffer.from(r.data, "base64") })),
    true,
  );
  return answer;
}

process.stdout.write(JSON.stringify(process.argv[2] === "read" ? input.map(read) : write(input)));
