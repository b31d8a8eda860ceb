namespace Broker.Tests.Conformance.Clients;

/// <summary>One check of a client: a JSON line that it printed.</summary>
/// <param name="Subject">The operation, error or behaviour that was checked.</param>
/// <param name="Check">What was checked of it.</param>
/// <param name="Result"><c>ok</c>, <c>failed</c>, or <c>unsupported</c> when the client itself has no such operation.</param>
/// <param name="Detail">Why it failed.</param>
public sealed record ClientResult(string Subject, string Check, string Result, string? Detail);
