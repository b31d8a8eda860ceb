// Records: put, read from every starting point, and what the newest SDK adds: DryRun, and records without a partition key.
import assert from 'node:assert/strict';
import { bytes, call, check, eventually, fails, iterator, newStream, read, readAll, shardsOf, streamArn, text } from './session.mjs';

const last = (1n << 128n) - 1n;

check(['PutRecord', 'GetRecords'], 'a record is read as it was put', async () => {
  const name = await newStream(2);
  const data = Uint8Array.from({ length: 256 }, (_, i) => i);
  const before = Date.now();
  const put = await call('PutRecord', { StreamName: name, PartitionKey: 'ключ', Data: data, ExplicitHashKey: last.toString() });
  assert.equal(put.ShardId, 'shardId-000000000001');
  assert.match(put.SequenceNumber, /^\d{56}$/);
  assert.equal(put.EncryptionType ?? 'NONE', 'NONE');
  const [record] = await read(name, put.ShardId, 1);
  assert.equal(record.SequenceNumber, put.SequenceNumber);
  assert.equal(record.PartitionKey, 'ключ');
  assert.deepEqual(Uint8Array.from(record.Data), data);
  assert.ok(record.ApproximateArrivalTimestamp.getTime() >= before - 2000 && record.ApproximateArrivalTimestamp.getTime() <= Date.now() + 2000,
    `arrived at ${record.ApproximateArrivalTimestamp.toISOString()}, put at ${new Date(before).toISOString()}`);
  const next = await call('PutRecord', {
    StreamARN: streamArn(name), PartitionKey: 'ключ', Data: new Uint8Array(0), ExplicitHashKey: last.toString(), SequenceNumberForOrdering: put.SequenceNumber,
  });
  assert.ok(BigInt(next.SequenceNumber) > BigInt(put.SequenceNumber));
});

check('PutRecords', 'as many results as records, in order', async () => {
  const name = await newStream(2);
  const Records = Array.from({ length: 50 }, (_, i) => ({
    PartitionKey: `k${i}`, Data: bytes(`record ${i}`), ...(i % 3 ? {} : { ExplicitHashKey: i % 2 ? '0' : last.toString() }),
  }));
  const answer = await call('PutRecords', { StreamName: name, Records });
  assert.equal(answer.FailedRecordCount, 0);
  assert.equal(answer.Records.length, Records.length);
  const found = new Map((await readAll(name, Records.length)).map(record => [record.SequenceNumber, record]));
  assert.equal(found.size, Records.length);
  answer.Records.forEach((result, i) => {
    assert.equal(result.ErrorCode, undefined);
    assert.equal(text(found.get(result.SequenceNumber).Data), `record ${i}`);
    if (i % 3 === 0) assert.equal(result.ShardId, i % 2 ? 'shardId-000000000000' : 'shardId-000000000001');
  });
});

check(['GetShardIterator', 'GetRecords'], 'every starting point is where it says', async () => {
  const name = await newStream(1);
  const [{ ShardId }] = await shardsOf(name);
  const latest = await iterator(name, ShardId, 'LATEST');
  const puts = [];
  for (let i = 0; i < 4; i++) puts.push(await call('PutRecord', { StreamName: name, PartitionKey: 'k', Data: bytes(`${i}`) }));
  const from = async (type, more) => (await read(name, ShardId, 1, type, more)).map(record => text(record.Data)).join('');
  assert.equal(await from('TRIM_HORIZON'), '0123');
  assert.equal(await from('AT_SEQUENCE_NUMBER', { StartingSequenceNumber: puts[1].SequenceNumber }), '123');
  assert.equal(await from('AFTER_SEQUENCE_NUMBER', { StartingSequenceNumber: puts[1].SequenceNumber }), '23');
  assert.equal(await from('AT_TIMESTAMP', { Timestamp: new Date(Date.now() - 3600_000) }), '0123');
  const page = await call('GetRecords', { ShardIterator: latest });
  assert.equal(page.Records.map(record => text(record.Data)).join(''), '0123');
  assert.equal(page.MillisBehindLatest, 0);
});

check('GetShardIterator', 'AT_TIMESTAMP begins at the millisecond of arrival', async () => {
  const name = await newStream(1);
  const [{ ShardId }] = await shardsOf(name);
  await call('PutRecord', { StreamName: name, PartitionKey: 'k', Data: bytes('early') });
  await new Promise(done => setTimeout(done, 30));
  await call('PutRecord', { StreamName: name, PartitionKey: 'k', Data: bytes('late') });
  const records = await read(name, ShardId, 2);
  const after = await read(name, ShardId, 1, 'AT_TIMESTAMP', { Timestamp: records[1].ApproximateArrivalTimestamp });
  assert.deepEqual(after.map(record => text(record.Data)), ['late']);
});

check('GetRecords', 'pages follow one another without gap or repeat', async () => {
  const name = await newStream(1);
  const [{ ShardId }] = await shardsOf(name);
  await call('PutRecords', { StreamName: name, Records: Array.from({ length: 25 }, (_, i) => ({ PartitionKey: 'k', Data: bytes(`${i}`) })) });
  const seen = [];
  let next = await iterator(name, ShardId);
  let behind;
  await eventually('25 records', async () => {
    const page = await call('GetRecords', { ShardIterator: next, Limit: 10 });
    assert.ok(page.Records.length <= 10);
    seen.push(...page.Records.map(record => Number(text(record.Data))));
    behind = page.MillisBehindLatest;
    next = page.NextShardIterator;
    assert.ok(next, 'an open shard always has a next iterator');
    return seen.length >= 25;
  });
  assert.deepEqual(seen, Array.from({ length: 25 }, (_, i) => i));
  assert.equal(behind, 0);
  assert.deepEqual((await call('GetRecords', { ShardIterator: next })).Records, []);
});

check('records without partition key', 'PutRecord and PutRecords take them', async () => {
  const name = await newStream();
  await call('PutRecord', { StreamName: name, Data: bytes('alone') });
  const answer = await call('PutRecords', { StreamName: name, Records: [{ Data: bytes('one') }, { Data: bytes('two'), PartitionKey: 'k' }] });
  assert.equal(answer.FailedRecordCount, 0);
  const records = await readAll(name, 3);
  const keys = new Map(records.map(record => [text(record.Data), record.PartitionKey]));
  assert.equal(keys.get('two'), 'k');
  assert.ok(!keys.get('one') && !keys.get('alone'), 'a key came back that was never put');
});

check('DryRun', 'what would succeed says so, and does nothing', async () => {
  const name = await newStream(1);
  const [{ ShardId }] = await shardsOf(name);
  const ShardIterator = await iterator(name, ShardId);
  await fails('DryRunOperationException', 'PutRecord', { StreamName: name, PartitionKey: 'k', Data: bytes('x'), DryRun: true });
  await fails('DryRunOperationException', 'PutRecords', { StreamName: name, Records: [{ PartitionKey: 'k', Data: bytes('x') }], DryRun: true });
  await fails('DryRunOperationException', 'GetShardIterator', { StreamName: name, ShardId, ShardIteratorType: 'LATEST', DryRun: true });
  await fails('DryRunOperationException', 'GetRecords', { ShardIterator, DryRun: true });
  assert.deepEqual((await call('GetRecords', { ShardIterator })).Records, []);
  await fails('ResourceNotFoundException', 'PutRecord', { StreamName: 'none-such', PartitionKey: 'k', Data: bytes('x'), DryRun: true });
});
