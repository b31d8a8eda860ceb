using Broker.Cli.Streams;
using Broker.V1;
using Grpc.Core;

namespace Broker.Cli.Client;

/// <summary>The stream that a command works on: the one given, or one of its own, deleted when the command is done.</summary>
internal sealed class ScratchStream : IAsyncDisposable
{
    private static readonly TimeSpan DeleteWithin = TimeSpan.FromSeconds(5);
    private readonly ClientContext context;
    private readonly bool isOwn;

    private ScratchStream(ClientContext context, string name, bool isOwn)
    {
        this.context = context;
        this.isOwn = isOwn;
        Name = name;
    }

    public string Name { get; }

    /// <summary>Leaves the stream where it is, for whoever wants to look into it.</summary>
    public bool Keep { get; set; }

    /// <param name="context">The command's.</param>
    /// <param name="given">The stream given; null to make one.</param>
    /// <param name="prefix">Begins the name of a stream that is made.</param>
    /// <param name="shards">Shards of a stream that is made, in ON_DEMAND mode; 0 for the broker's default.</param>
    public static async Task<ScratchStream> UseAsync(ClientContext context, string? given, string prefix, int shards)
    {
        if (given is not null)
        {
            await StreamState.WaitUntilActiveAsync(context, given);
            return new ScratchStream(context, given, isOwn: false);
        }

        var name = $"{prefix}-{Guid.NewGuid().ToString("N")[..8]}";
        await context.Connection.Streams.CreateStreamAsync(
            new CreateStreamRequest { StreamName = name, ShardCount = shards, Mode = StreamMode.OnDemand },
            cancellationToken: context.Cancellation);
        var stream = new ScratchStream(context, name, isOwn: true);
        await StreamState.WaitUntilActiveAsync(context, name);
        return stream;
    }

    public async ValueTask DisposeAsync()
    {
        if (!isOwn || Keep)
        {
            return;
        }

        try
        {
            // Not the command's token: an interrupted command cleans up too.
            await context.Connection.Streams.DeleteStreamAsync(
                new DeleteStreamRequest { StreamName = Name, EnforceConsumerDeletion = true }, deadline: DateTime.UtcNow + DeleteWithin);
        }
        catch (RpcException e)
        {
            Console.Error.WriteLine($"broker: the stream {Name} could not be deleted: {e.Status.Detail}");
        }
    }
}
