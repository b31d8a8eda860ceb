"""Drives a broker with the unmodified boto3. Argument: the settings as JSON. Operations that its model lacks are reported as unsupported."""
import datetime
import itertools
import threading

import boto3
import botocore
import botocore.config
import botocore.exceptions

from checks import SETTINGS, check, equal, eventually, report, run_all

ACCOUNT = SETTINGS['account']
CONFIG = botocore.config.Config(retries={'max_attempts': 4}, read_timeout=20, connect_timeout=5)
NUMBERS = itertools.count(1)
LAST = str(2**128 - 1)
MIDDLE = str(2**127)


def connect(endpoint=None, access_key=None, secret=None, config=CONFIG):
    return boto3.session.Session().client(
        'kinesis', region_name=SETTINGS['region'], endpoint_url=endpoint or SETTINGS['endpoint'], config=config,
        aws_access_key_id=access_key or SETTINGS['accessKeyId'], aws_secret_access_key=secret or SETTINGS['secretAccessKey'])


MAIN = connect()
OPERATIONS = set(MAIN.meta.service_model.operation_names)


def arn(name):
    return f'arn:aws:kinesis:{SETTINGS["region"]}:{ACCOUNT}:stream/{name}'


def fails(code, call, **arguments):
    """Asserts that a call fails with an error code, and that it is the client's own class where its model has one."""
    try:
        answer = call(**arguments)
    except botocore.exceptions.ClientError as error:
        equal(error.response['Error']['Code'], code, error.response['Error'].get('Message', ''))
        known = getattr(MAIN.exceptions, code, None) if code in MAIN.meta.service_model.shape_names else None
        assert known is None or type(error).__name__ == code, f'{type(error)} is not {code}'
        assert error.response['ResponseMetadata']['HTTPStatusCode'] < 500
        assert error.response['ResponseMetadata']['RequestId'], 'no request id'
        return error.response['Error']['Message']
    raise AssertionError(f'{answer!r} instead of {code}')


def summary(name, client=MAIN):
    return client.describe_stream_summary(StreamName=name)['StreamDescriptionSummary']


def active(name, client=MAIN):
    def look():
        found = summary(name, client)
        return found if found['StreamStatus'] == 'ACTIVE' else None
    return eventually(f'{name} ACTIVE', look)


def new_name():
    return f'boto3-{next(NUMBERS)}'


def new_stream(shards=0, client=MAIN):
    """A new stream that is ACTIVE: PROVISIONED with so many shards, or ON_DEMAND for 0."""
    name = new_name()
    if shards:
        client.create_stream(StreamName=name, ShardCount=shards)
    else:
        client.create_stream(StreamName=name, StreamModeDetails={'StreamMode': 'ON_DEMAND'})
    active(name, client)
    return name


def shards_of(name):
    return MAIN.list_shards(StreamName=name)['Shards']


def iterator(name, shard, kind='TRIM_HORIZON', **more):
    return MAIN.get_shard_iterator(StreamName=name, ShardId=shard, ShardIteratorType=kind, **more)['ShardIterator']


def read(name, shard, count, kind='TRIM_HORIZON', **more):
    """Reads a shard until it has `count` records, or its end."""
    records, following = [], [iterator(name, shard, kind, **more)]

    def look():
        page = MAIN.get_records(ShardIterator=following[0])
        records.extend(page['Records'])
        following[0] = page.get('NextShardIterator')
        return len(records) >= count or not following[0]
    eventually(f'{count} records in {shard} of {name}', look)
    return records


@check(['CreateStream', 'DescribeStreamSummary'], 'a stream is as it was asked for')
def create():
    name = new_name()
    MAIN.create_stream(StreamName=name, ShardCount=2)
    MAIN.get_waiter('stream_exists').wait(StreamName=name, WaiterConfig={'Delay': 1, 'MaxAttempts': 20})
    found = summary(name)
    equal(found['StreamARN'], arn(name))
    equal(found['StreamModeDetails'], {'StreamMode': 'PROVISIONED'})
    equal((found['OpenShardCount'], found['RetentionPeriodHours'], found['EncryptionType']), (2, 24, 'NONE'))
    age = datetime.datetime.now(datetime.timezone.utc) - found['StreamCreationTimestamp']
    assert abs(age.total_seconds()) < 60, found['StreamCreationTimestamp']


@check('DescribeStream', 'shards cover the hash keys, and come in pages')
def describe():
    name = new_stream(3)
    pages = MAIN.get_paginator('describe_stream').paginate(StreamName=name, PaginationConfig={'PageSize': 2})
    shards = [shard for page in pages for shard in page['StreamDescription']['Shards']]
    equal([shard['ShardId'] for shard in shards], [f'shardId-{i:012d}' for i in range(3)])
    equal(shards[0]['HashKeyRange']['StartingHashKey'], '0')
    equal(shards[2]['HashKeyRange']['EndingHashKey'], LAST)
    equal(MAIN.describe_stream(StreamName=name)['StreamDescription']['StreamName'], name)


@check('ListStreams', 'every stream is listed once, over pages')
def list_streams():
    made = {new_stream(1), new_stream(1)}
    names = [name for page in MAIN.get_paginator('list_streams').paginate(PaginationConfig={'PageSize': 2}) for name in page['StreamNames']]
    equal(len(names), len(set(names)))
    assert made <= set(names), made - set(names)


@check('ListShards', 'shards come in pages and by filter')
def list_shards():
    name = new_stream(3)
    # Not with the client's paginator: it sends the name along with the token, which AWS refuses.
    page = MAIN.list_shards(StreamName=name, MaxResults=1)
    found = page['Shards']
    while 'NextToken' in page:
        page = MAIN.list_shards(NextToken=page['NextToken'], MaxResults=1)
        found.extend(page['Shards'])
    equal([shard['ShardId'] for shard in found], [f'shardId-{i:012d}' for i in range(3)])
    at = MAIN.list_shards(StreamName=name, ShardFilter={'Type': 'AFTER_SHARD_ID', 'ShardId': 'shardId-000000000000'})
    equal(len(at['Shards']), 2)


@check(['AddTagsToStream', 'ListTagsForStream', 'RemoveTagsFromStream'], 'tags come and go')
def tags():
    name = new_stream(1)
    MAIN.add_tags_to_stream(StreamName=name, Tags={'a': '1', 'b': 'zwölf'})
    equal(MAIN.list_tags_for_stream(StreamName=name)['Tags'], [{'Key': 'a', 'Value': '1'}, {'Key': 'b', 'Value': 'zwölf'}])
    MAIN.remove_tags_from_stream(StreamName=name, TagKeys=['a'])
    equal(MAIN.list_tags_for_stream(StreamName=name)['Tags'], [{'Key': 'b', 'Value': 'zwölf'}])


@check('DeleteStream', 'a deleted stream is gone')
def delete():
    name = new_stream(1)
    MAIN.delete_stream(StreamName=name)
    MAIN.get_waiter('stream_not_exists').wait(StreamName=name, WaiterConfig={'Delay': 1, 'MaxAttempts': 20})
    fails('ResourceNotFoundException', MAIN.describe_stream, StreamName=name)


@check(['PutRecord', 'GetRecords', 'GetShardIterator'], 'a record is read as it was put, from every starting point')
def put_record():
    name = new_stream(1)
    data = bytes(range(256))
    shard = shards_of(name)[0]['ShardId']
    latest = iterator(name, shard, 'LATEST')
    before = datetime.datetime.now(datetime.timezone.utc)
    first = MAIN.put_record(StreamName=name, PartitionKey='ключ', Data=data)
    second = MAIN.put_record(StreamName=name, PartitionKey='k', Data=b'', ExplicitHashKey=LAST, SequenceNumberForOrdering=first['SequenceNumber'])
    assert int(second['SequenceNumber']) > int(first['SequenceNumber'])
    records = read(name, shard, 2)
    equal([record['Data'] for record in records], [data, b''])
    equal(records[0]['PartitionKey'], 'ключ')
    equal(records[0]['SequenceNumber'], first['SequenceNumber'])
    assert abs((records[0]['ApproximateArrivalTimestamp'] - before).total_seconds()) < 10, records[0]
    equal(len(read(name, shard, 1, 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber=first['SequenceNumber'])), 1)
    equal(len(read(name, shard, 2, 'AT_SEQUENCE_NUMBER', StartingSequenceNumber=first['SequenceNumber'])), 2)
    equal(len(read(name, shard, 2, 'AT_TIMESTAMP', Timestamp=before - datetime.timedelta(hours=1))), 2)
    page = MAIN.get_records(ShardIterator=latest, Limit=10)
    equal((len(page['Records']), page['MillisBehindLatest']), (2, 0))


@check('PutRecords', 'as many results as records, in order')
def put_records():
    name = new_stream(2)
    answer = MAIN.put_records(StreamName=name, Records=[
        {'PartitionKey': f'k{i}', 'Data': f'{i}', 'ExplicitHashKey': LAST if i % 2 else '0'} for i in range(40)])
    equal(answer['FailedRecordCount'], 0)
    equal([int(result['ShardId'][-1]) for result in answer['Records']], [i % 2 for i in range(40)])
    found = {record['SequenceNumber']: record['Data'] for shard in shards_of(name) for record in read(name, shard['ShardId'], 20)}
    equal([found[result['SequenceNumber']] for result in answer['Records']], [str(i).encode() for i in range(40)])


@check(['SplitShard', 'MergeShards'], 'shards split and merge')
def reshard():
    name = new_stream(1)
    MAIN.split_shard(StreamName=name, ShardToSplit='shardId-000000000000', NewStartingHashKey=MIDDLE)
    equal(active(name)['OpenShardCount'], 2)
    MAIN.merge_shards(StreamName=name, ShardToMerge='shardId-000000000001', AdjacentShardToMerge='shardId-000000000002')
    equal(active(name)['OpenShardCount'], 1)
    last = shards_of(name)[-1]
    equal((last['ParentShardId'], last['AdjacentParentShardId']), ('shardId-000000000001', 'shardId-000000000002'))


@check('UpdateShardCount', 'the stream has so many open shards')
def scale():
    name = new_stream(2)
    answer = MAIN.update_shard_count(StreamName=name, TargetShardCount=4, ScalingType='UNIFORM_SCALING')
    equal((answer['CurrentShardCount'], answer['TargetShardCount']), (2, 4))
    equal(active(name)['OpenShardCount'], 4)


@check('UpdateStreamMode', 'the mode changes')
def mode():
    name = new_stream(1)
    MAIN.update_stream_mode(StreamARN=arn(name), StreamModeDetails={'StreamMode': 'ON_DEMAND'})
    equal(active(name)['StreamModeDetails'], {'StreamMode': 'ON_DEMAND'})


@check(['IncreaseStreamRetentionPeriod', 'DecreaseStreamRetentionPeriod'], 'retention rises and falls')
def retention():
    name = new_stream(1)
    MAIN.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=100)
    equal(active(name)['RetentionPeriodHours'], 100)
    MAIN.decrease_stream_retention_period(StreamName=name, RetentionPeriodHours=30)
    equal(active(name)['RetentionPeriodHours'], 30)


@check(['EnableEnhancedMonitoring', 'DisableEnhancedMonitoring'], 'shard-level metrics are switched')
def monitoring():
    name = new_stream(1)
    told = lambda: active(name)['EnhancedMonitoring'][0].get('ShardLevelMetrics', [])
    answer = MAIN.enable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=['IncomingBytes', 'OutgoingBytes'])
    equal(sorted(answer['DesiredShardLevelMetrics']), ['IncomingBytes', 'OutgoingBytes'])
    equal(sorted(told()), ['IncomingBytes', 'OutgoingBytes'])
    MAIN.disable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=['ALL'])
    equal(told(), [])


@check(['StartStreamEncryption', 'StopStreamEncryption'], 'records are encrypted from start to stop, and readable after')
def encryption():
    name = new_stream(1)
    MAIN.start_stream_encryption(StreamName=name, EncryptionType='KMS', KeyId='alias/aws/kinesis')
    equal(active(name)['EncryptionType'], 'KMS')
    put = lambda: MAIN.put_record(StreamName=name, PartitionKey='k', Data=b'secret')
    eventually('a put that is encrypted', lambda: put().get('EncryptionType') == 'KMS')
    MAIN.stop_stream_encryption(StreamName=name, EncryptionType='KMS', KeyId='alias/aws/kinesis')
    equal(active(name)['EncryptionType'], 'NONE')
    last = read(name, 'shardId-000000000000', 1)[-1]
    equal((last['Data'], last['EncryptionType']), (b'secret', 'KMS'))


@check('DescribeLimits', 'what is used counts')
def limits():
    new_stream(2)
    answer = MAIN.describe_limits()
    assert answer['OpenShardCount'] >= 2 and answer['ShardLimit'] > 0, answer


def register(stream, name):
    consumer = MAIN.register_stream_consumer(StreamARN=arn(stream), ConsumerName=name)['Consumer']['ConsumerARN']
    eventually(f'{name} ACTIVE', lambda: MAIN.describe_stream_consumer(ConsumerARN=consumer)['ConsumerDescription']['ConsumerStatus'] == 'ACTIVE')
    return consumer


@check(['RegisterStreamConsumer', 'DescribeStreamConsumer', 'ListStreamConsumers', 'DeregisterStreamConsumer'], 'consumers come, are told, and go')
def consumers():
    name = new_stream(1)
    made = [register(name, each) for each in ('one', 'two')]
    pages = MAIN.get_paginator('list_stream_consumers').paginate(StreamARN=arn(name), PaginationConfig={'PageSize': 1})
    equal([consumer['ConsumerARN'] for page in pages for consumer in page['Consumers']], made)
    found = MAIN.describe_stream_consumer(StreamARN=arn(name), ConsumerName='two')['ConsumerDescription']
    equal((found['ConsumerARN'], found['StreamARN']), (made[1], arn(name)))
    MAIN.deregister_stream_consumer(ConsumerARN=made[0])
    eventually('one consumer', lambda: len(MAIN.list_stream_consumers(StreamARN=arn(name))['Consumers']) == 1)


@check('SubscribeToShard', 'records are pushed as they are put')
def subscribe():
    name = new_stream(1)
    consumer = register(name, 'c')
    MAIN.put_record(StreamName=name, PartitionKey='k', Data=b'0')
    answer = MAIN.subscribe_to_shard(ConsumerARN=consumer, ShardId='shardId-000000000000', StartingPosition={'Type': 'TRIM_HORIZON'})
    seen = []
    for event in answer['EventStream']:
        records = event['SubscribeToShardEvent']['Records']
        assert len(event['SubscribeToShardEvent']['ContinuationSequenceNumber']) == 56
        seen.extend(record['Data'] for record in records)
        if len(seen) == 3:
            break
        if records:
            threading.Thread(target=MAIN.put_record, kwargs={'StreamName': name, 'PartitionKey': 'k', 'Data': str(len(seen))}).start()
    answer['EventStream'].close()
    equal(seen, [b'0', b'1', b'2'])


@check('resharding under a reader', 'a reader follows parents to children and misses nothing')
def reshard_reader():
    name = new_stream(1)

    def put():
        for i in range(60):
            MAIN.put_record(StreamName=name, PartitionKey=f'k{i}', Data=str(i))
    writer = threading.Thread(target=put)
    writer.start()
    MAIN.split_shard(StreamName=name, ShardToSplit='shardId-000000000000', NewStartingHashKey=MIDDLE)
    writer.join()
    seen, shards = [], ['shardId-000000000000']
    for shard in shards:
        following = iterator(name, shard)
        while following:
            page = MAIN.get_records(ShardIterator=following)
            seen.extend(int(record['Data']) for record in page['Records'])
            following = page.get('NextShardIterator')
            shards.extend(child['ShardId'] for child in page.get('ChildShards', []))
            if not page['Records'] and page['MillisBehindLatest'] == 0 and shard != shards[0]:
                break
    equal(sorted(seen), list(range(60)))
    equal(len(shards), 3)


@check('ResourceNotFoundException', 'a stream that is not there')
def not_found():
    equal(fails('ResourceNotFoundException', MAIN.put_record, StreamName='none-such', PartitionKey='k', Data=b'x'),
          f'Stream none-such under account {ACCOUNT} not found.')


@check('ResourceInUseException', 'a name that is taken')
def in_use():
    fails('ResourceInUseException', MAIN.create_stream, StreamName=new_stream(1), ShardCount=1)


@check('LimitExceededException', 'more shards than an account may have')
def limit():
    fails('LimitExceededException', connect(config=CONFIG.merge(botocore.config.Config(retries={'max_attempts': 0}))).create_stream,
          StreamName='too-large', ShardCount=50_000)


@check('InvalidArgumentException', 'arguments that contradict the stream')
def invalid():
    name = new_stream(1)
    fails('InvalidArgumentException', MAIN.decrease_stream_retention_period, StreamName=name, RetentionPeriodHours=12)
    fails('InvalidArgumentException', MAIN.get_records, ShardIterator='AAAA')
    fails('InvalidArgumentException', MAIN.merge_shards, StreamName=new_stream(3),
          ShardToMerge='shardId-000000000000', AdjacentShardToMerge='shardId-000000000002')


@check('ValidationException', 'what the model forbids, and what an ON_DEMAND stream does not take')
def validation():
    text = fails('ValidationException', MAIN.describe_stream, StreamName='!', Limit=20_000)
    assert text.startswith('2 validation errors detected: Value '), text
    fails('ValidationException', MAIN.split_shard, StreamName=new_stream(), ShardToSplit='shardId-000000000000', NewStartingHashKey='1000')


@check('ProvisionedThroughputExceededException', 'a shard takes a mebibyte a second')
def throttled():
    name = new_stream(1)
    client = connect(config=CONFIG.merge(botocore.config.Config(retries={'max_attempts': 0})))
    entries = [{'PartitionKey': 'k', 'Data': bytes(1000 * 1024)} for _ in range(4)]
    answer = client.put_records(StreamName=name, Records=entries)
    refused = [result for result in answer['Records'] if 'ErrorCode' in result]
    assert refused, answer
    equal({result['ErrorCode'] for result in refused}, {'ProvisionedThroughputExceededException'})
    equal(answer['FailedRecordCount'], len(refused))
    for _ in range(20):
        try:
            client.put_record(StreamName=name, PartitionKey='k', Data=bytes(1000 * 1024))
        except client.exceptions.ProvisionedThroughputExceededException as error:
            equal(error.response['Error']['Message'], f'Rate exceeded for shard shardId-000000000000 in stream {name} under account {ACCOUNT}.')
            return
    raise AssertionError('20 MiB went into one shard at once')


@check(['ExpiredIteratorException', 'ExpiredNextTokenException'], 'iterators and tokens that are too old')
def expired():
    client = connect(SETTINGS['impatient'])
    name = new_stream(2, client)
    at = client.get_shard_iterator(StreamName=name, ShardId='shardId-000000000000', ShardIteratorType='LATEST')['ShardIterator']
    token = client.list_shards(StreamName=name, MaxResults=1)['NextToken']
    threading.Event().wait(0.4)
    fails('ExpiredIteratorException', client.get_records, ShardIterator=at)
    fails('ExpiredNextTokenException', client.list_shards, NextToken=token)


@check('KMSNotFoundException', 'a key that is not there')
def kms():
    fails('KMSNotFoundException', MAIN.start_stream_encryption, StreamName=new_stream(1), EncryptionType='KMS', KeyId='alias/none-such')


def in_state(code, key):
    @check(code, 'a key in that state')
    def run():
        fails(code, MAIN.start_stream_encryption, StreamName=new_stream(1), EncryptionType='KMS', KeyId=key)


for _code, _key in SETTINGS.get('keys', {}).items():
    in_state(_code, _key)


@check('MissingAuthenticationTokenException', 'an unsigned call')
def unsigned():
    fails('MissingAuthenticationTokenException',
          connect(config=botocore.config.Config(signature_version=botocore.UNSIGNED)).list_streams)


if SETTINGS.get('locked'):
    @check('UnrecognizedClientException', 'an access key that nobody has')
    def nobody():
        fails('UnrecognizedClientException', connect(SETTINGS['locked'], 'AKIANOBODY', 'secret').list_streams)

    @check('InvalidSignatureException', 'a wrong secret')
    def wrong_secret():
        fails('InvalidSignatureException', connect(SETTINGS['locked'], secret='wrong').list_streams)

    @check('AccessDeniedException', 'a caller without the permission')
    def denied():
        guest = connect(SETTINGS['locked'], SETTINGS['guest']['accessKeyId'], SETTINGS['guest']['secretAccessKey'])
        guest.list_streams()
        text = fails('AccessDeniedException', guest.create_stream, StreamName='boto3-forbidden', ShardCount=1)
        assert 'is not authorized to perform: kinesis:CreateStream on resource: ' in text, text

    @check('signatures', 'a signed call is taken, whatever its characters')
    def signed():
        client = connect(SETTINGS['locked'])
        name = new_stream(1, client)
        put = client.put_record(StreamName=name, PartitionKey='ключ 🗝 +/=&', Data=b'x')
        at = client.get_shard_iterator(StreamName=name, ShardId=put['ShardId'], ShardIteratorType='TRIM_HORIZON')['ShardIterator']
        equal(client.get_records(ShardIterator=at)['Records'][0]['PartitionKey'], 'ключ 🗝 +/=&')


if __name__ == '__main__':
    for operation in SETTINGS['operations']:
        if operation not in OPERATIONS:
            report(operation, 'not in the model of boto3 ' + boto3.__version__, 'unsupported')
    run_all()
