using System.Globalization;
using Broker.Kcl.Connection;
using Broker.V1;
using Grpc.Core;

namespace Broker.Cli.Apply;

/// <summary>Compares what is there with what a file declares.</summary>
/// <param name="client">The broker's.</param>
/// <param name="prune">Whether what the file does not have is deleted: streams, and consumers and tags of streams whose file lists some.</param>
/// <param name="cancellation">Ends the calls.</param>
internal sealed class StreamPlanner(StreamService.StreamServiceClient client, bool prune, CancellationToken cancellation)
{
    /// <summary>The changes in the order in which they are to be made, streams in the file's order; empty where all is as declared.</summary>
    public async Task<List<PlannedChange>> PlanAsync(IReadOnlyList<StreamSpec> specs)
    {
        List<PlannedChange> changes = [];
        foreach (var spec in specs)
        {
            if (await DescribeAsync(spec.Name) is { } stream)
            {
                changes.AddRange(Settings(spec, stream));
                changes.AddRange(await TagsAsync(spec));
                changes.AddRange(await ConsumersAsync(spec));
            }
            else
            {
                changes.AddRange(Create(spec));
            }
        }

        if (prune)
        {
            var declared = specs.Select(static spec => spec.Name).ToHashSet(StringComparer.Ordinal);
            changes.AddRange((await ListAsync()).Where(name => !declared.Contains(name)).Select(name => new PlannedChange(
                "delete", name, "the stream and its records", () => client.DeleteStreamAsync(
                    new DeleteStreamRequest { StreamName = name, EnforceConsumerDeletion = true }, cancellationToken: cancellation).ResponseAsync)));
        }

        return changes;
    }

    private IEnumerable<PlannedChange> Create(StreamSpec spec)
    {
        var request = new CreateStreamRequest
        {
            StreamName = spec.Name,
            Mode = spec.Mode ?? StreamMode.OnDemand,
            ShardCount = spec.Shards ?? 0,
            MaxRecordSizeKib = spec.MaxRecordSizeKiB ?? 0,
            WarmThroughputMibps = spec.WarmThroughputMiBps ?? 0,
            RecordDistributionStrategy = spec.Distribution ?? RecordDistributionStrategy.Unspecified,
        };
        foreach (var (key, value) in spec.Tags ?? new Dictionary<string, string>())
        {
            request.Tags[key] = value;
        }

        var shards = spec.Shards is { } count ? string.Create(CultureInfo.InvariantCulture, $", {count} shards") : "";
        yield return new PlannedChange(
            "create", spec.Name, $"{Word(request.Mode)}{shards}", () => client.CreateStreamAsync(request, cancellationToken: cancellation).ResponseAsync);

        // What CreateStream does not take; a new stream is as AWS makes it.
        var fresh = new StreamDescription
        {
            StreamName = spec.Name,
            Mode = request.Mode,
            OpenShardCount = spec.Shards ?? 0,
            RetentionPeriodHours = 24,
            MaxRecordSizeKib = spec.MaxRecordSizeKiB ?? 0,
            EncryptionType = EncryptionType.None,
            RecordDistributionStrategy = spec.Distribution ?? RecordDistributionStrategy.UserPartitionKey,
            WarmThroughput = new WarmThroughput { TargetMibps = spec.WarmThroughputMiBps ?? 0 },
        };
        foreach (var change in Settings(spec, fresh))
        {
            yield return change;
        }

        foreach (var consumer in spec.Consumers ?? [])
        {
            yield return Register(spec.Name, consumer);
        }
    }

    private IEnumerable<PlannedChange> Settings(StreamSpec spec, StreamDescription stream)
    {
        var name = spec.Name;
        var mode = spec.Mode ?? stream.Mode;
        if (mode != stream.Mode)
        {
            yield return Change(name, $"mode {Word(stream.Mode)} → {Word(mode)}", () => client.UpdateStreamModeAsync(
                new UpdateStreamModeRequest { StreamName = name, Mode = mode }, cancellationToken: cancellation).ResponseAsync);
        }

        // The other mode scales itself.
        if (spec.Shards is { } shards && mode == StreamMode.Provisioned && shards != stream.OpenShardCount)
        {
            yield return Change(name, From("shards", stream.OpenShardCount, shards, ""), () => client.UpdateShardCountAsync(
                new UpdateShardCountRequest { StreamName = name, TargetShardCount = shards }, cancellationToken: cancellation).ResponseAsync);
        }

        if (spec.RetentionHours is { } hours && hours != stream.RetentionPeriodHours)
        {
            yield return Change(name, From("retention", stream.RetentionPeriodHours, hours, " h"), () => hours > stream.RetentionPeriodHours
                ? client.IncreaseStreamRetentionPeriodAsync(
                    new IncreaseStreamRetentionPeriodRequest { StreamName = name, RetentionPeriodHours = hours }, cancellationToken: cancellation).ResponseAsync
                : client.DecreaseStreamRetentionPeriodAsync(
                    new DecreaseStreamRetentionPeriodRequest { StreamName = name, RetentionPeriodHours = hours }, cancellationToken: cancellation).ResponseAsync);
        }

        if (spec.MaxRecordSizeKiB is { } size && size != stream.MaxRecordSizeKib)
        {
            yield return Change(name, From("largest record", stream.MaxRecordSizeKib, size, " KiB"), () => client.UpdateMaxRecordSizeAsync(
                new UpdateMaxRecordSizeRequest { StreamName = name, MaxRecordSizeKib = size }, cancellationToken: cancellation).ResponseAsync);
        }

        var warm = stream.WarmThroughput?.TargetMibps ?? 0;
        if (spec.WarmThroughputMiBps is { } mibps && mode == StreamMode.OnDemand && mibps != warm)
        {
            yield return Change(name, From("warm throughput", warm, mibps, " MiB/s"), () => client.UpdateStreamWarmThroughputAsync(
                new UpdateStreamWarmThroughputRequest { StreamName = name, WarmThroughputMibps = mibps }, cancellationToken: cancellation).ResponseAsync);
        }

        if (spec.Distribution is { } distribution && (distribution == RecordDistributionStrategy.Auto) != (stream.RecordDistributionStrategy == RecordDistributionStrategy.Auto))
        {
            yield return Change(name, $"distribution → {(distribution == RecordDistributionStrategy.Auto ? "AUTO" : "USER_PARTITION_KEY")}", () => client.UpdateStreamRecordDistributionStrategyAsync(
                new UpdateStreamRecordDistributionStrategyRequest { StreamName = name, RecordDistributionStrategy = distribution }, cancellationToken: cancellation).ResponseAsync);
        }

        var key = stream.EncryptionType == EncryptionType.Kms ? stream.KeyId : "";
        if (spec.Encryption is { } wanted && wanted != key)
        {
            yield return Change(name, $"encryption {(key.Length > 0 ? key : "none")} → {(wanted.Length > 0 ? wanted : "none")}", () => wanted.Length > 0
                ? client.StartStreamEncryptionAsync(
                    new StartStreamEncryptionRequest { StreamName = name, EncryptionType = EncryptionType.Kms, KeyId = wanted }, cancellationToken: cancellation).ResponseAsync
                : client.StopStreamEncryptionAsync(
                    new StopStreamEncryptionRequest { StreamName = name, EncryptionType = EncryptionType.Kms, KeyId = key }, cancellationToken: cancellation).ResponseAsync);
        }
    }

    private async Task<List<PlannedChange>> TagsAsync(StreamSpec spec)
    {
        List<PlannedChange> changes = [];
        if (spec.Tags is not { } wanted)
        {
            return changes;
        }

        var present = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var (request, hasMore) = (new ListTagsForStreamRequest { StreamName = spec.Name }, true); hasMore;)
        {
            var page = await client.ListTagsForStreamAsync(request, cancellationToken: cancellation);
            foreach (var tag in page.Tags)
            {
                request.ExclusiveStartTagKey = tag.Key;
                present[tag.Key] = tag.Value;
            }

            hasMore = page.HasMoreTags;
        }

        foreach (var (key, value) in wanted.Where(tag => !(present.TryGetValue(tag.Key, out var old) && old == tag.Value)))
        {
            var request = new AddTagsToStreamRequest { StreamName = spec.Name, Tags = { { key, value } } };
            changes.Add(Change(spec.Name, $"tag {key}={value}", () => client.AddTagsToStreamAsync(request, cancellationToken: cancellation).ResponseAsync));
        }

        foreach (var key in present.Keys.Where(key => prune && !wanted.ContainsKey(key)))
        {
            var request = new RemoveTagsFromStreamRequest { StreamName = spec.Name, TagKeys = { key } };
            changes.Add(new PlannedChange("delete", spec.Name, $"tag {key}", () => client.RemoveTagsFromStreamAsync(request, cancellationToken: cancellation).ResponseAsync));
        }

        return changes;
    }

    private async Task<List<PlannedChange>> ConsumersAsync(StreamSpec spec)
    {
        List<PlannedChange> changes = [];
        if (spec.Consumers is not { } wanted)
        {
            return changes;
        }

        HashSet<string> present = new(StringComparer.Ordinal);
        var request = new ListStreamConsumersRequest { StreamName = spec.Name };
        do
        {
            var page = await client.ListStreamConsumersAsync(request, cancellationToken: cancellation);
            present.UnionWith(page.Consumers.Select(static consumer => consumer.ConsumerName));
            request = new ListStreamConsumersRequest { NextToken = page.NextToken };
        }
        while (request.NextToken.Length > 0);

        changes.AddRange(wanted.Where(name => !present.Contains(name)).Select(name => Register(spec.Name, name)));
        changes.AddRange(present.Where(name => prune && !wanted.Contains(name)).Select(name => new PlannedChange(
            "delete", spec.Name, $"consumer {name}", () => client.DeregisterStreamConsumerAsync(
                new DeregisterStreamConsumerRequest { StreamName = spec.Name, ConsumerName = name }, cancellationToken: cancellation).ResponseAsync)));
        return changes;
    }

    private PlannedChange Register(string stream, string consumer) => Change(stream, $"consumer {consumer}", () => client.RegisterStreamConsumerAsync(
        new RegisterStreamConsumerRequest { StreamName = stream, ConsumerName = consumer }, cancellationToken: cancellation).ResponseAsync);

    private async Task<StreamDescription?> DescribeAsync(string name)
    {
        try
        {
            return (await client.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = name }, cancellationToken: cancellation)).Stream;
        }
        catch (RpcException exception) when (RpcFaults.ReasonOf(exception) == "RESOURCE_NOT_FOUND" || exception.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    private async Task<List<string>> ListAsync()
    {
        List<string> names = [];
        while (true)
        {
            var page = await client.ListStreamsAsync(
                new ListStreamsRequest { ExclusiveStartStreamName = names.LastOrDefault() ?? "" }, cancellationToken: cancellation);
            names.AddRange(page.Streams.Where(static stream => stream.Status != StreamStatus.Deleting).Select(static stream => stream.StreamName));
            if (!page.HasMoreStreams || page.Streams.Count == 0)
            {
                return names;
            }
        }
    }

    private static PlannedChange Change(string stream, string what, Func<Task> apply) => new("change", stream, what, apply);

    private static string From(string what, int old, int now, string unit) => string.Create(CultureInfo.InvariantCulture, $"{what} {old}{unit} → {now}{unit}");

    private static string Word(StreamMode mode) => mode == StreamMode.OnDemand ? "ON_DEMAND" : "PROVISIONED";
}
