namespace Broker.Kcl.Producer;

/// <summary>One sending of a record, with the batch that held it.</summary>
/// <param name="Duration">From handing the batch to the connection until its answer, or until the connection was lost.</param>
/// <param name="ErrorCode">Why it did not succeed: the broker's reason or one of <see cref="PutErrorCode"/>; null for the one that did.</param>
/// <param name="ErrorMessage">The same in words.</param>
public sealed record PutAttempt(TimeSpan Duration, string? ErrorCode, string? ErrorMessage);
