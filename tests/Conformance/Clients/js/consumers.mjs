// Registered consumers, and SubscribeToShard live.
import assert from 'node:assert/strict';
import { active, bytes, call, check, connect, eventually, fails, newStream, settings, shardsOf, streamArn, text } from './session.mjs';

const registered = async (stream, name) => {
  const { Consumer } = await call('RegisterStreamConsumer', { StreamARN: streamArn(stream), ConsumerName: name });
  await eventually(`${name} ACTIVE`, async () =>
    (await call('DescribeStreamConsumer', { ConsumerARN: Consumer.ConsumerARN })).ConsumerDescription.ConsumerStatus === 'ACTIVE');
  return Consumer.ConsumerARN;
};

check(['RegisterStreamConsumer', 'DescribeStreamConsumer', 'ListStreamConsumers', 'DeregisterStreamConsumer'], 'consumers come, are told, and go', async () => {
  const name = await newStream(1);
  const answer = await call('RegisterStreamConsumer', { StreamARN: streamArn(name), ConsumerName: 'one' });
  assert.equal(answer.Consumer.ConsumerName, 'one');
  assert.match(answer.Consumer.ConsumerARN, new RegExp(`^${streamArn(name)}/consumer/one:\\d+$`));
  assert.ok(Math.abs(answer.Consumer.ConsumerCreationTimestamp.getTime() - Date.now()) < 60_000);
  const arn = await registered(name, 'two');
  await fails('ResourceInUseException', 'RegisterStreamConsumer', { StreamARN: streamArn(name), ConsumerName: 'two' });
  const byName = await call('DescribeStreamConsumer', { StreamARN: streamArn(name), ConsumerName: 'two' });
  assert.equal(byName.ConsumerDescription.ConsumerARN, arn);
  assert.equal(byName.ConsumerDescription.StreamARN, streamArn(name));
  const first = await call('ListStreamConsumers', { StreamARN: streamArn(name), MaxResults: 1 });
  const rest = await call('ListStreamConsumers', { StreamARN: streamArn(name), NextToken: first.NextToken });
  assert.deepEqual([...first.Consumers, ...rest.Consumers].map(consumer => consumer.ConsumerName), ['one', 'two']);
  await call('DeregisterStreamConsumer', { ConsumerARN: arn });
  await call('DeregisterStreamConsumer', { StreamARN: streamArn(name), ConsumerName: 'one' });
  await eventually('no consumers', async () => (await call('ListStreamConsumers', { StreamARN: streamArn(name) })).Consumers.length === 0);
  await fails('ResourceNotFoundException', 'DescribeStreamConsumer', { ConsumerARN: arn });
});

check(['TagResource', 'UntagResource', 'ListTagsForResource'], 'a consumer is tagged by its ARN', async () => {
  const name = await newStream(1);
  const { Consumer } = await call('RegisterStreamConsumer', { StreamARN: streamArn(name), ConsumerName: 'c', Tags: { born: 'so' } });
  const tags = async () => (await call('ListTagsForResource', { ResourceARN: Consumer.ConsumerARN })).Tags;
  assert.deepEqual(await tags(), [{ Key: 'born', Value: 'so' }]);
  await call('TagResource', { ResourceARN: Consumer.ConsumerARN, Tags: { more: '1' } });
  assert.equal((await tags()).length, 2);
  await call('UntagResource', { ResourceARN: Consumer.ConsumerARN, TagKeys: ['born'] });
  assert.deepEqual(await tags(), [{ Key: 'more', Value: '1' }]);
  assert.deepEqual((await call('ListTagsForResource', { ResourceARN: streamArn(name) })).Tags, []);
});

/** Takes events until `done` says so, and ends the subscription. */
async function take(stream, done) {
  for await (const event of stream) {
    const fault = Object.keys(event).find(key => key !== 'SubscribeToShardEvent');
    if (fault) throw event[fault];
    if (done(event.SubscribeToShardEvent)) return;
  }
}

check('SubscribeToShard', 'records are pushed as they are put', async () => {
  const name = await newStream(1);
  const [{ ShardId }] = await shardsOf(name);
  const ConsumerARN = await registered(name, 'c');
  await call('PutRecord', { StreamName: name, PartitionKey: 'k', Data: bytes('0') });
  const { EventStream } = await call('SubscribeToShard', { ConsumerARN, ShardId, StartingPosition: { Type: 'TRIM_HORIZON' } });
  const seen = [];
  let continuation;
  await take(EventStream, event => {
    seen.push(...event.Records.map(record => text(record.Data)));
    continuation = event.ContinuationSequenceNumber;
    assert.match(continuation, /^\d{56}$/);
    assert.equal(typeof event.MillisBehindLatest, 'number');
    if (seen.length < 4 && event.Records.length) {
      call('PutRecord', { StreamName: name, PartitionKey: 'k', Data: bytes(`${seen.length}`) });
    }
    return seen.length >= 4;
  });
  assert.deepEqual(seen, ['0', '1', '2', '3']);
  await call('PutRecord', { StreamName: name, PartitionKey: 'k', Data: bytes('4') });
  const again = await registered(name, 'd');
  const rest = [];
  const second = await call('SubscribeToShard', {
    ConsumerARN: again, ShardId, StartingPosition: { Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: continuation },
  });
  await take(second.EventStream, event => {
    rest.push(...event.Records.map(record => text(record.Data)));
    return rest.length > 0;
  });
  assert.deepEqual(rest, ['4']);
});

check('SubscribeToShard', 'an idle subscription tells that it lives, and the same again is in use', async () => {
  const name = await newStream(1);
  const [{ ShardId }] = await shardsOf(name);
  const ConsumerARN = await registered(name, 'c');
  const began = Date.now();
  const { EventStream } = await call('SubscribeToShard', { ConsumerARN, ShardId, StartingPosition: { Type: 'LATEST' } });
  await fails('ResourceInUseException', 'SubscribeToShard', { ConsumerARN, ShardId, StartingPosition: { Type: 'LATEST' } });
  let events = 0;
  await take(EventStream, event => {
    assert.deepEqual(event.Records, []);
    return ++events === 2;
  });
  assert.ok(Date.now() - began < 12_000, `two heartbeats took ${Date.now() - began} ms`);
});

check('SubscribeToShard', 'the end of a shard names its children', async () => {
  const name = await newStream(1);
  const [parent] = await shardsOf(name);
  const ConsumerARN = await registered(name, 'c');
  await call('PutRecord', { StreamName: name, PartitionKey: 'k', Data: bytes('0') });
  const { EventStream } = await call('SubscribeToShard', { ConsumerARN, ShardId: parent.ShardId, StartingPosition: { Type: 'TRIM_HORIZON' } });
  await call('SplitShard', { StreamName: name, ShardToSplit: parent.ShardId, NewStartingHashKey: (1n << 127n).toString() });
  await active(name);
  let children;
  await take(EventStream, event => {
    children = event.ChildShards ?? [];
    if (children.length) assert.equal(event.ContinuationSequenceNumber, undefined);
    return children.length > 0;
  });
  assert.deepEqual(children.map(child => child.ShardId), ['shardId-000000000001', 'shardId-000000000002']);
  for (const child of children) assert.deepEqual(child.ParentShards, [parent.ShardId]);
});

check('SubscribeToShard', 'a later subscription takes over, and a consumer that goes ends its own', async () => {
  const client = connect(settings.impatient);
  const name = `${settings.client}-turns`;
  await call('CreateStream', { StreamName: name, ShardCount: 1 }, client);
  await eventually(`${name} ACTIVE`, async () =>
    (await call('DescribeStreamSummary', { StreamName: name }, client)).StreamDescriptionSummary.StreamStatus === 'ACTIVE');
  const { Consumer: { ConsumerARN } } = await call('RegisterStreamConsumer', { StreamARN: streamArn(name), ConsumerName: 'c' }, client);
  await eventually('the consumer ACTIVE', async () =>
    (await call('DescribeStreamConsumer', { ConsumerARN }, client)).ConsumerDescription.ConsumerStatus === 'ACTIVE');
  const subscribe = () => call('SubscribeToShard', { ConsumerARN, ShardId: 'shardId-000000000000', StartingPosition: { Type: 'LATEST' } }, client);
  const outcome = ({ EventStream }) => take(EventStream, () => false).then(() => 'ended', error => error.name);
  const first = outcome(await subscribe());
  const second = outcome(await eventually('the takeover', () => subscribe().catch(error => {
    assert.equal(error.name, 'ResourceInUseException');
  })));
  assert.equal(await first, 'ResourceInUseException');
  await call('DeregisterStreamConsumer', { ConsumerARN }, client);
  assert.equal(await second, 'ResourceNotFoundException');
});

check('DryRun', 'SubscribeToShard would succeed', async () => {
  const name = await newStream(1);
  const [{ ShardId }] = await shardsOf(name);
  const ConsumerARN = await registered(name, 'c');
  await fails('DryRunOperationException', 'SubscribeToShard', { ConsumerARN, ShardId, StartingPosition: { Type: 'LATEST' }, DryRun: true });
});
