namespace Broker.Silo.Storage.Embedded;

/// <summary>Faults that tests switch on to prove that their checkers see them. None in production.</summary>
[Flags]
internal enum PlantedBugs
{
    None = 0,

    /// <summary>Appends of a superseded owner are let through.</summary>
    ForgotEpoch = 1,

    /// <summary>Appends are acknowledged, and can be read, when their write begins.</summary>
    AcknowledgedEarly = 2,

    /// <summary>The first damage found at start is taken for the torn end.</summary>
    CutMiddle = 4,
}
