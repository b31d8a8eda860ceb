namespace Broker.Tests.Harness.Postgres;

/// <summary>The class's contract tests need PostgreSQL.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class UsesPostgresAttribute : Attribute;
