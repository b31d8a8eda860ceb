// Streams: made, described, listed, tagged, deleted.
import * as sdk from '@aws-sdk/client-kinesis';
import assert from 'node:assert/strict';
import { accountId, active, call, check, connect, fails, newName, newStream, shardsOf, streamArn, summary } from './session.mjs';

check(['CreateStream', 'DescribeStreamSummary'], 'a stream is as it was asked for', async () => {
  const name = newName();
  const before = Date.now();
  await call('CreateStream', { StreamName: name, ShardCount: 2, Tags: { team: 'blue' }, MaxRecordSizeInKiB: 2048 });
  await sdk.waitUntilStreamExists({ client: connect(), maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { StreamName: name });
  const found = await summary(name);
  assert.equal(found.StreamName, name);
  assert.equal(found.StreamARN, streamArn(name));
  assert.equal(found.StreamStatus, 'ACTIVE');
  assert.equal(found.StreamModeDetails.StreamMode, 'PROVISIONED');
  assert.equal(found.OpenShardCount, 2);
  assert.equal(found.ConsumerCount, 0);
  assert.equal(found.RetentionPeriodHours, 24);
  assert.equal(found.EncryptionType, 'NONE');
  assert.equal(found.MaxRecordSizeInKiB, 2048);
  assert.ok(Math.abs(found.StreamCreationTimestamp.getTime() - before) < 60_000, `created at ${found.StreamCreationTimestamp}`);
  const tags = await call('ListTagsForStream', { StreamName: name });
  assert.deepEqual(tags.Tags, [{ Key: 'team', Value: 'blue' }]);
});

check(['CreateStream', 'DescribeStreamSummary'], 'a new ON_DEMAND stream has four shards', async () => {
  const found = await summary(await newStream());
  assert.equal(found.StreamModeDetails.StreamMode, 'ON_DEMAND');
  assert.equal(found.OpenShardCount, 4);
});

check('DescribeStream', 'shards cover the hash keys, and come in pages', async () => {
  const name = await newStream(3);
  const all = (await call('DescribeStream', { StreamName: name })).StreamDescription;
  assert.equal(all.HasMoreShards, false);
  assert.equal(all.StreamARN, streamArn(name));
  assert.deepEqual(all.Shards.map(shard => shard.ShardId), ['shardId-000000000000', 'shardId-000000000001', 'shardId-000000000002']);
  let next = 0n;
  for (const shard of all.Shards) {
    assert.equal(BigInt(shard.HashKeyRange.StartingHashKey), next);
    next = BigInt(shard.HashKeyRange.EndingHashKey) + 1n;
    assert.match(shard.SequenceNumberRange.StartingSequenceNumber, /^\d{56}$/);
    assert.equal(shard.SequenceNumberRange.EndingSequenceNumber, undefined);
  }
  assert.equal(next, 1n << 128n);
  const first = (await call('DescribeStream', { StreamARN: streamArn(name), Limit: 2 })).StreamDescription;
  assert.equal(first.HasMoreShards, true);
  const rest = (await call('DescribeStream', { StreamName: name, ExclusiveStartShardId: first.Shards[1].ShardId })).StreamDescription;
  assert.deepEqual([...first.Shards, ...rest.Shards], all.Shards);
});

check('ListStreams', 'every stream is listed once, over pages', async () => {
  const made = [await newStream(1), await newStream(1)];
  const names = [], summaries = [];
  for (let page, token; !page || page.HasMoreStreams; token = page.NextToken) {
    page = await call('ListStreams', token ? { Limit: 3, NextToken: token } : { Limit: 3 });
    names.push(...page.StreamNames);
    summaries.push(...page.StreamSummaries);
  }
  assert.equal(new Set(names).size, names.length);
  for (const name of made) {
    assert.ok(names.includes(name), `${name} is not listed`);
    assert.equal(summaries.find(found => found.StreamName === name).StreamARN, streamArn(name));
  }
  const after = await call('ListStreams', { ExclusiveStartStreamName: made[0], Limit: 1 });
  assert.ok(after.StreamNames[0] > made[0]);
});

check('ListShards', 'shards come in pages and by filter', async () => {
  const name = await newStream(3);
  const all = await shardsOf(name);
  const first = await call('ListShards', { StreamARN: streamArn(name), MaxResults: 1 });
  assert.ok(first.NextToken);
  const rest = await call('ListShards', { NextToken: first.NextToken });
  assert.deepEqual([...first.Shards, ...rest.Shards], all);
  assert.equal(rest.NextToken, undefined);
  assert.deepEqual((await call('ListShards', { StreamName: name, ExclusiveStartShardId: all[1].ShardId })).Shards, [all[2]]);
  const filters = [
    { Type: 'AT_LATEST' }, { Type: 'AT_TRIM_HORIZON' }, { Type: 'FROM_TRIM_HORIZON' },
    { Type: 'AT_TIMESTAMP', Timestamp: new Date() }, { Type: 'FROM_TIMESTAMP', Timestamp: new Date() },
  ];
  for (const ShardFilter of filters) assert.equal((await call('ListShards', { StreamName: name, ShardFilter })).Shards.length, 3, ShardFilter.Type);
  const after = await call('ListShards', { StreamName: name, ShardFilter: { Type: 'AFTER_SHARD_ID', ShardId: all[0].ShardId } });
  assert.deepEqual(after.Shards, all.slice(1));
});

check(['AddTagsToStream', 'RemoveTagsFromStream', 'ListTagsForStream'], 'tags come and go', async () => {
  const name = await newStream(1);
  await call('AddTagsToStream', { StreamName: name, Tags: { a: '1', b: '2', c: '' } });
  await call('AddTagsToStream', { StreamARN: streamArn(name), Tags: { b: 'two' } });
  const first = await call('ListTagsForStream', { StreamName: name, Limit: 2 });
  assert.deepEqual(first.Tags, [{ Key: 'a', Value: '1' }, { Key: 'b', Value: 'two' }]);
  assert.equal(first.HasMoreTags, true);
  const rest = await call('ListTagsForStream', { StreamARN: streamArn(name), ExclusiveStartTagKey: 'b' });
  assert.deepEqual(rest.Tags.map(tag => tag.Key), ['c']);
  assert.equal(rest.HasMoreTags, false);
  await call('RemoveTagsFromStream', { StreamName: name, TagKeys: ['a', 'c', 'none'] });
  assert.deepEqual((await call('ListTagsForStream', { StreamName: name })).Tags, [{ Key: 'b', Value: 'two' }]);
});

check(['TagResource', 'UntagResource', 'ListTagsForResource'], 'a stream is tagged by its ARN', async () => {
  const name = await newStream(1);
  await call('TagResource', { ResourceARN: streamArn(name), Tags: { owner: 'me', cost: '7' } });
  const tags = async () => (await call('ListTagsForResource', { ResourceARN: streamArn(name) })).Tags.sort((a, b) => a.Key < b.Key ? -1 : 1);
  assert.deepEqual(await tags(), [{ Key: 'cost', Value: '7' }, { Key: 'owner', Value: 'me' }]);
  assert.equal((await call('ListTagsForStream', { StreamName: name })).Tags.length, 2);
  await call('UntagResource', { ResourceARN: streamArn(name), TagKeys: ['cost'] });
  assert.deepEqual(await tags(), [{ Key: 'owner', Value: 'me' }]);
});

check('DeleteStream', 'a deleted stream is gone, and its name is free', async () => {
  const name = await newStream(1);
  await call('PutRecord', { StreamName: name, PartitionKey: 'k', Data: new Uint8Array([1]) });
  await call('DeleteStream', { StreamARN: streamArn(name) });
  await sdk.waitUntilStreamNotExists({ client: connect(), maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { StreamName: name });
  const gone = await fails('ResourceNotFoundException', 'DescribeStreamSummary', { StreamName: name });
  assert.equal(gone.message, `Stream ${name} under account ${accountId} not found.`);
  await call('CreateStream', { StreamName: name, ShardCount: 1 });
  await active(name);
  const [shard] = await shardsOf(name);
  const { ShardIterator } = await call('GetShardIterator', { StreamName: name, ShardId: shard.ShardId, ShardIteratorType: 'TRIM_HORIZON' });
  assert.deepEqual((await call('GetRecords', { ShardIterator })).Records, []);
});

check('DeleteStream', 'a stream with consumers goes only when that is said', async () => {
  const name = await newStream(1);
  await call('RegisterStreamConsumer', { StreamARN: streamArn(name), ConsumerName: 'c' });
  await fails('ResourceInUseException', 'DeleteStream', { StreamName: name });
  await call('DeleteStream', { StreamName: name, EnforceConsumerDeletion: true });
  await sdk.waitUntilStreamNotExists({ client: connect(), maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { StreamName: name });
});

check('names and ARNs', 'a stream is found by its ARN alone, and not by one of another account, region or name', async () => {
  const name = await newStream(1);
  assert.equal((await call('DescribeStreamSummary', { StreamARN: streamArn(name) })).StreamDescriptionSummary.StreamName, name);
  const put = await call('PutRecord', { StreamARN: streamArn(name), PartitionKey: 'k', Data: new Uint8Array([7]) });
  const found = await call('GetShardIterator', { StreamARN: streamArn(name), ShardId: put.ShardId, ShardIteratorType: 'TRIM_HORIZON' });
  const page = await call('GetRecords', { StreamARN: streamArn(name), ShardIterator: found.ShardIterator });
  assert.equal(page.Records[0].SequenceNumber, put.SequenceNumber);
  await fails('ResourceNotFoundException', 'DescribeStreamSummary', { StreamARN: streamArn('none-such') });
});
