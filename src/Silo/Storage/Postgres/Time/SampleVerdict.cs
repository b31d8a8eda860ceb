namespace Broker.Silo.Storage.Postgres.Time;

/// <summary>What a sample of the followed clock says beside what was expected of it.</summary>
internal enum SampleVerdict
{
    /// <summary>It is where it was expected, or the first one.</summary>
    Agrees,

    /// <summary>The answer took too long to tell anything.</summary>
    TooSlow,

    /// <summary>It is somewhere else; not believed yet.</summary>
    Disagrees,

    /// <summary>It has been going steadily somewhere else for long enough: followed from now on.</summary>
    Settled,
}
