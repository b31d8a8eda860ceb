"""Drives a broker with the unmodified AWS CLI v2, one process a command. Argument: the settings as JSON."""
import base64
import itertools
import json
import os
import re
import subprocess

from checks import SETTINGS, check, equal, eventually, report, run_all

AWS = SETTINGS['aws']
ACCOUNT = SETTINGS['account']
NUMBERS = itertools.count(1)
MIDDLE = str(2**127)
ENVIRONMENT = {
    'PATH': os.environ['PATH'], 'HOME': SETTINGS['home'], 'LANG': 'C.UTF-8', 'AWS_PAGER': '', 'AWS_DEFAULT_REGION': SETTINGS['region'],
    'AWS_ACCESS_KEY_ID': SETTINGS['accessKeyId'], 'AWS_SECRET_ACCESS_KEY': SETTINGS['secretAccessKey'], 'AWS_MAX_ATTEMPTS': '2',
    'AWS_EC2_METADATA_DISABLED': 'true',
}


def aws(command, endpoint=None, **options):
    """Runs `aws kinesis COMMAND` and returns what it printed, parsed; a failed one raises with its output."""
    arguments = [AWS, 'kinesis', command, '--endpoint-url', endpoint or SETTINGS['endpoint'], '--output', 'json']
    for name, value in options.items():
        option = '--' + name.replace('_', '-')
        if value is True:
            arguments.append(option)
        elif isinstance(value, list) and isinstance(value[0], str):
            arguments += [option, *value]
        else:
            arguments += [option, value if isinstance(value, str) else json.dumps(value)]
    done = subprocess.run(arguments, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise RuntimeError(f'{command} ended with {done.returncode}: {done.stderr.strip()}')
    return json.loads(done.stdout) if done.stdout.strip() else None


def fails(code, command, **options):
    try:
        answer = aws(command, **options)
    except RuntimeError as error:
        assert f'An error occurred ({code}) when calling the ' in str(error), str(error)
        return
    raise AssertionError(f'{answer!r} instead of {code}')


def arn(name):
    return f'arn:aws:kinesis:{SETTINGS["region"]}:{ACCOUNT}:stream/{name}'


def summary(name):
    return aws('describe-stream-summary', stream_name=name)['StreamDescriptionSummary']


def active(name):
    def look():
        found = summary(name)
        return found if found['StreamStatus'] == 'ACTIVE' else None
    return eventually(f'{name} ACTIVE', look)


def new_stream(shards=1):
    name = f'cli-{next(NUMBERS)}'
    aws('create-stream', stream_name=name, shard_count=str(shards))
    return name


@check(['CreateStream', 'DescribeStreamSummary', 'DescribeStream', 'ListStreams', 'ListShards', 'DeleteStream', 'DescribeLimits'],
       'a stream comes, is told in every way, and goes')
def lifecycle():
    name = new_stream(2)
    found = active(name)
    equal((found['StreamARN'], found['OpenShardCount']), (arn(name), 2))
    assert re.match(r'\d{4}-\d\d-\d\dT', found['StreamCreationTimestamp']), found['StreamCreationTimestamp']
    equal(len(aws('describe-stream', stream_name=name)['StreamDescription']['Shards']), 2)
    assert name in aws('list-streams')['StreamNames']
    equal(len(aws('list-shards', stream_name=name)['Shards']), 2)
    assert aws('describe-limits')['OpenShardCount'] >= 2
    aws('delete-stream', stream_name=name)
    eventually('gone', lambda: name not in aws('list-streams')['StreamNames'])


@check(['PutRecord', 'PutRecords', 'GetShardIterator', 'GetRecords'], 'records are read as they were put')
def records():
    name = new_stream()
    active(name)
    first = aws('put-record', stream_name=name, partition_key='ключ', data=base64.b64encode('grüße'.encode()).decode())
    answer = aws('put-records', stream_name=name, records=[
        {'PartitionKey': 'k', 'Data': base64.b64encode(bytes([i])).decode()} for i in range(3)])
    equal(answer['FailedRecordCount'], 0)
    at = aws('get-shard-iterator', stream_name=name, shard_id=first['ShardId'], shard_iterator_type='TRIM_HORIZON')['ShardIterator']
    page = aws('get-records', shard_iterator=at)
    equal([base64.b64decode(record['Data']) for record in page['Records']], ['grüße'.encode(), b'\0', b'\1', b'\2'])
    equal([record['SequenceNumber'] for record in page['Records']],
          [first['SequenceNumber'], *(result['SequenceNumber'] for result in answer['Records'])])
    equal(page['Records'][0]['PartitionKey'], 'ключ')


@check(['AddTagsToStream', 'ListTagsForStream', 'RemoveTagsFromStream'], 'tags come and go')
def tags():
    name = new_stream()
    aws('add-tags-to-stream', stream_name=name, tags={'a': '1', 'b': '2'})
    aws('remove-tags-from-stream', stream_name=name, tag_keys=['a'])
    equal(aws('list-tags-for-stream', stream_name=name)['Tags'], [{'Key': 'b', 'Value': '2'}])


@check(['SplitShard', 'MergeShards', 'UpdateShardCount'], 'shards split, merge and scale')
def reshard():
    name = new_stream()
    active(name)
    aws('split-shard', stream_name=name, shard_to_split='shardId-000000000000', new_starting_hash_key=MIDDLE)
    equal(active(name)['OpenShardCount'], 2)
    aws('merge-shards', stream_name=name, shard_to_merge='shardId-000000000001', adjacent_shard_to_merge='shardId-000000000002')
    equal(active(name)['OpenShardCount'], 1)
    equal(aws('update-shard-count', stream_name=name, target_shard_count='2', scaling_type='UNIFORM_SCALING')['TargetShardCount'], 2)
    equal(active(name)['OpenShardCount'], 2)


@check(['IncreaseStreamRetentionPeriod', 'DecreaseStreamRetentionPeriod', 'EnableEnhancedMonitoring', 'DisableEnhancedMonitoring', 'UpdateStreamMode'],
       'what is set is told')
def settings():
    name = new_stream()
    active(name)
    aws('increase-stream-retention-period', stream_name=name, retention_period_hours='72')
    equal(active(name)['RetentionPeriodHours'], 72)
    aws('decrease-stream-retention-period', stream_name=name, retention_period_hours='36')
    equal(active(name)['RetentionPeriodHours'], 36)
    aws('enable-enhanced-monitoring', stream_name=name, shard_level_metrics=['IncomingBytes', 'OutgoingBytes'])
    equal(sorted(active(name)['EnhancedMonitoring'][0]['ShardLevelMetrics']), ['IncomingBytes', 'OutgoingBytes'])
    left = aws('disable-enhanced-monitoring', stream_name=name, shard_level_metrics=['IncomingBytes'])
    equal(left['DesiredShardLevelMetrics'], ['OutgoingBytes'])
    active(name)
    aws('update-stream-mode', stream_arn=arn(name), stream_mode_details={'StreamMode': 'ON_DEMAND'})
    equal(active(name)['StreamModeDetails']['StreamMode'], 'ON_DEMAND')


@check(['StartStreamEncryption', 'StopStreamEncryption'], 'encryption starts and stops')
def encryption():
    name = new_stream()
    active(name)
    aws('start-stream-encryption', stream_name=name, encryption_type='KMS', key_id='alias/aws/kinesis')
    found = active(name)
    equal((found['EncryptionType'], found['KeyId']), ('KMS', 'alias/aws/kinesis'))
    aws('stop-stream-encryption', stream_name=name, encryption_type='KMS', key_id='alias/aws/kinesis')
    equal(active(name)['EncryptionType'], 'NONE')


@check(['RegisterStreamConsumer', 'DescribeStreamConsumer', 'ListStreamConsumers', 'DeregisterStreamConsumer'], 'consumers come, are told, and go')
def consumers():
    name = new_stream()
    active(name)
    made = aws('register-stream-consumer', stream_arn=arn(name), consumer_name='c')['Consumer']['ConsumerARN']
    equal(aws('describe-stream-consumer', consumer_arn=made)['ConsumerDescription']['ConsumerName'], 'c')
    equal([each['ConsumerARN'] for each in aws('list-stream-consumers', stream_arn=arn(name))['Consumers']], [made])
    aws('deregister-stream-consumer', consumer_arn=made)
    eventually('no consumers', lambda: not aws('list-stream-consumers', stream_arn=arn(name))['Consumers'])


@check(['ResourceNotFoundException'], 'a stream that is not there')
def not_found():
    fails('ResourceNotFoundException', 'describe-stream', stream_name='none-such')


@check(['ResourceInUseException'], 'a name that is taken')
def in_use():
    fails('ResourceInUseException', 'create-stream', stream_name=new_stream(), shard_count='1')


@check(['InvalidArgumentException'], 'an iterator that is none')
def invalid():
    fails('InvalidArgumentException', 'get-records', shard_iterator='AAAA')


@check(['ValidationException'], 'a name that the model forbids')
def validation():
    fails('ValidationException', 'describe-stream', stream_name='!')


if __name__ == '__main__':
    # What the CLI offers is in its complaint about a command that it has not.
    offered = set(re.findall(r'[a-z]+(?:-[a-z]+)+', subprocess.run(
        [AWS, 'kinesis', 'none'], env=ENVIRONMENT, capture_output=True, text=True, timeout=60).stderr.split('valid choices are:')[-1]))
    for operation in SETTINGS['operations']:
        if re.sub(r'(?<!^)([A-Z])', r'-\1', operation).lower() not in offered:
            report(operation, 'not a command of this AWS CLI', 'unsupported')
    run_all(2)
