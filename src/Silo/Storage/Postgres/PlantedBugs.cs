namespace Broker.Silo.Storage.Postgres;

/// <summary>Faults that tests switch on to prove that their checkers see them. None in production.</summary>
[Flags]
internal enum PlantedBugs
{
    None = 0,

    /// <summary>Commits are taken from whoever makes them, at whatever epoch and place, and put over what is there.</summary>
    ForgotFence = 1,
}
