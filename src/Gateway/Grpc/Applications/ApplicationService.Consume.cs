using Broker.Contracts.Errors;
using Broker.Contracts.Leases;
using Broker.Gateway.Groups;
using Broker.Gateway.Grpc.Access;
using Broker.Gateway.Grpc.Streams;
using Broker.Gateway.Hosting;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Applications;

public sealed partial class ApplicationService
{
    private const int MaxStreams = 100;
    private const double MaxCapacity = 1_000;
    private const long StandardCredit = 4 * 1024 * 1024;
    private static readonly TimeSpan LongestTime = TimeSpan.FromMinutes(10);

    public async Task Consume(
        IAsyncStreamReader<V1.ConsumeRequest> requestStream, IServerStreamWriter<ConsumeFrame> responseStream, ServerCallContext context)
    {
        drain.Enter();
        try
        {
            var join = await requestStream.MoveNext(context.CancellationToken) ? requestStream.Current.Join : null;
            var command = ReadJoin(join ?? throw new BrokerException(BrokerErrorCode.InvalidArgument, "The first message must be join."));
            if (authorizer.IsOn)
            {
                var caller = GrpcAuthorization.CallerOf(context);
                await authorizer.DemandAsync(caller, "kinesis:Consume", identity.ApplicationArn(join.ApplicationName), context.CancellationToken);
                foreach (var stream in command.Streams)
                {
                    await authorizer.DemandAsync(caller, "kinesis:SubscribeToShard", identity.StreamArn(stream), context.CancellationToken);
                }
            }

            using var member = new GroupMember(
                members,
                join.ApplicationName,
                command,
                join.CreditBytes == 0 ? StandardCredit : join.CreditBytes,
                join.LeaseCreditBytes,
                responseStream,
                context.CancellationToken);
            await member.RunAsync(requestStream, drain.Draining);
        }
        catch (Exception) when (drain.Draining.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw GatewayDrain.Stopping();
        }
        finally
        {
            drain.Leave();
        }
    }

    private JoinCommand ReadJoin(V1.ConsumeJoin join)
    {
        Checked(join.ApplicationName);
        StreamRequests.Check(
            join.StreamNames.Count is >= 1 and <= MaxStreams, $"stream_names has {join.StreamNames.Count} members: it must have 1 to {MaxStreams}.");
        foreach (var stream in join.StreamNames)
        {
            StreamRequests.CheckName("stream_names", stream);
        }

        var worker = join.WorkerId.Length == 0 ? Guid.NewGuid().ToString("N") : join.WorkerId;
        StreamRequests.Check(
            ApplicationName.IsValidWorker(worker), $"worker_id is '{StreamRequests.Shorten(worker)}': it must be {ApplicationName.WorkerRule}.");
        StreamRequests.Check(join.MaxLeases >= 0, $"max_leases is {join.MaxLeases}: it must be 0 or more.");
        StreamRequests.Check(
            join.Capacity is >= 0 and <= MaxCapacity, FormattableString.Invariant($"capacity is {join.Capacity}: it must be 0 to {MaxCapacity}."));
        StreamRequests.Check(
            join.CreditBytes is >= 0 and <= ConsumeCredit.MaxBytes, $"credit_bytes is {join.CreditBytes}: it must be 0 to {ConsumeCredit.MaxBytes}.");
        StreamRequests.Check(
            join.LeaseCreditBytes is >= 0 and <= ConsumeCredit.MaxBytes,
            $"lease_credit_bytes is {join.LeaseCreditBytes}: it must be 0 to {ConsumeCredit.MaxBytes}.");
        return new JoinCommand(
            worker,
            Guid.NewGuid(),
            [.. join.StreamNames.Distinct(StringComparer.Ordinal)],
            LeaseMessages.ReadPosition("initial_position", join.InitialPosition, clock.GetUtcNow()),
            join.MaxLeases,
            join.Capacity == 0 ? 1 : join.Capacity,
            ReadTime("failover_time", join.FailoverTime, TimeSpan.FromSeconds(2)),
            ReadTime("hand_over_time", join.HandOverTime, TimeSpan.FromSeconds(1)));
    }

    private static TimeSpan? ReadTime(string member, Google.Protobuf.WellKnownTypes.Duration? duration, TimeSpan least)
    {
        if (duration is null)
        {
            return null;
        }

        // Not ToTimeSpan first: it throws where the message is out of its own bounds.
        StreamRequests.Check(
            duration.Seconds >= (long)least.TotalSeconds && duration.Seconds <= (long)LongestTime.TotalSeconds && duration.Nanos is >= 0 and < 1_000_000_000,
            $"{member} is {duration.Seconds} seconds: it must be {least.TotalSeconds} to {LongestTime.TotalSeconds}.");
        return duration.ToTimeSpan();
    }
}
