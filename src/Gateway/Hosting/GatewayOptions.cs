using System.Diagnostics.CodeAnalysis;
using System.Net;
using Broker.Gateway.Compression;

namespace Broker.Gateway.Hosting;

/// <summary>How the gateway behaves. Configuration section <c>Broker:Gateway</c>.</summary>
public sealed class GatewayOptions
{
    /// <summary>A PutRecords request of 10 MiB with its overhead: up to 500 keys, tags and lengths.</summary>
    internal const int MaxMessageBytes = 12 * 1024 * 1024;

    /// <summary>The one endpoint for all protocols, <c>http://address:port</c>, or <c>https://</c> (<see cref="Tls.TlsOptions"/>); port 0 takes a free one. Default http://127.0.0.1:4567.</summary>
    public string Listen { get; set; } = "http://127.0.0.1:4567";

    /// <summary>How long a put is tried, where its call has no earlier deadline. Default 10 seconds.</summary>
    public TimeSpan AppendTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long one attempt at a shard may take before its outcome is held unknown. Default 5 seconds.</summary>
    public TimeSpan AppendAttemptTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether blocks are compressed before they go to their shards. Default Auto: in a cluster by LZ4, embedded not.</summary>
    public CompressionMode Compression { get; set; } = CompressionMode.Auto;

    /// <summary>Encoded bytes of puts in flight in the gateway. Default 256 MiB.</summary>
    public long MaxInFlightBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>Encoded bytes of puts in flight to one shard. Default 16 MiB.</summary>
    public long MaxInFlightBytesPerShard { get; set; } = 16L * 1024 * 1024;

    /// <summary>Encoded bytes of unacknowledged batches of one Produce session. Default 32 MiB.</summary>
    public long MaxInFlightBytesPerSession { get; set; } = 32L * 1024 * 1024;

    /// <summary>Bytes of messages above 64 KiB that calls have begun to send and whose handling has not ended. Default 128 MiB.</summary>
    public long MaxMessageBytesInFlight { get; set; } = 128L * 1024 * 1024;

    /// <summary>Bytes of GetRecords' answers above 64 KiB that clients have not read yet. Default 256 MiB.</summary>
    public long MaxAnswerBytesInFlight { get; set; } = 256L * 1024 * 1024;

    /// <summary>How long a client may take to read such an answer before its connection is cut off. Default 1 minute.</summary>
    public TimeSpan AnswerTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a message may take to arrive, from its first byte; of a call that sends one alone, from the call's begin. Default 30 seconds.</summary>
    public TimeSpan MessageTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a new connection may say nothing. Default 30 seconds.</summary>
    public TimeSpan SilentConnectionTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Flow-control window of one HTTP/2 stream. Default 2 MiB.</summary>
    public int Http2StreamWindowBytes { get; set; } = 2 * 1024 * 1024;

    /// <summary>Flow-control window of one HTTP/2 connection. Default 8 MiB.</summary>
    public int Http2ConnectionWindowBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>How often a subscription without records tells that it lives; at most 5 seconds. Default 4 seconds.</summary>
    public TimeSpan SubscriptionHeartbeat { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a subscription over the AWS protocols lives before its client has to subscribe again. Default 5 minutes, as at AWS.</summary>
    public TimeSpan SubscriptionLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long requests are still taken after the process was told to stop, while /readyz says no: longer than balancers need to notice that.
    /// At most 5 minutes. Default zero.
    /// </summary>
    public TimeSpan DrainDelay { get; set; } = TimeSpan.Zero;

    /// <summary>All faults of the values at once; empty when they are sound.</summary>
    public IEnumerable<string> Faults()
    {
        if (!TryGetEndPoint(out var endPoint))
        {
            yield return $"Broker:Gateway:Listen is '{Listen}': it must be http:// or https:// with an IP address or localhost, and a port, such as http://127.0.0.1:4567.";
        }

        if (!Enum.IsDefined(Compression))
        {
            yield return $"Broker:Gateway:{nameof(Compression)} is {Compression}: it must be one of {string.Join(", ", Enum.GetNames<CompressionMode>())}.";
        }

        foreach (var (name, value) in new (string, TimeSpan)[]
        {
            (nameof(AppendTimeout), AppendTimeout),
            (nameof(AppendAttemptTimeout), AppendAttemptTimeout),
            (nameof(MessageTimeout), MessageTimeout),
            (nameof(AnswerTimeout), AnswerTimeout),
            (nameof(SilentConnectionTimeout), SilentConnectionTimeout),
            (nameof(SubscriptionHeartbeat), SubscriptionHeartbeat),
            (nameof(SubscriptionLifetime), SubscriptionLifetime),
        })
        {
            if (value <= TimeSpan.Zero)
            {
                yield return $"Broker:Gateway:{name} is {value}: it must be longer than zero.";
            }
        }

        if (DrainDelay < TimeSpan.Zero || DrainDelay > TimeSpan.FromMinutes(5))
        {
            yield return $"Broker:Gateway:{nameof(DrainDelay)} is {DrainDelay}: it must be 0 to 5 minutes.";
        }

        if (SubscriptionHeartbeat > TimeSpan.FromSeconds(5))
        {
            yield return $"Broker:Gateway:{nameof(SubscriptionHeartbeat)} is {SubscriptionHeartbeat}: it must be at most 5 seconds.";
        }

        foreach (var (name, value, least) in new (string, long, long)[]
        {
            (nameof(MaxInFlightBytes), MaxInFlightBytes, 1),
            (nameof(MaxInFlightBytesPerShard), MaxInFlightBytesPerShard, 1),
            (nameof(MaxInFlightBytesPerSession), MaxInFlightBytesPerSession, 1),
            (nameof(MaxMessageBytesInFlight), MaxMessageBytesInFlight, 1),
            (nameof(MaxAnswerBytesInFlight), MaxAnswerBytesInFlight, 1),
            (nameof(Http2StreamWindowBytes), Http2StreamWindowBytes, 65_535),
            (nameof(Http2ConnectionWindowBytes), Http2ConnectionWindowBytes, 65_535),
        })
        {
            if (value < least)
            {
                yield return $"Broker:Gateway:{name} is {value}: it must be at least {least}.";
            }
        }
    }

    /// <summary>Whether the one endpoint is TLS's.</summary>
    internal bool IsHttps => Listen.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Where <see cref="Listen"/> says to listen; false where it says nothing that can be understood.</summary>
    /// <param name="endPoint">The address; its port is 0 for one that is free.</param>
    public bool TryGetEndPoint([NotNullWhen(true)] out IPEndPoint? endPoint) =>
        TryParse(Listen, IsHttps ? Uri.UriSchemeHttps : Uri.UriSchemeHttp, out endPoint);

    internal static bool TryParse(string text, string scheme, [NotNullWhen(true)] out IPEndPoint? endPoint)
    {
        endPoint = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme != scheme || url.PathAndQuery != "/")
        {
            return false;
        }

        var host = url.IdnHost == "localhost" ? IPAddress.Loopback : null;
        if (host is null && !IPAddress.TryParse(url.IdnHost, out host))
        {
            return false;
        }

        endPoint = new IPEndPoint(host, url.Port);
        return true;
    }
}
