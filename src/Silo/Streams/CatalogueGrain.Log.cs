using Broker.Contracts.Streams;
using Microsoft.Extensions.Logging;

namespace Broker.Silo.Streams;

public sealed partial class CatalogueGrain
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Stream {Name} is being created: generation {Generation}")]
    private partial void LogCreating(string name, StreamGeneration generation);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "Stream {Name} of generation {Generation} is recorded, but its creation cannot begin now")]
    private partial void LogCreationDelayed(string name, StreamGeneration generation, Exception exception);

    [LoggerMessage(EventId = 3, Level = LogLevel.Information, Message = "The name {Name} is free: generation {Generation} is gone")]
    private partial void LogRemoved(string name, StreamGeneration generation);

    [LoggerMessage(EventId = 4, Level = LogLevel.Warning, Message = "Another activation of the catalogue of account {Account} took over; this one ends")]
    private partial void LogSuperseded(string account, Exception exception);
}
