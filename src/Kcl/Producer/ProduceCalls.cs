using Broker.V1;
using Grpc.Core;
using ProduceCall = Grpc.Core.AsyncDuplexStreamingCall<Broker.Kcl.Producer.ProduceFrame, Broker.V1.ProduceResponse>;

namespace Broker.Kcl.Producer;

/// <summary>One Produce call from its opening to its end, whoever decides what is sent on it.</summary>
internal static class ProduceCalls
{
    /// <summary>How long the reason is waited for when a call has ended.</summary>
    public static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(2);

    /// <summary>What tells gRPC's client how to compress messages; it is not sent itself.</summary>
    private const string EncodingHeader = "grpc-internal-encoding-request";

    /// <summary>Makes a call and opens a session on it.</summary>
    /// <param name="invoker">The connection.</param>
    /// <param name="open">The session.</param>
    /// <param name="isCompressed">Whether messages go compressed.</param>
    /// <param name="timeout">How long that may take.</param>
    /// <param name="time">The clock.</param>
    /// <param name="lifetime">Ends the call.</param>
    /// <param name="cancellation">Gives up opening it.</param>
    /// <exception cref="RpcException">The broker refuses, or is not there.</exception>
    public static async Task<(ProduceCall Call, ProduceOpened Opened)> OpenAsync(
        CallInvoker invoker, ProduceOpen open, bool isCompressed, TimeSpan timeout, TimeProvider time, CancellationToken lifetime, CancellationToken cancellation)
    {
        var headers = isCompressed ? new Metadata { { EncodingHeader, "gzip" } } : null;
        var call = invoker.AsyncDuplexStreamingCall(ProduceFrame.Method, null, new CallOptions(headers, cancellationToken: lifetime));
        try
        {
            var opening = OpenAsync(call, open, cancellation);
            if (!await opening.WaitAsync(timeout, time, cancellation) || call.ResponseStream.Current.Opened is not { } opened)
            {
                throw new RpcException(new Status(StatusCode.Internal, "The broker did not answer the opening of the session."));
            }

            return (call, opened);
        }
        catch (Exception e)
        {
            // A write that failed says little; the call's end has the reason.
            var reason = e is RpcException or OperationCanceledException or TimeoutException ? e : await EndOfAsync(call) ?? e;
            call.Dispose();
            if (ReferenceEquals(reason, e))
            {
                throw;
            }

            throw reason;
        }
    }

    /// <summary>Sends and receives until either ends; always ends by an exception.</summary>
    /// <param name="call">The call, which is disposed of.</param>
    /// <param name="receive">Receives until the call ends.</param>
    /// <param name="send">Sends until it is cancelled or the call ends.</param>
    /// <param name="ended">Told that the call is over.</param>
    /// <param name="time">The clock.</param>
    /// <param name="closing">Ends it.</param>
    public static async Task RunAsync(
        ProduceCall call, Func<CancellationToken, Task> receive, Func<CancellationToken, Task> send, Action ended, TimeProvider time, CancellationToken closing)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(closing);
        var receiving = receive(stop.Token);
        var sending = send(stop.Token);
        var first = await Task.WhenAny(receiving, sending);
        ended();

        // A write fails because the call ended; the reason comes by the read.
        if (first == sending && sending.IsFaulted)
        {
            await Task.WhenAny(receiving, Task.Delay(EndPatience, time, CancellationToken.None));
        }

        var over = receiving.IsFaulted ? receiving : first;
        await stop.CancelAsync();
        call.Dispose();
        await Task.WhenAll(receiving, sending).ContinueWith(static all => all.Exception, TaskScheduler.Default);
        await over;
        throw new RpcException(new Status(StatusCode.Unavailable, "The broker ended the session."));
    }

    /// <summary>Writes a frame; a call that is over fails as a lost connection does.</summary>
    /// <exception cref="IOException">The call is over.</exception>
    public static Task WriteAsync(ProduceCall call, ProduceFrame frame, CancellationToken cancellation)
    {
        // Once a batch, and most are taken at once: no state is kept for those.
        var writing = call.RequestStream.WriteAsync(frame, cancellation);
        return writing.IsCompletedSuccessfully ? writing : WaitAsync(writing);
    }

    private static async Task WaitAsync(Task writing)
    {
        try
        {
            await writing;
        }
        catch (InvalidOperationException e)
        {
            throw new IOException("The call is over.", e);
        }
    }

    private static async Task<bool> OpenAsync(ProduceCall call, ProduceOpen open, CancellationToken cancellation)
    {
        await call.RequestStream.WriteAsync(ProduceFrame.Open(open), cancellation);
        return await call.ResponseStream.MoveNext(cancellation);
    }

    private static async Task<Exception?> EndOfAsync(ProduceCall call)
    {
        try
        {
            await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(EndPatience);
            return null;
        }
        catch (RpcException e)
        {
            return e;
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            return null;
        }
    }
}
