namespace Broker.Load.Results;

/// <summary>On which side of a bound a value has to be.</summary>
internal enum Bound
{
    AtLeast,
    AtMost,
}
