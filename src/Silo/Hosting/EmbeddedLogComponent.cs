using System.Diagnostics.Metrics;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Embedded;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Silo.Hosting;

/// <summary>The embedded log, in the data directory.</summary>
internal sealed class EmbeddedLogComponent(IOptions<EmbeddedLogOptions> options, TimeProvider time, IMeterFactory meters, ILogger<EmbeddedLog> logger)
    : ShardLogComponent<EmbeddedLog>
{
    public StreamGeneration NewestStream => Log.NewestStream;

    protected override ValueTask<EmbeddedLog> CreateAsync(CancellationToken cancellationToken) =>
        EmbeddedLog.OpenAsync(options.Value, time, logger, cancellationToken, new CommitMetrics(meters, time, "embedded"));
}
