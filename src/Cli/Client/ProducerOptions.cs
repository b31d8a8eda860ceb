namespace Broker.Cli.Client;

/// <summary>How a <see cref="ProducerSession"/> behaves.</summary>
internal sealed record ProducerOptions
{
    /// <summary>Most batches unacknowledged at once; the broker's own bound holds as well. Default 32.</summary>
    public int MaxInFlightBatches { get; init; } = 32;

    /// <summary>How long a lost connection is sought again before the session gives up. Default 60 s.</summary>
    public TimeSpan ReconnectFor { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the opening of a session may take until it is tried again, which may lead to another gateway. Default 5 s.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Told each time the connection is lost, with the reason.</summary>
    public Action<Exception>? Disconnected { get; init; }
}
