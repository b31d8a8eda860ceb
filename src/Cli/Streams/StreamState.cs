using Broker.Cli.Output;
using Broker.Kcl.Connection;
using Broker.V1;
using Grpc.Core;
using Spectre.Console;

namespace Broker.Cli.Streams;

/// <summary>Waits for a stream to become ACTIVE or to be gone, with a spinner on a terminal.</summary>
internal static class StreamState
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    public static Task<StreamDescription> WaitUntilActiveAsync(ClientContext context, string name) =>
        WithSpinner(context, $"waiting for {name} to become ACTIVE", () => PollAsync(context, name));

    public static Task WaitUntilGoneAsync(ClientContext context, string name) =>
        WithSpinner(context, $"waiting for {name} to be deleted", async () =>
        {
            try
            {
                for (var pause = FirstPause; ; pause = Longer(pause))
                {
                    var stream = await DescribeAsync(context, name);
                    if (stream.Status != StreamStatus.Deleting)
                    {
                        return true; // A new stream has the name already.
                    }

                    await Task.Delay(pause, context.Cancellation);
                }
            }
            catch (RpcException e) when (RpcFaults.ReasonOf(e) == "RESOURCE_NOT_FOUND" || e.StatusCode == StatusCode.NotFound)
            {
                return true;
            }
        });

    public static async Task<StreamDescription> DescribeAsync(ClientContext context, string name) =>
        (await context.Connection.Streams.DescribeStreamSummaryAsync(
            new DescribeStreamSummaryRequest { StreamName = name }, cancellationToken: context.Cancellation)).Stream;

    /// <summary>Waits if asked to, then answers with the stream's summary.</summary>
    public static async Task<int> AnswerAsync(ClientContext context, string name, bool noWait, string done)
    {
        var stream = noWait ? await DescribeAsync(context, name) : await WaitUntilActiveAsync(context, name);
        context.Answer(stream, console => console.WriteLine($"{done} {StreamTables.OneLine(stream)}"));
        return ExitCode.Success;
    }

    private static async Task<StreamDescription> PollAsync(ClientContext context, string name)
    {
        for (var pause = FirstPause; ; pause = Longer(pause))
        {
            var stream = await DescribeAsync(context, name);
            if (stream.Status == StreamStatus.Active)
            {
                return stream;
            }

            if (stream.Status == StreamStatus.Deleting)
            {
                throw new CommandException($"{name} is being deleted.");
            }

            await Task.Delay(pause, context.Cancellation);
        }
    }

    private static TimeSpan Longer(TimeSpan pause) => pause * 2 > LongestPause ? LongestPause : pause * 2;

    private static Task<T> WithSpinner<T>(ClientContext context, string what, Func<Task<T>> work) => context.ShowProgress
        ? context.Error.Status().StartAsync(Markup.Escape(what), _ => work())
        : work();
}
