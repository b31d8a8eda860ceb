using Xunit.Abstractions;
using Xunit.Sdk;

namespace Broker.Tests.Harness.Postgres;

/// <summary>A case of <see cref="ContractFactAttribute"/>: skipped by what its class needs.</summary>
public sealed class ContractTestCase : XunitTestCase
{
    [Obsolete("For deserialisation by xunit alone.", error: true)]
    public ContractTestCase()
    {
    }

    public ContractTestCase(IMessageSink diagnostics, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod method)
        : base(diagnostics, display, options, method)
    {
    }

    protected override string? GetSkipReason(IAttributeInfo factAttribute) =>
        TestMethod.TestClass.Class.GetCustomAttributes(typeof(UsesPostgresAttribute)).Any()
            ? new PostgresFactAttribute().Skip : base.GetSkipReason(factAttribute);
}
