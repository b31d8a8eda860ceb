using Broker.Contracts.Grains;
using Broker.Silo.Storage;

namespace Broker.Silo.Shards;

/// <content>
/// A log that went back: its database was restored, or failed over to a standby that lagged. What it holds is compared with what this
/// process, the shard's lineage, gateways and readers were told. A loss is noted in the log before anybody hears of it, so that whoever
/// opens the shard next knows it too; it ends by an operator's word alone.
/// </content>
internal sealed partial class Shard
{
    /// <summary>Who knows the position that a call comes with.</summary>
    internal const string GatewayWitness = "a gateway";

    /// <summary>Who knows the position that is read from.</summary>
    internal const string ReaderWitness = "a reader";

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private long? lookedAt;

    /// <summary>Told of a loss that was found here: how many records at least.</summary>
    public Action<long>? OnLoss { get; init; }

    /// <summary>Sees whether what is known of the shard's end fits its owner, and notes a loss where it does not.</summary>
    /// <returns>False where another owner has the shard.</returns>
    /// <exception cref="StorageException">The log does not answer.</exception>
    public async ValueTask<bool> IsOwnerOfAsync(WriterSession writer, KnownEnd known, string witness, CancellationToken cancellationToken)
    {
        if (writer.LostEnd is not null)
        {
            // Nothing is appended any more that would show that an operator let the shard go on.
            if (lookedAt is { } last && time.GetElapsedTime(last) < LookEvery)
            {
                return true;
            }

            lookedAt = time.GetTimestamp();
            return await IsCurrentAsync(writer, cancellationToken);
        }

        if (!writer.Contradicts(known))
        {
            return true;
        }

        if (!await IsCurrentAsync(writer, cancellationToken))
        {
            return false;
        }

        await NoteAsync(writer, writer.LossOf(known, witness), cancellationToken);
        return true;
    }

    /// <summary>Asks the log whether it is where its owner left it; one that went back is opened anew, by which its loss is noted.</summary>
    /// <exception cref="StorageException">The log does not answer.</exception>
    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        if (session is { Failed: false, LostEnd: null } writer)
        {
            // Before the question: what is committed meanwhile is no loss.
            var known = writer.End;
            var head = await log.PeekAsync(key, cancellationToken);
            if (head.NextPosition >= known.Position && head.Epoch >= known.Epoch)
            {
                return;
            }

            writer.Abandon();
        }

        if (session is { Failed: true, Superseded: false })
        {
            await OpenSessionOnceAsync(cancellationToken);
        }
    }

    /// <summary>Compares what was just opened with what this process and the lineage know.</summary>
    private async ValueTask CompareAsync(WriterSession opened, ShardHead head, CancellationToken cancellationToken)
    {
        if (head.LostEnd is not null)
        {
            LogStillLost(logger, key, head.NextPosition, head.LostEnd.Value);
            return;
        }

        if (session is { } earlier && (earlier.CommittedPosition > head.NextPosition || earlier.Epoch >= head.Epoch))
        {
            await NoteAsync(opened, opened.LossOf(earlier.End, "this silo, which owned the shard before"), cancellationToken);
        }
        else if (self.ClosedPosition > head.NextPosition)
        {
            await NoteAsync(opened, opened.LossOf(new KnownEnd(self.ClosedPosition.Value, 0), "the stream, where the shard was closed"), cancellationToken);
        }
    }

    private async ValueTask NoteAsync(WriterSession writer, ShardLoss loss, CancellationToken cancellationToken)
    {
        if (await log.NoteLossAsync(key, loss, cancellationToken))
        {
            lookedAt = time.GetTimestamp();
            writer.Lose(loss.Known.Position);
            LogLost(logger, key, loss.FoundPosition, loss.Epoch, loss.Known.Position, loss.Known.Epoch, loss.Witness);
            OnLoss?.Invoke(Math.Max(0, loss.Known.Position - loss.FoundPosition));
        }
    }

    private async ValueTask<bool> IsCurrentAsync(WriterSession writer, CancellationToken cancellationToken)
    {
        if (await log.IsCurrentAsync(key, writer.Epoch, cancellationToken))
        {
            return true;
        }

        writer.Supersede();
        return false;
    }

    private string AnotherOwner() => $"Shard {key.Shard} has another owner.";
}
