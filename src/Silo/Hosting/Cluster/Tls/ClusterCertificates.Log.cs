using Microsoft.Extensions.Logging;

namespace Broker.Silo.Hosting.Cluster.Tls;

internal sealed partial class ClusterCertificates
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "The cluster's certificates have changed; {File} is good until {NotAfter:u}.")]
    private partial void LogChanged(string file, DateTime? notAfter);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "The cluster's certificates have changed and cannot be used; those before stay in force ({File}). {Fault}")]
    private partial void LogFaulty(string file, string fault);
}
