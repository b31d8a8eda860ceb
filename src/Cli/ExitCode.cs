namespace Broker.Cli;

/// <summary>What the process answers to its caller; stable, scripts rest on it.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Success = 0;

    /// <summary>The broker answered with an error, the input was bad, or a verification found a fault.</summary>
    public const int Failure = 1;

    /// <summary>The command line does not parse.</summary>
    public const int Usage = 2;

    /// <summary>Nothing answers at the endpoint.</summary>
    public const int CannotConnect = 3;

    /// <summary>Ended by SIGINT or SIGTERM before it was done.</summary>
    public const int Interrupted = 130;
}
