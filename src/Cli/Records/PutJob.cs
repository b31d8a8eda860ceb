using System.Buffers;
using Broker.Cli.Client;

namespace Broker.Cli.Records;

/// <summary>Puts the lines of an input, a record a line, in full batches while input comes fast and at once when it pauses.</summary>
/// <remarks>
/// Empty lines are skipped. A line that is no record, and a batch that fails for good, end the job with their error when everything
/// before is dealt with; nothing is passed over silently, and the summary counts what was put.
/// </remarks>
internal sealed class PutJob(ProducerSession session, KeySelector keys, double? recordsPerSecond, TimeProvider time)
{
    /// <summary>Input that pauses longer than this is sent as it is.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(5);

    /// <summary>With nothing to send, how often a failure is looked for while input is waited for.</summary>
    private static readonly TimeSpan LongPatience = TimeSpan.FromMilliseconds(250);

    private readonly BatchBuilder batch = new();
    private readonly PutSummary summary = new(time);
    private readonly TaskCompletionSource failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> counting = [];
    private long lineNumber;
    private long batchFirstLine;
    private long batchLastLine;
    private long batchDataBytes;
    private long taken;
    private long inputBytes;

    public PutSummary Summary => summary;

    /// <summary>Bytes of the input that were taken so far.</summary>
    public long InputBytes => Interlocked.Read(ref inputBytes);

    public async Task RunAsync(Stream input, CancellationToken cancellation)
    {
        CommandException? badLine = null;
        try
        {
            await PutAllAsync(new LineReader(input), cancellation);
        }
        catch (CommandException e)
        {
            badLine = e;
            await FlushAsync(cancellation);
        }

        // What is under way is waited for, so that the summary tells all that was put, also when something failed.
        await Task.WhenAll(counting).WaitAsync(cancellation);
        if (failed.Task.IsFaulted)
        {
            await failed.Task;
        }

        if (badLine is not null)
        {
            throw badLine;
        }
    }

    private async Task PutAllAsync(LineReader lines, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (!failed.Task.IsFaulted)
        {
            while (TryAdd(lines))
            {
                if (batch.IsFull || IsPaced(began))
                {
                    await FlushAsync(cancellation);
                    await PaceAsync(began, cancellation);
                }
            }

            Interlocked.Exchange(ref inputBytes, lines.BytesRead);
            var more = await lines.ReadMoreAsync(batch.Count > 0 ? Patience : LongPatience, cancellation);
            if (more is not true)
            {
                await FlushAsync(cancellation);
            }

            if (more is false)
            {
                break;
            }
        }
    }

    private bool TryAdd(LineReader lines)
    {
        byte[]? rented = null;
        try
        {
            ReadOnlySequence<byte> line;
            do
            {
                lineNumber++;
                if (!lines.TryTake(out line))
                {
                    lineNumber--;
                    return false;
                }
            }
            while (line.IsEmpty);

            scoped ReadOnlySpan<byte> data;
            if (line.IsSingleSegment)
            {
                data = line.FirstSpan;
            }
            else
            {
                rented = ArrayPool<byte>.Shared.Rent((int)line.Length);
                line.CopyTo(rented);
                data = rented.AsSpan(0, (int)line.Length);
            }

            var key = keys.KeyOf(data);
            batchFirstLine = batch.Count == 0 ? lineNumber : batchFirstLine;
            batchLastLine = lineNumber;
            batch.Add(key, data);
            batchDataBytes += data.Length;
            taken++;
            return true;
        }
        catch (FormatException e)
        {
            throw new CommandException($"line {lineNumber} {e.Message}.");
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    private async ValueTask FlushAsync(CancellationToken cancellation)
    {
        if (failed.Task.IsFaulted || batch.Count == 0)
        {
            return;
        }

        var dataBytes = batchDataBytes;
        var count = batch.Count;
        batchDataBytes = 0;
        var lines = batchFirstLine == batchLastLine ? $"line {batchLastLine}" : $"lines {batchFirstLine} to {batchLastLine}";
        var ticket = await session.SendAsync(batch.Take(), count, cancellation);
        counting.RemoveAll(task => task.IsCompleted);
        counting.Add(CountAsync(ticket, dataBytes, lines));
    }

    private async Task CountAsync(ProduceTicket ticket, long dataBytes, string lines)
    {
        try
        {
            var ack = await ticket.Acknowledged;
            if (ack.ErrorCode.Length > 0)
            {
                throw new CommandException($"{lines}: {ack.ErrorCode}: {ack.ErrorMessage}");
            }

            summary.Add(ack, ticket.RecordCount, dataBytes);
        }
        catch (Exception e)
        {
            failed.TrySetException(e);
            _ = failed.Task.Exception;
        }
    }

    /// <summary>With a rate, small batches go out evenly instead of large ones in jerks.</summary>
    private bool IsPaced(long began) => recordsPerSecond is { } rate && taken >= rate * time.GetElapsedTime(began).TotalSeconds;

    private async ValueTask PaceAsync(long began, CancellationToken cancellation)
    {
        if (recordsPerSecond is { } rate)
        {
            var early = TimeSpan.FromSeconds(taken / rate) - time.GetElapsedTime(began);
            if (early > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(early, time, cancellation);
            }
        }
    }
}
