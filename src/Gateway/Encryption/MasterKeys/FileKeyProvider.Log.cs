using Microsoft.Extensions.Logging;

namespace Broker.Gateway.Encryption.MasterKeys;

public sealed partial class FileKeyProvider
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Master keys: {Faults}")]
    private static partial void LogFaults(ILogger logger, string faults);

    [LoggerMessage(Level = LogLevel.Information, Message = "A key was made for {Alias} in {Path}: without that file nothing that is encrypted under it can be read")]
    private static partial void LogMade(ILogger logger, string alias, string path);
}
