using Broker.Contracts.Streams;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Auth.Keys;

/// <summary>The keys that are known now. Reads them again every <see cref="AuthOptions.KeysPollInterval"/>; faulty ones are told and the last good ones kept.</summary>
/// <remarks>Files are read whole each time, so that one replaced by a rename, by a link, or behind a mount is noticed like any other.</remarks>
public sealed partial class AccessKeys : BackgroundService
{
    private readonly AuthOptions options;
    private readonly BrokerIdentity identity;
    private readonly TimeProvider clock;
    private readonly ILogger<AccessKeys> logger;
    private volatile KeyRing ring = KeyRing.Empty;
    private string told = "";

    public AccessKeys(IOptions<AuthOptions> options, BrokerIdentity identity, TimeProvider clock, ILogger<AccessKeys> logger)
    {
        this.options = options.Value;
        this.identity = identity;
        this.clock = clock;
        this.logger = logger;
        if (this.options.Mode == AuthMode.On)
        {
            Reload();
        }
    }

    /// <summary>Reads the keys now; keeps those that are known where something is wrong.</summary>
    /// <returns>Whether nothing was wrong.</returns>
    public bool Reload()
    {
        var read = KeysFile.Read(options, identity, out var faults);
        if (faults.Count == 0)
        {
            // Also where nothing has changed: then it costs the caches of an interval.
            ring = read;
            if (told.Length > 0)
            {
                told = "";
                LogGood(read.Count);
            }

            return true;
        }

        var text = string.Join(' ', faults);
        if (text != told)
        {
            told = text;
            LogFaulty(text);
        }

        return false;
    }

    /// <summary>Whether a caller may be known by a client certificate.</summary>
    internal bool HasCertificates => ring.HasCertificates;

    internal AccessKey? Find(ReadOnlySpan<char> accessKeyId) => ring.Find(accessKeyId);

    internal ClientCertificate? FindCertificate(string fingerprint) => ring.FindCertificate(fingerprint);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Mode != AuthMode.On)
        {
            return;
        }

        using var timer = new PeriodicTimer(options.KeysPollInterval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                Reload();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
    }
}
