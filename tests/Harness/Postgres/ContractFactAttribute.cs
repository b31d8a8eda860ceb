using Xunit;
using Xunit.Sdk;

namespace Broker.Tests.Harness.Postgres;

/// <summary>A test of a contract with several implementations: those of a class with <see cref="UsesPostgresAttribute"/> run as <see cref="PostgresFactAttribute"/> has it.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Broker.Tests.Harness.Postgres.ContractFactDiscoverer", "Broker.Harness")]
public sealed class ContractFactAttribute : FactAttribute;
