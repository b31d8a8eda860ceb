namespace Broker.Tests.Harness.Wire;

/// <summary>How an SDK marks an attempt of a call, so that the server knows it again.</summary>
/// <param name="Invocation">The same for all attempts of the call.</param>
/// <param name="Number">1 for the first.</param>
public sealed record AwsAttempt(string Invocation, int Number);
