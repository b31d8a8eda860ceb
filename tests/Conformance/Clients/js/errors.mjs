// Every error class that the SDK maps. Brokers beside the main one: `impatient`, whose iterators and tokens last a moment, and `locked`,
// which verifies signatures and has a caller (`guest`) that may only list.
import assert from 'node:assert/strict';
import { accountId, bytes, call, check, connect, eventually, fails, iterator, newStream, settings, shardsOf, streamArn } from './session.mjs';

const middle = (1n << 127n).toString();

check('ResourceNotFoundException', 'streams, shards and consumers that are not there', async () => {
  const name = await newStream(1);
  const message = new RegExp(`^Stream none-such under account ${accountId} not found.$`);
  await fails('ResourceNotFoundException', 'PutRecord', { StreamName: 'none-such', PartitionKey: 'k', Data: bytes('x') }, { message });
  await fails('ResourceNotFoundException', 'ListShards', { StreamName: 'none-such' });
  await fails('ResourceNotFoundException', 'DeleteStream', { StreamName: 'none-such' }, { message });
  await fails('ResourceNotFoundException', 'GetShardIterator', { StreamName: name, ShardId: 'shardId-000000000009', ShardIteratorType: 'LATEST' });
  await fails('ResourceNotFoundException', 'DescribeStreamConsumer', { StreamARN: streamArn(name), ConsumerName: 'none-such' });
});

check('ResourceInUseException', 'a name that is taken', async () => {
  const name = await newStream(1);
  await fails('ResourceInUseException', 'CreateStream', { StreamName: name, ShardCount: 1 },
    { message: new RegExp(`^Stream ${name} under account ${accountId} already exists.$`) });
});

check('LimitExceededException', 'more shards than an account may have, or than scaling may double', async () => {
  await fails('LimitExceededException', 'CreateStream', { StreamName: 'too-large', ShardCount: 50_000 });
  const name = await newStream(1);
  await fails('LimitExceededException', 'UpdateShardCount', { StreamName: name, TargetShardCount: 5, ScalingType: 'UNIFORM_SCALING' });
});

check('InvalidArgumentException', 'arguments that contradict the stream', async () => {
  const name = await newStream(2);
  const other = await newStream(1);
  await fails('InvalidArgumentException', 'DecreaseStreamRetentionPeriod', { StreamName: name, RetentionPeriodHours: 12 });
  await fails('InvalidArgumentException', 'PutRecord', {
    StreamName: name, PartitionKey: 'k', Data: bytes('x'), ExplicitHashKey: (1n << 128n).toString(),
  }, { message: /^Invalid ExplicitHashKey. ExplicitHashKey must be in the range: \[0, 2\^128-1\]. Specified value was 340282366920938463463374607431768211456$/ });
  await fails('InvalidArgumentException', 'SplitShard', { StreamName: name, ShardToSplit: 'shardId-000000000001', NewStartingHashKey: '1' });
  await fails('InvalidArgumentException', 'GetRecords', { ShardIterator: 'AAAA' });
  const put = await call('PutRecord', { StreamName: other, PartitionKey: 'k', Data: bytes('x') });
  await fails('InvalidArgumentException', 'GetShardIterator', {
    StreamName: name, ShardId: 'shardId-000000000001', ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: put.SequenceNumber,
  });
  await fails('InvalidArgumentException', 'ListShards', {});
});

check('ValidationException', 'what the model forbids, and what an ON_DEMAND stream does not take', async () => {
  await fails('ValidationException', 'PutRecord', { StreamName: '!', PartitionKey: '', Data: bytes('x') }, {
    message: /^\d validation errors detected: Value .* failed to satisfy constraint: Member must .*; Value .*/,
  });
  const name = await newStream();
  await fails('ValidationException', 'SplitShard', { StreamName: name, ShardToSplit: 'shardId-000000000000', NewStartingHashKey: '1000' });
});

check('ProvisionedThroughputExceededException', 'a shard takes a mebibyte a second', async () => {
  const name = await newStream(1);
  const impatient = connect(settings.endpoint, settings.accessKeyId, settings.secretAccessKey, { maxAttempts: 1 });
  const put = () => call('PutRecord', { StreamName: name, PartitionKey: 'k', Data: new Uint8Array(1024 * 1024 - 1) }, impatient);
  const errors = (await Promise.all(Array.from({ length: 8 }, () => put().then(() => null, error => error)))).filter(Boolean);
  assert.ok(errors.length > 0, '8 MiB at once went into one shard');
  for (const error of errors) {
    assert.equal(error.name, 'ProvisionedThroughputExceededException');
    assert.equal(error.message, `Rate exceeded for shard shardId-000000000000 in stream ${name} under account ${accountId}.`);
  }
  const answer = await call('PutRecords', {
    StreamName: name, Records: Array.from({ length: 4 }, () => ({ PartitionKey: 'k', Data: new Uint8Array(1000 * 1024) })),
  }, impatient);
  const refused = answer.Records.filter(result => result.ErrorCode);
  assert.ok(refused.length > 0);
  assert.equal(answer.FailedRecordCount, refused.length);
  for (const result of refused) assert.equal(result.ErrorCode, 'ProvisionedThroughputExceededException');
});

check(['ExpiredIteratorException', 'ExpiredNextTokenException'], 'iterators and tokens that are too old', async () => {
  const client = connect(settings.impatient);
  const name = `${settings.client}-old`;
  await call('CreateStream', { StreamName: name, ShardCount: 2 }, client);
  await eventually(`${name} ACTIVE`, async () =>
    (await call('DescribeStreamSummary', { StreamName: name }, client)).StreamDescriptionSummary.StreamStatus === 'ACTIVE');
  const { ShardIterator } = await call('GetShardIterator', { StreamName: name, ShardId: 'shardId-000000000000', ShardIteratorType: 'LATEST' }, client);
  const { NextToken } = await call('ListShards', { StreamName: name, MaxResults: 1 }, client);
  await new Promise(done => setTimeout(done, 400));
  await fails('ExpiredIteratorException', 'GetRecords', { ShardIterator }, { client, message: /^Iterator expired\. / });
  await fails('ExpiredNextTokenException', 'ListShards', { NextToken }, { client });
});

check('UnknownOperationException', 'an operation that the broker does not have', async () => {
  await fails('UnknownOperationException', 'ListChannels', {});
});

check('KMSNotFoundException', 'a key that is not there', async () => {
  const name = await newStream(1);
  await fails('KMSNotFoundException', 'StartStreamEncryption', { StreamName: name, EncryptionType: 'KMS', KeyId: 'alias/none-such' });
});

for (const [error, KeyId] of Object.entries(settings.keys ?? {})) {
  check(error, 'a key in that state', async () => {
    const name = await newStream(1);
    await fails(error, 'StartStreamEncryption', { StreamName: name, EncryptionType: 'KMS', KeyId });
  });
}

if (settings.locked) {
  check('UnrecognizedClientException', 'an access key that nobody has', async () => {
    await fails('UnrecognizedClientException', 'ListStreams', {}, { client: connect(settings.locked, 'AKIANOBODY', 'secret') });
  });

  check('InvalidSignatureException', 'a wrong secret', async () => {
    const client = connect(settings.locked, settings.accessKeyId, `${settings.secretAccessKey}x`);
    await fails('InvalidSignatureException', 'ListStreams', {}, { client, message: /^The request signature we calculated does not match / });
  });

  check('AccessDeniedException', 'a caller without the permission', async () => {
    const guest = connect(settings.locked, settings.guest.accessKeyId, settings.guest.secretAccessKey);
    await call('ListStreams', {}, guest);
    await fails('AccessDeniedException', 'CreateStream', { StreamName: `${settings.client}-forbidden`, ShardCount: 1 },
      { client: guest, message: /^User: \S+ is not authorized to perform: kinesis:CreateStream on resource: \S+/ });
  });

  check('signatures', 'a signed call is taken, whatever its characters', async () => {
    const client = connect(settings.locked);
    const name = `${settings.client}-signed`;
    await call('CreateStream', { StreamName: name, ShardCount: 1 }, client);
    await eventually('ACTIVE', async () =>
      (await call('DescribeStreamSummary', { StreamName: name }, client)).StreamDescriptionSummary.StreamStatus === 'ACTIVE');
    const put = await call('PutRecord', { StreamName: name, PartitionKey: 'ключ 🗝 +/=&', Data: bytes('x') }, client);
    const { ShardIterator } = await call('GetShardIterator', { StreamName: name, ShardId: put.ShardId, ShardIteratorType: 'TRIM_HORIZON' }, client);
    assert.equal((await call('GetRecords', { ShardIterator }, client)).Records[0].PartitionKey, 'ключ 🗝 +/=&');
  });
}

check('SerializationException', 'a member of the wrong type', async () => {
  // The SDK writes what it is given: a number where the model has a string.
  const error = await call('DescribeStream', { StreamName: 17 }).catch(error => error);
  assert.equal(error.name, 'SerializationException', `${error.name}: ${error.message}`);
});

check('GetShardIterator', 'an iterator of a closed shard still works', async () => {
  const name = await newStream(1);
  const put = await call('PutRecord', { StreamName: name, PartitionKey: 'k', Data: bytes('x') });
  await call('SplitShard', { StreamName: name, ShardToSplit: put.ShardId, NewStartingHashKey: middle });
  await eventually('three shards', async () => (await shardsOf(name)).length === 3);
  const page = await call('GetRecords', { ShardIterator: await iterator(name, put.ShardId) });
  assert.equal(page.Records.length, 1);
});
