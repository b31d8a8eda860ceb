using System.Globalization;
using Broker.Contracts.Errors;
using Broker.Contracts.Leases;

namespace Broker.Silo.Leases;

/// <summary>The errors of lease tables: each names the thing, the value and the rule.</summary>
internal static class LeaseErrors
{
    public static BrokerException ApplicationNotFound(string application, string account) =>
        new(BrokerErrorCode.ResourceNotFound, $"Application {application} under account {account} not found.");

    public static BrokerException StreamNotFound(string stream, string account) =>
        new(BrokerErrorCode.ResourceNotFound, $"Stream {stream} under account {account} not found.");

    public static BrokerException TooManyWorkers(string application, int limit) => new(
        BrokerErrorCode.LimitExceeded, Text($"Application {application} has {limit} workers, the most that it may have (Broker:Leases:MaxWorkers)."));

    public static BrokerException TooManyStreams(string application, int count, int limit) => new(
        BrokerErrorCode.LimitExceeded,
        Text($"Application {application} would have {count} streams: it may have at most {limit} (Broker:Leases:MaxStreams)."));

    public static BrokerException IsHeld(string application, int count) => new(
        BrokerErrorCode.ResourceInUse,
        Text($"Workers of application {application} hold {count} lease(s): stop them, or do it by force."));

    public static LeaseResult Lost(in LeaseHold hold, string? owner) => new(
        BrokerErrorCode.LeaseLost,
        owner == hold.Worker
            ? Text($"The lease of {hold.Shard.Shard} was granted anew: worker {hold.Worker} does not hold it under counter {hold.Counter} any more.")
            : Text($"The lease of {hold.Shard.Shard} is lost: {(owner is null ? "nobody" : $"worker {owner}")} has it, and not worker {hold.Worker} under counter {hold.Counter}."));

    public static LeaseResult Backwards(in LeaseHold hold, in LeaseCheckpoint checkpoint, in LeaseCheckpoint present) => new(
        BrokerErrorCode.InvalidArgument,
        $"The checkpoint {checkpoint} of {hold.Shard.Shard} is below {present}, where the lease is: checkpoints only rise.");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
