// What all checks share: the clients of one protocol, streams of their own, and the report, one JSON line a check and subject.
import * as sdk from '@aws-sdk/client-kinesis';
import { AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import assert from 'node:assert/strict';

export const settings = JSON.parse(process.argv[2]);
export const accountId = settings.account;
export const streamArn = name => `arn:aws:kinesis:${settings.region}:${accountId}:stream/${name}`;

const protocols = {
  'js-h2': () => ({}),
  'js-h1': () => ({ requestHandler: new NodeHttpHandler() }),
  'js-cbor': () => ({ protocol: AwsSmithyRpcV2CborProtocol }),
};

/** A client of the protocol under test. Calls time out, so that a lost answer is a failed check and not a hang. */
export function connect(endpoint = settings.endpoint, accessKeyId = settings.accessKeyId, secretAccessKey = settings.secretAccessKey, more = {}) {
  return new sdk.KinesisClient({
    endpoint, region: settings.region, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 4, ...protocols[settings.client](), ...more,
  });
}

const main = connect();

/** Calls an operation by its name. */
export async function call(operation, input = {}, client = main) {
  const command = sdk[`${operation}Command`];
  assert.ok(command, `the SDK has no ${operation}`);
  return client.send(new command(input), { abortSignal: AbortSignal.timeout(20_000) });
}

/** Asserts that a call fails with an error of the name, and of the SDK's own class where its model has one. */
export async function fails(name, operation, input, { client = main, message } = {}) {
  let answer;
  try {
    answer = await call(operation, input, client);
  } catch (error) {
    assert.equal(error.name, name, `${operation} failed with ${error.name}: ${error.message}`);
    if (sdk[name]) assert.ok(error instanceof sdk[name], `${name} is not the SDK's class`);
    assert.equal(error.$metadata.httpStatusCode < 500, true, `${name} came with status ${error.$metadata.httpStatusCode}`);
    assert.ok(error.$metadata.requestId, `${name} came without a request id`);
    if (message) assert.match(error.message, message);
    return error;
  }
  throw new Error(`${operation} answered ${JSON.stringify(answer)}, not ${name}`);
}

/** Asks again until `look` gives something, for what AWS changes a moment later. */
export async function eventually(what, look) {
  const until = Date.now() + 15_000;
  for (let wait = 10; ; wait = Math.min(wait * 2, 200)) {
    const found = await look();
    if (found) return found;
    if (Date.now() > until) throw new Error(`${what}: not within 15 s`);
    await new Promise(done => setTimeout(done, wait));
  }
}

export const summary = async name => (await call('DescribeStreamSummary', { StreamName: name })).StreamDescriptionSummary;

export const active = name => eventually(`${name} ACTIVE`, async () => {
  const found = await summary(name);
  return found.StreamStatus === 'ACTIVE' && found;
});

let made = 0;
export const newName = () => `${settings.client}-${++made}`;

/** A new stream that is ACTIVE: PROVISIONED with so many shards, or ON_DEMAND for 0. */
export async function newStream(shards = 0, more = {}) {
  const name = newName();
  await call('CreateStream', {
    StreamName: name, StreamModeDetails: { StreamMode: shards ? 'PROVISIONED' : 'ON_DEMAND' }, ...(shards ? { ShardCount: shards } : {}), ...more,
  });
  await active(name);
  return name;
}

export const shardsOf = async (name, filter) => (await call('ListShards', { StreamName: name, ...(filter ? { ShardFilter: { Type: filter } } : {}) })).Shards;

export const iterator = async (name, shard, type = 'TRIM_HORIZON', more = {}) =>
  (await call('GetShardIterator', { StreamName: name, ShardId: shard, ShardIteratorType: type, ...more })).ShardIterator;

/** Reads a shard until it has `count` records, or its end. */
export async function read(name, shard, count, type = 'TRIM_HORIZON', more = {}) {
  const records = [];
  let next = await iterator(name, shard, type, more);
  await eventually(`${count} records in ${shard} of ${name}`, async () => {
    const page = await call('GetRecords', { ShardIterator: next });
    records.push(...page.Records);
    next = page.NextShardIterator;
    return records.length >= count || !next;
  });
  return records;
}

/** The records of all shards of a stream, once there are `count`. */
export async function readAll(name, count) {
  return eventually(`${count} records in ${name}`, async () => {
    const records = [];
    for (const shard of await shardsOf(name)) records.push(...await read(name, shard.ShardId, 0));
    return records.length >= count && records;
  });
}

export const bytes = text => new TextEncoder().encode(text);
export const text = data => new TextDecoder().decode(data);

export const checks = [];

/** Registers a check of one or more subjects: operations, errors or behaviours. */
export const check = (subjects, name, run) => checks.push({ subjects: [subjects].flat(), name, run });

const report = (subject, name, result, detail) =>
  process.stdout.write(`${JSON.stringify({ client: settings.client, subject, check: name, result, detail })}\n`);

/** Runs all checks, each on streams of its own, so that one that fails takes no other with it. */
export async function runAll() {
  const waiting = [...checks];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      try {
        await next.run();
        for (const subject of next.subjects) report(subject, next.name, 'ok');
      } catch (error) {
        for (const subject of next.subjects) report(subject, next.name, 'failed', `${error.stack ?? error}`.slice(0, 1500));
      }
    }
  };
  await Promise.all([lane(), lane(), lane()]);
}
