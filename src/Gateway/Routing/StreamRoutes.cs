using System.Collections.Concurrent;
using Broker.Contracts.Errors;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Gateway.Routing;

/// <summary>The gateway's cached maps: name to generation, generation to map. Thread-safe; holds nothing that matters.</summary>
/// <remarks>
/// A map is asked for again when a shard answers ShardClosed, when it lacks a shard that is asked for, when it is older than a second
/// while it is used, and when its stream is gone. One request a stream is in flight at a time; whoever needs a newer map waits for it.
/// </remarks>
public sealed class StreamRoutes(IBrokerGrains grains, BrokerIdentity identity, TimeProvider clock)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Usable = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan UsableInTrouble = TimeSpan.FromSeconds(60);

    /// <summary>How long a request waits for a newer map before it goes on with one that is still usable: its stream's silo may be lost.</summary>
    private static readonly TimeSpan Hesitation = TimeSpan.FromMilliseconds(300);

    private readonly ConcurrentDictionary<string, StreamGeneration> generations = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<StreamGeneration, RouteEntry> entries = new();

    /// <summary>The map of the stream that the name stands for.</summary>
    /// <exception cref="BrokerException">ResourceNotFound.</exception>
    public async ValueTask<StreamRoute> GetAsync(string name, CancellationToken cancellation = default)
    {
        if (generations.TryGetValue(name, out var known))
        {
            try
            {
                return await GetAsync(known, cancellation);
            }
            catch (BrokerException exception) when (exception.Code == BrokerErrorCode.ResourceNotFound)
            {
                generations.TryRemove(KeyValuePair.Create(name, known));
            }
        }

        try
        {
            return await GetAsync(await ResolveAsync(name, cancellation), cancellation);
        }
        catch (BrokerException exception) when (exception.Code == BrokerErrorCode.ResourceNotFound)
        {
            throw StreamNotFound(name);
        }
    }

    /// <summary>The map of a stream that is known by its key, as iterators know theirs.</summary>
    /// <exception cref="BrokerException">ResourceNotFound.</exception>
    public ValueTask<StreamRoute> GetAsync(StreamGeneration generation, CancellationToken cancellation = default)
    {
        var entry = entries.GetOrAdd(generation, static _ => new RouteEntry());
        if (entry.Route is not { } route)
        {
            return new ValueTask<StreamRoute>(FetchAsync(generation, entry, null).WaitAsync(cancellation));
        }

        var age = clock.GetElapsedTime(route.FetchedTimestamp);
        if (age < Fresh)
        {
            return new ValueTask<StreamRoute>(route);
        }

        var refresh = FetchAsync(generation, entry, route);
        return age < Usable && !refresh.IsCompleted
            ? new ValueTask<StreamRoute>(route)
            : AwaitRefreshAsync(refresh, route, age, cancellation);
    }

    /// <summary>The map that is held, however old; null for none.</summary>
    public StreamRoute? Peek(StreamGeneration generation) => entries.TryGetValue(generation, out var entry) ? entry.Route : null;

    /// <summary>A map that was asked for after <paramref name="stale"/> was.</summary>
    /// <exception cref="BrokerException">ResourceNotFound: the stream is gone.</exception>
    public Task<StreamRoute> RefreshAsync(StreamRoute stale, CancellationToken cancellation = default)
    {
        var generation = stale.Stream.Generation;
        var entry = entries.GetOrAdd(generation, static _ => new RouteEntry());
        return entry.Route is { } current && current.FetchedTimestamp > stale.FetchedTimestamp
            ? Task.FromResult(current)
            : FetchAsync(generation, entry, entry.Route).WaitAsync(cancellation);
    }

    /// <summary>A shard and a map that has it. Where the map at hand does not, it is asked for anew: another gateway may have told of the shard.</summary>
    /// <remarks>
    /// That a shard is not there is told only by a map that the store confirms: a silo that was cut off still answers for a stream that
    /// has moved on without it.
    /// </remarks>
    /// <returns>Null where the stream has no such shard now.</returns>
    /// <exception cref="BrokerException">ResourceNotFound: the stream is gone.</exception>
    public async ValueTask<(StreamRoute Route, ShardDescription Shard)?> FindShardAsync(StreamRoute route, ShardId id, CancellationToken cancellation)
    {
        route = await RefreshUntilAsync(route, id, cancellation);
        if (route.FindShard(id) is null)
        {
            var generation = route.Stream.Generation;
            await MovingGrain.AskAsync(() => grains.Stream(generation).ConfirmMapAsync(), clock, cancellation);
            route = await RefreshUntilAsync(route, id, cancellation);
        }

        return route.FindShard(id) is { } shard ? (route, shard) : null;
    }

    /// <summary>A map that has the shard, or that was asked for after now.</summary>
    private async ValueTask<StreamRoute> RefreshUntilAsync(StreamRoute route, ShardId id, CancellationToken cancellation)
    {
        // A request that was in flight already may miss what is new; the next one does not.
        for (var now = clock.GetTimestamp(); route.FindShard(id) is null && route.FetchedTimestamp < now;)
        {
            route = await RefreshAsync(route, cancellation);
        }

        return route;
    }

    /// <summary>The key of the stream that a name stands for; asks the catalogue where it is not known.</summary>
    /// <exception cref="BrokerException">ResourceNotFound.</exception>
    public async ValueTask<StreamGeneration> ResolveAsync(string name, CancellationToken cancellation = default)
    {
        if (!StreamName.TryParse(name, out _))
        {
            throw InvalidName(name);
        }

        if (generations.TryGetValue(name, out var known))
        {
            return known;
        }

        var found = await MovingGrain.AskAsync(() => grains.Catalogue.ResolveAsync(name), clock, cancellation) ?? throw StreamNotFound(name);
        generations[name] = found;
        return found;
    }

    /// <summary>Forgets what is known of a name and of its stream: this gateway changed it.</summary>
    public void Forget(string name)
    {
        if (generations.TryRemove(name, out var generation))
        {
            entries.TryRemove(generation, out _);
        }
    }

    public BrokerException StreamNotFound(string name) =>
        new(BrokerErrorCode.ResourceNotFound, $"Stream {name} under account {identity.AccountId} not found.");

    private static BrokerException InvalidName(string name) => new(
        BrokerErrorCode.InvalidArgument,
        $"stream_name is '{(name.Length > 160 ? name[..160] : name)}': it must be 1 to 128 characters of [a-zA-Z0-9_.-].");

    private async ValueTask<StreamRoute> AwaitRefreshAsync(
        Task<StreamRoute> refresh, StreamRoute route, TimeSpan age, CancellationToken cancellation)
    {
        try
        {
            return age < UsableInTrouble ? await refresh.WaitAsync(Hesitation, clock, cancellation) : await refresh.WaitAsync(cancellation);
        }
        catch (Exception exception) when (
            exception is not BrokerException { Code: not BrokerErrorCode.Unavailable } && !cancellation.IsCancellationRequested && age < UsableInTrouble)
        {
            return route;
        }
    }

    private Task<StreamRoute> FetchAsync(StreamGeneration generation, RouteEntry entry, StreamRoute? known)
    {
        lock (entry)
        {
            if (entry.Fetch is { IsCompleted: false } running)
            {
                return running;
            }

            return entry.Fetch = FetchCoreAsync(generation, entry, known);
        }
    }

    private async Task<StreamRoute> FetchCoreAsync(StreamGeneration generation, RouteEntry entry, StreamRoute? known)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var asked = clock.GetTimestamp();
        try
        {
            // Whoever has a map can go on with it for a while; without one there is nothing to do but to wait.
            var map = known is null
                ? await MovingGrain.AskAsync(() => grains.Stream(generation).GetMapAsync(-1), clock, CancellationToken.None)
                : await grains.Stream(generation).GetMapAsync(known.Stream.Version);
            var route = map is null && known is not null ? known.Confirmed(asked)
                : map is not null ? new StreamRoute(map, asked)
                : throw new BrokerException(BrokerErrorCode.ResourceNotFound, $"Stream generation {generation} has no map.");
            entry.Route = route;
            return route;
        }
        catch (BrokerException exception) when (exception.Code == BrokerErrorCode.ResourceNotFound)
        {
            entries.TryRemove(KeyValuePair.Create(generation, entry));
            throw;
        }
    }

    private sealed class RouteEntry
    {
        private volatile StreamRoute? route;

        public StreamRoute? Route
        {
            get => route;
            set => route = value;
        }

        public Task<StreamRoute>? Fetch { get; set; }
    }
}
