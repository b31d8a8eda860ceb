using Microsoft.Extensions.Logging;

namespace Broker.Gateway.Hosting.Tls;

public sealed partial class ServerCertificate
{
    [LoggerMessage(LogLevel.Information, "The certificate {File} has changed; the new one is good until {NotAfter:u}.")]
    private partial void LogChanged(string file, DateTime notAfter);

    [LoggerMessage(LogLevel.Warning, "The certificate {File} has changed and cannot be used; the one before stays in force. {Fault}")]
    private partial void LogFaulty(string file, string fault);
}
