using Microsoft.Extensions.Logging;

namespace Broker.Gateway.Groups;

internal sealed partial class GroupMember
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Application {Application}, worker {Worker}: {Shard} cannot be read now; tried again")]
    private partial void LogReadFailed(string application, string worker, string shard, Exception exception);

    [LoggerMessage(EventId = 2, Level = LogLevel.Debug, Message = "Application {Application}, worker {Worker}: its leases cannot be told now; asked again")]
    private partial void LogReportFailed(string application, string worker, Exception exception);

    [LoggerMessage(EventId = 3, Level = LogLevel.Debug, Message = "Application {Application}, worker {Worker}: that its call broke cannot be told: {Reason}")]
    private partial void LogDisconnectNotTold(string application, string worker, string reason);
}
