// What is set on a stream or the account: retention, monitoring, encryption, record size, policies, commitments.
import assert from 'node:assert/strict';
import { active, bytes, call, check, eventually, fails, newStream, read, shardsOf, streamArn, summary } from './session.mjs';

check(['IncreaseStreamRetentionPeriod', 'DecreaseStreamRetentionPeriod'], 'retention rises and falls', async () => {
  const name = await newStream(1);
  await call('IncreaseStreamRetentionPeriod', { StreamName: name, RetentionPeriodHours: 48 });
  assert.equal((await active(name)).RetentionPeriodHours, 48);
  await call('DecreaseStreamRetentionPeriod', { StreamARN: streamArn(name), RetentionPeriodHours: 25 });
  assert.equal((await active(name)).RetentionPeriodHours, 25);
});

check(['EnableEnhancedMonitoring', 'DisableEnhancedMonitoring'], 'shard-level metrics are switched', async () => {
  const name = await newStream(1);
  const told = async () => (await active(name)).EnhancedMonitoring[0].ShardLevelMetrics?.slice().sort() ?? [];
  const on = await call('EnableEnhancedMonitoring', { StreamName: name, ShardLevelMetrics: ['IncomingBytes', 'OutgoingRecords'] });
  assert.equal(on.StreamName, name);
  assert.deepEqual(on.CurrentShardLevelMetrics ?? [], []);
  assert.deepEqual([...on.DesiredShardLevelMetrics].sort(), ['IncomingBytes', 'OutgoingRecords']);
  assert.deepEqual(await told(), ['IncomingBytes', 'OutgoingRecords']);
  const off = await call('DisableEnhancedMonitoring', { StreamARN: streamArn(name), ShardLevelMetrics: ['IncomingBytes'] });
  assert.deepEqual(off.DesiredShardLevelMetrics, ['OutgoingRecords']);
  assert.deepEqual(await told(), ['OutgoingRecords']);
  await call('EnableEnhancedMonitoring', { StreamName: name, ShardLevelMetrics: ['ALL'] });
  assert.ok((await told()).length >= 7);
  await call('DisableEnhancedMonitoring', { StreamName: name, ShardLevelMetrics: ['ALL'] });
  assert.deepEqual(await told(), []);
});

check(['StartStreamEncryption', 'StopStreamEncryption'], 'records are encrypted from start to stop, and readable after', async () => {
  const name = await newStream(1);
  const [{ ShardId }] = await shardsOf(name);
  await call('PutRecord', { StreamName: name, PartitionKey: 'k', Data: bytes('plain') });
  await call('StartStreamEncryption', { StreamName: name, EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' });
  const on = await active(name);
  assert.equal(on.EncryptionType, 'KMS');
  assert.equal(on.KeyId, 'alias/aws/kinesis');
  await eventually('a put that is encrypted', async () =>
    (await call('PutRecord', { StreamName: name, PartitionKey: 'k', Data: bytes('secret') })).EncryptionType === 'KMS');
  await call('StopStreamEncryption', { StreamARN: streamArn(name), EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' });
  assert.equal((await active(name)).EncryptionType, 'NONE');
  const records = await read(name, ShardId, 2);
  assert.equal(records[0].EncryptionType ?? 'NONE', 'NONE');
  assert.equal(records.at(-1).EncryptionType, 'KMS');
  assert.deepEqual(Uint8Array.from(records.at(-1).Data), bytes('secret'));
});

check('UpdateMaxRecordSize', 'a larger record is taken afterwards', async () => {
  const name = await newStream();
  const Data = new Uint8Array(1536 * 1024);
  const put = () => call('PutRecord', { StreamName: name, PartitionKey: 'k', Data });
  await assert.rejects(put, error => error.name === 'ValidationException' || error.name === 'InvalidArgumentException');
  await call('UpdateMaxRecordSize', { StreamARN: streamArn(name), MaxRecordSizeInKiB: 2048 });
  assert.equal((await active(name)).MaxRecordSizeInKiB, 2048);
  const { ShardId } = await eventually('a record of 1.5 MiB', () => put().catch(() => null));
  const [record] = await read(name, ShardId, 1);
  assert.equal(record.Data.length, Data.length);
});

check(['PutResourcePolicy', 'GetResourcePolicy', 'DeleteResourcePolicy'], 'a policy is kept to the letter', async () => {
  const name = await newStream(1);
  const ResourceARN = streamArn(name);
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Sid: 'Öffnen', Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: ['kinesis:PutRecord'], Resource: ResourceARN }],
  });
  await call('PutResourcePolicy', { ResourceARN, Policy });
  assert.deepEqual(JSON.parse((await call('GetResourcePolicy', { ResourceARN })).Policy), JSON.parse(Policy));
  await call('DeleteResourcePolicy', { ResourceARN });
  const none = await call('GetResourcePolicy', { ResourceARN }).catch(error => error);
  assert.ok(none.name === 'ResourceNotFoundException' || none.Policy === '{}' || none.Policy === '', `after the deletion: ${JSON.stringify(none)}`);
});

check('DescribeLimits', 'what is used counts', async () => {
  const before = await call('DescribeLimits');
  await newStream(3);
  const after = await call('DescribeLimits');
  assert.ok(after.ShardLimit > 0 && after.OnDemandStreamCountLimit > 0);
  assert.ok(after.OpenShardCount >= 3 && before.OpenShardCount >= 0);
  await newStream();
  assert.ok((await call('DescribeLimits')).OnDemandStreamCount >= 1);
});

check(['DescribeAccountSettings', 'UpdateAccountSettings'], 'the commitment is kept and told', async () => {
  const set = await call('UpdateAccountSettings', { MinimumThroughputBillingCommitment: { Status: 'ENABLED' } });
  assert.equal(set.MinimumThroughputBillingCommitment.Status, 'ENABLED');
  const told = await call('DescribeAccountSettings');
  assert.match(told.MinimumThroughputBillingCommitment.Status, /^ENABLED/);
  assert.ok(told.MinimumThroughputBillingCommitment.StartedAt instanceof Date);
});
