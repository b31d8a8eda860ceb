using System.Collections.Immutable;
using System.Security.Cryptography;
using Broker.Contracts.Grains;
using Broker.Contracts.Limits;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams.Rows;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Silo.Streams;

/// <summary>The catalogue of an account: a row a name, each made in one write with its generation and the head of its stream.</summary>
/// <remarks>
/// Names are kept in memory; states, modes and shards are read from the heads when they are asked for. Creations and removals take turns. Two
/// activations cannot both give a generation: its counter is written conditionally, and the loser ends itself.
/// </remarks>
public sealed partial class CatalogueGrain : Grain, ICatalogueGrain
{
    private const int TokenKeyBytes = 32;

    private readonly IRowStore rows;
    private readonly TimeProvider time;
    private readonly BrokerLimits limits;
    private readonly StreamErrors errors;
    private readonly StreamRules rules;
    private readonly ILogger<CatalogueGrain> logger;
    private readonly string account;
    private readonly ShardReservations reservations;
    private ImmutableSortedDictionary<string, StreamGeneration> names =
        ImmutableSortedDictionary.Create<string, StreamGeneration>(StringComparer.Ordinal);

    private long lastGeneration;
    private long counterVersion;
    private ImmutableArray<byte> tokenKey;

    public CatalogueGrain(
        IGrainContext context,
        IRowStore rows,
        TimeProvider time,
        IOptions<BrokerLimits> limits,
        IOptions<BrokerIdentity> identity,
        ILogger<CatalogueGrain> logger)
    {
        this.rows = rows;
        this.time = time;
        this.limits = limits.Value;
        errors = new StreamErrors(identity.Value);
        rules = new StreamRules(this.limits, errors);
        this.logger = logger;
        account = context.GrainId.Key.ToString()!;
        reservations = new ShardReservations(time);
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken) => StoredAsync(async () =>
    {
        await LoadAsync();
        return true;
    });

    public async Task<StreamGeneration> CreateAsync(CreateStreamCommand command)
    {
        StreamRules.CheckName("StreamName", command.Name);
        StreamRules.CheckMode(command.Mode);
        StreamRules.CheckRecordSize(command.MaxRecordBytes);
        rules.CheckWarmThroughput(command.Name, command.Mode, command.WarmThroughputMiBps);
        rules.CheckDistribution(command.Name, command.Mode, command.RecordDistribution);
        command = command with { ShardCount = Math.Max(command.ShardCount, command.WarmThroughputMiBps) };
        rules.CheckShardCount(command.Name, command.ShardCount);
        rules.CheckTags(command.Name, command.Tags, command.Tags.Count);
        if (names.ContainsKey(command.Name))
        {
            await StoredAsync(() => ConfirmTakenAsync(command.Name));
            throw errors.StreamExists(command.Name);
        }

        var generation = await StoredAsync(async () =>
        {
            await CheckQuotasAsync(command);
            return await RecordAsync(command);
        });
        LogCreating(command.Name, generation);

        // Not awaited: the stream grain may be waiting for this catalogue.
        _ = StartAsync(command, generation);
        return generation;
    }

    public Task<StreamGeneration?> ResolveAsync(string name) => names.TryGetValue(name, out var generation)
        ? Task.FromResult<StreamGeneration?>(generation)
        : StoredAsync(() => FindAsync(name));

    public Task<StreamListPage> ListAsync(string? afterName, int limit) => StoredAsync(async () =>
    {
        var found = await rows.ListAsync(RowKeys.Names(account), afterName, limit + 1, CancellationToken.None);
        var page = ImmutableArray.CreateBuilder<StreamListEntry>();
        foreach (var (name, generation) in found.Take(limit).Select(NameOf))
        {
            // A head that is gone: deleted between two reads.
            if (await rows.GetAsync(RowKeys.Head(generation), CancellationToken.None) is { } row)
            {
                var head = RowCodec.Decode(row, StreamRowsJson.Default.StreamHeadRow);
                page.Add(new StreamListEntry(name, generation, head.PublicStatus, head.Mode, head.CreatedUnixMilliseconds));
            }
        }

        return new StreamListPage(page.ToImmutable(), found.Count > limit);
    });

    public Task RemoveAsync(string name, StreamGeneration generation) => StoredAsync(async () =>
    {
        var writes = new List<RowWrite> { new(RowKeys.Head(generation), null, null) };
        var owned = names.TryGetValue(name, out var current) && current == generation;
        if (owned)
        {
            writes.Add(new RowWrite(RowKeys.Name(account, name), null, null));
        }

        await rows.WriteAsync(writes, CancellationToken.None);
        if (owned)
        {
            names = names.Remove(name);
            LogRemoved(name, generation);
        }

        return true;
    });

    public async Task<ImmutableArray<byte>> GetTokenKeyAsync()
    {
        if (tokenKey.IsDefault)
        {
            tokenKey = await StoredAsync(ReadOrMakeTokenKeyAsync);
        }

        return tokenKey;
    }

    private static (string Name, StreamGeneration Generation) NameOf(Row row) =>
        (row.Key.Key, new StreamGeneration(RowCodec.Decode(row, StreamRowsJson.Default.NameRow).Generation));

    /// <summary>What a name stands for in the store: a catalogue on a silo that was cut off may not know of streams that others have made.</summary>
    private async Task<StreamGeneration?> FindAsync(string name) =>
        await rows.GetAsync(RowKeys.Name(account, name), CancellationToken.None) is { } row ? NameOf(row).Generation : null;

    /// <exception cref="RowConflictException">The name is free: others have removed the stream.</exception>
    private async Task<bool> ConfirmTakenAsync(string name) =>
        await FindAsync(name) is not null ? true : throw new RowConflictException(RowKeys.Name(account, name), 1);

    private async Task StartAsync(CreateStreamCommand command, StreamGeneration generation)
    {
        try
        {
            await GrainFactory.GetGrain<IStreamGrain>(generation.Value).CreateAsync(command);
        }
        catch (Exception exception)
        {
            // The creation is recorded: the next sweep goes on with it.
            LogCreationDelayed(command.Name, generation, exception);
        }
    }

    private async Task<ImmutableArray<byte>> ReadOrMakeTokenKeyAsync()
    {
        var key = RowKeys.TokenKey(account);
        if (await rows.GetAsync(key, CancellationToken.None) is { } row)
        {
            return [.. Convert.FromBase64String(RowCodec.Decode(row, StreamRowsJson.Default.SecretRow).Base64)];
        }

        var bytes = RandomNumberGenerator.GetBytes(TokenKeyBytes);
        var secret = new SecretRow { Base64 = Convert.ToBase64String(bytes) };
        await rows.WriteAsync([new RowWrite(key, RowCodec.Encode(secret, StreamRowsJson.Default.SecretRow), 0)], CancellationToken.None);
        return [.. bytes];
    }

    private async Task<T> StoredAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (StorageException exception)
        {
            // What landed is unknown: the next activation reads it.
            DeactivateOnIdle();
            throw exception.ToBrokerException();
        }
        catch (RowConflictException exception)
        {
            LogSuperseded(account, exception);
            DeactivateOnIdle();
            throw StreamErrors.Superseded(exception);
        }
    }
}
