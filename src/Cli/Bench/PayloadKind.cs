namespace Broker.Cli.Bench;

/// <summary>What records of a bench consist of, and so how well they compress.</summary>
internal enum PayloadKind
{
    /// <summary>Text that compresses by half.</summary>
    Text,

    /// <summary>Random bytes, which do not compress.</summary>
    Random,

    /// <summary>JSON flight events.</summary>
    Events,
}
