// Splitting, merging and scaling, the modes of a stream, and a reader that lives through them.
import assert from 'node:assert/strict';
import { active, bytes, call, check, eventually, iterator, newStream, read, shardsOf, streamArn, summary, text } from './session.mjs';

const middle = shard => ((BigInt(shard.HashKeyRange.StartingHashKey) + BigInt(shard.HashKeyRange.EndingHashKey)) / 2n).toString();
const open = async name => (await shardsOf(name)).filter(shard => shard.SequenceNumberRange.EndingSequenceNumber === undefined);

check('SplitShard', 'two children take the parent\'s hash keys', async () => {
  const name = await newStream(1);
  const [parent] = await shardsOf(name);
  const at = middle(parent);
  await call('SplitShard', { StreamName: name, ShardToSplit: parent.ShardId, NewStartingHashKey: at });
  await active(name);
  const [closed, low, high] = await shardsOf(name);
  assert.match(closed.SequenceNumberRange.EndingSequenceNumber, /^\d{56}$/);
  assert.equal(low.ParentShardId, parent.ShardId);
  assert.equal(high.ParentShardId, parent.ShardId);
  assert.equal(BigInt(low.HashKeyRange.EndingHashKey), BigInt(at) - 1n);
  assert.equal(high.HashKeyRange.StartingHashKey, at);
  assert.ok(BigInt(low.SequenceNumberRange.StartingSequenceNumber) > BigInt(closed.SequenceNumberRange.EndingSequenceNumber));
  assert.deepEqual((await shardsOf(name, 'AT_LATEST')).map(shard => shard.ShardId), [low.ShardId, high.ShardId]);
});

check('MergeShards', 'one child takes both parents\' hash keys', async () => {
  const name = await newStream(2);
  const [left, right] = await shardsOf(name);
  await call('MergeShards', { StreamARN: streamArn(name), ShardToMerge: left.ShardId, AdjacentShardToMerge: right.ShardId });
  await active(name);
  const [child] = await open(name);
  assert.equal(child.ParentShardId, left.ShardId);
  assert.equal(child.AdjacentParentShardId, right.ShardId);
  assert.equal(child.HashKeyRange.StartingHashKey, '0');
  assert.equal(BigInt(child.HashKeyRange.EndingHashKey), (1n << 128n) - 1n);
  assert.equal((await summary(name)).OpenShardCount, 1);
});

check('UpdateShardCount', 'the stream has so many open shards', async () => {
  const name = await newStream(2);
  const answer = await call('UpdateShardCount', { StreamName: name, TargetShardCount: 4, ScalingType: 'UNIFORM_SCALING' });
  assert.equal(answer.StreamName, name);
  assert.equal(answer.CurrentShardCount, 2);
  assert.equal(answer.TargetShardCount, 4);
  assert.equal((await active(name)).OpenShardCount, 4);
  await call('UpdateShardCount', { StreamARN: streamArn(name), TargetShardCount: 2, ScalingType: 'UNIFORM_SCALING' });
  assert.equal((await active(name)).OpenShardCount, 2);
});

check('UpdateStreamMode', 'the mode changes and changes back', async () => {
  const name = await newStream(1);
  await call('UpdateStreamMode', { StreamARN: streamArn(name), StreamModeDetails: { StreamMode: 'ON_DEMAND' } });
  assert.equal((await active(name)).StreamModeDetails.StreamMode, 'ON_DEMAND');
  await call('UpdateStreamMode', { StreamARN: streamArn(name), StreamModeDetails: { StreamMode: 'PROVISIONED' } });
  assert.equal((await active(name)).StreamModeDetails.StreamMode, 'PROVISIONED');
});

check(['UpdateStreamWarmThroughput'], 'warm throughput is kept and told', async () => {
  const name = await newStream();
  const answer = await call('UpdateStreamWarmThroughput', { StreamName: name, WarmThroughputMiBps: 8 });
  assert.equal(answer.StreamName, name);
  assert.equal(answer.WarmThroughput.TargetMiBps, 8);
  const found = await eventually('8 MiB/s', async () => {
    const now = await active(name);
    return now.WarmThroughput?.CurrentMiBps === 8 && now;
  });
  assert.equal(found.WarmThroughput.TargetMiBps, 8);
});

check('UpdateStreamRecordDistributionStrategy', 'AUTO spreads the records of one key', async () => {
  const name = await newStream();
  await call('UpdateStreamRecordDistributionStrategy', { StreamARN: streamArn(name), RecordDistributionStrategy: 'AUTO' });
  assert.equal((await active(name)).RecordDistributionStrategy, 'AUTO');
  const used = await eventually('AUTO in effect', async () => {
    const answer = await call('PutRecords', {
      StreamName: name, Records: Array.from({ length: 64 }, (_, i) => ({ PartitionKey: 'same', Data: bytes(`${i}`) })),
    });
    const shards = new Set(answer.Records.map(result => result.ShardId));
    return shards.size > 1 && shards;
  });
  assert.ok(used.size >= 3, `64 records of one key went to ${used.size} of 4 shards`);
  await call('UpdateStreamRecordDistributionStrategy', { StreamARN: streamArn(name), RecordDistributionStrategy: 'USER_PARTITION_KEY' });
  assert.equal((await active(name)).RecordDistributionStrategy, 'USER_PARTITION_KEY');
});

check('resharding under a reader', 'a reader follows parents to children and misses nothing', async () => {
  const name = await newStream(1);
  const [parent] = await shardsOf(name);
  const put = async (from, to) => {
    for (let i = from; i < to; i++) await call('PutRecord', { StreamName: name, PartitionKey: `k${i}`, Data: bytes(`${i}`) });
  };
  await put(0, 20);
  const writer = put(20, 80);
  await call('SplitShard', { StreamName: name, ShardToSplit: parent.ShardId, NewStartingHashKey: middle(parent) });
  const seen = [];
  const follow = async shard => {
    let next = await iterator(name, shard), page;
    while (next && seen.length < 80) {
      page = await call('GetRecords', { ShardIterator: next });
      seen.push(...page.Records.map(record => Number(text(record.Data))));
      next = page.NextShardIterator;
      if (next && !page.Records.length) await new Promise(done => setTimeout(done, 20));
    }
    if (next) return;
    assert.equal(page.ChildShards.length, 2, 'the end of a split shard names its children');
    for (const child of page.ChildShards) assert.deepEqual(child.ParentShards, [shard]);
    await Promise.all(page.ChildShards.map(child => follow(child.ShardId)));
  };
  await Promise.all([writer, follow(parent.ShardId)]);
  assert.deepEqual(seen.sort((a, b) => a - b), Array.from({ length: 80 }, (_, i) => i));
  assert.equal((await read(name, parent.ShardId, 0)).length > 0, true);
});
